"""The reader of the user's signals: long and wide tables, `.ts` files of the time series archives, arrays of NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.decoding import text_lines
from rnnlab.data.formats.numeric_tables import COMMA
from rnnlab.data.formats.tables import ENDINGS, is_table, read_table, says_names, separator_of
from rnnlab.data.signals import CLASS, NUMBER, STEPS, Answers, Signals, check_size
from rnnlab.data.sources.descriptions import alike, named
from rnnlab.data.sources.parts import part_of_each, parts_of
from rnnlab.data.sources.signal_files.answers import encode, kind_of_labels
from rnnlab.data.sources.signal_files.arrays import ArrayFile, grouped, read_arrays
from rnnlab.data.sources.signal_files.columns import (
    ID_NAMES,
    columns_named,
    refuse_nested,
    with_decimals,
    without_index,
)
from rnnlab.data.sources.signal_files.content import LONG, Content, Reading, listed
from rnnlab.data.sources.signal_files.headers import refuse_row_of_numbers
from rnnlab.data.sources.signal_files.long_tables import read_long
from rnnlab.data.sources.signal_files.ts_files import read_ts
from rnnlab.data.sources.signal_files.wide_tables import form_of, longer, read_wide
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

TS, ARRAYS = ".ts", (".npz", ".npy")
MOST_NAMED = 3  # channels or columns that the line on what was read names one by one
WORDS = {
    CLASS: ("class", "classes"),
    NUMBER: ("number to predict", "numbers to predict"),
    STEPS: ("class a step", "classes a step"),
}


def read_signals(files: list[Path], label_column: str | list[str] | None = None, **reading: Any) -> Signals:
    """Return the sequences in the user's files.

    A table has a row a time step where a column says which rows are one sequence (`long_tables`), or else a row a
    sequence of one channel (`wide_tables`). Files that are named for training, validation and test are the parts (see
    `parts_of`).

    Args:
        files: Tables, `.ts` files, or arrays of NumPy.
        label_column: The column with the labels; None to find it by its name.
        reading: How else they are written, by the attributes of `Reading`.

    Raises:
        UserError: A file is none of these, or can be read in two ways; the line names the key that decides.
    """
    as_written = Reading(label_column=label_column, **reading)
    sources, contents = grouped(files), []
    files = [source.file for source in sources]
    for source in sources:
        content = _read(source, as_written)
        as_written = _as_before(as_written, content)
        contents.append(content)
    _check_alike(contents, files)
    labels = [[cell for part in column for cell in part] for column in zip(*(c.labels for c in contents), strict=True)]
    asked, classes = CLASS, tuple[str, ...]()
    answers: Answers = np.zeros(len(labels[0]), dtype=np.int64)
    if as_written.labelled:
        asked = kind_of_labels(labels, contents[0].asked or as_written.target, f"data: {files[0]}")
        _check_steps(asked, len(labels[0]), sum(int(content.sizes.sum()) for content in contents), files[0])
        answers, classes = encode(labels, asked)
        if asked == NUMBER:
            check_size(answers.reshape(len(answers), -1), contents[0].targets, f"data: {files[0]}: the column")
    signals = Signals(
        np.concatenate([content.values for content in contents]),
        np.concatenate([content.sizes for content in contents]),
        answers,
        asked,
        contents[0].channels,
        classes,
        generated=False,
        parts=part_of_each(parts_of(files), (len(content.sizes) for content in contents)),
        steps=max((content.steps for content in contents), key=len),
        times=_joint([content.times for content in contents]),
        groups=_chained([content.groups for content in contents]),
        names=_chained([content.names for content in contents]),
        targets=contents[0].targets if asked == NUMBER else (),
        columns=contents[0].columns,
        rows=contents[0].rows if len(contents) == 1 else None,
    )
    return replace(signals, description=describe(signals, contents, files, labels))


def _read(source: ArrayFile, reading: Reading) -> Content:
    """Read one file by what its name ends with.

    Raises:
        UserError: It is no file of signals.
    """
    file, ending = source.file, source.file.suffix.lower()
    if is_table(file):
        return _read_table(file, reading)
    if ending == TS:
        return read_ts(file, reading)
    if ending in ARRAYS:
        return read_arrays(source, reading)
    raise UserError(f"data.path: {file} is no table of signals; give {', '.join((*ENDINGS, TS, *ARRAYS))} files")


def is_signal_file(file: Path) -> bool:
    """Return whether a file's name says that it has signals, so that it is no text of lines."""
    return is_table(file) or file.suffix.lower() in (TS, *ARRAYS)


def _read_table(file: Path, reading: Reading) -> Content:
    separator = reading.separator
    if separator is None and reading.decimal == COMMA and not says_names(file):
        separator = separator_of("".join(text_lines(file)), file, decimal_commas=True)
    table = _stripped(read_table(file, separator, reading.quoting))
    if not says_names(file):
        refuse_row_of_numbers(list(map(str, table.columns)), file)
    return _content_of(table, file, reading)


def _content_of(table: pd.DataFrame, file: Path, reading: Reading) -> Content:
    if table.empty:
        raise UserError(f"data.path: {file} has a header and no sequence below it")
    table, index = without_index(table, reading.named)
    if not reading.channels:
        refuse_nested(table, reading.named, file)
    ids = listed(reading.id_column) or columns_named(table, ID_NAMES)
    table = with_decimals(table, reading.decimal, [*ids, *listed(reading.group_column)], file)
    read = read_long if form_of(table, file, reading) == LONG else read_wide
    content = read(table, file, reading)
    remark = (f"not read, as an index of pandas: {', '.join(index)}",) if index else ()
    return replace(content, remarks=(*content.remarks, *remark))


def read_frame(table: pd.DataFrame, reading: Reading, place: Path) -> Signals:
    """Return the sequences of a data frame of strings, without labels.

    Args:
        table: Indexed from 0.
        reading: How the user says that it is written.
        place: Where it lies.

    Raises:
        UserError: It has not that form, or may be read in two ways.
    """
    content = _content_of(_stripped(table), place, reading)
    answers = np.zeros(len(content.sizes), dtype=np.int64)
    return Signals(
        content.values,
        content.sizes,
        answers,
        CLASS,
        content.channels,
        times=content.times,
        names=content.names,
        rows=content.rows,
    )


def _stripped(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns=str.strip).map(str.strip)


def _as_before(reading: Reading, content: Content) -> Reading:
    """Return how the next file is read: as the one before, where nothing was said."""
    known: dict[str, Any] = {key: value for key, value in content.columns.items() if getattr(reading, key) is None}
    return replace(reading, **known)


def _check_alike(contents: Sequence[Content], files: Sequence[Path]) -> None:
    """Raise UserError if two files have other channels, steps or kinds of answers."""
    first, steps = contents[0], contents[0].steps
    for content, file in zip(contents, files, strict=True):
        if content.channels != first.channels:
            raise UserError(
                f"data: {file} has the channels {_names(content.channels)}, {files[0].name} {_names(first.channels)}"
            )
        if (content.asked, content.targets) != (first.asked, first.targets):
            raise UserError(f"data: {file} has other labels than {files[0].name}")
        steps = tuple(longer(steps, content.steps, str(file)))


def _check_steps(asked: str, labels: int, steps: int, file: Path) -> None:
    """Raise UserError if a label a step is asked for of a file that has one a sequence."""
    if asked == STEPS and labels != steps:
        raise UserError(
            f"data: {file} has a label a sequence, and data.target asks for one a step; such labels stand in a long"
            " table, a row a step, or in an array (N, T)"
        )


def _joint(arrays: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    """Return arrays one behind the other; None where one of the files has none."""
    present = [array for array in arrays if array is not None]
    return np.concatenate(present) if len(present) == len(arrays) else None


def _chained(lists: Sequence[Sequence[str] | None]) -> list[str] | None:
    present = [names for names in lists if names is not None]
    return [name for names in present for name in names] if len(present) == len(lists) else None


def describe(
    signals: Signals, contents: Sequence[Content], files: Sequence[Path], labels: Sequence[Sequence[str]]
) -> str:
    """Return the line on what was read.

    Such as `read 270 sequences of 7 to 26 steps, 12 channels (lpc0 … lpc11), 9 classes from long.csv`.
    """
    columns, keys = contents[0].columns, ("id_column", "time_column", "label_column")
    named_so = [f"{key.removesuffix('_column')} {_shown(columns[key])}" for key in keys if columns.get(key)]
    left_out = sum(content.left_out for content in contents)
    lacking = int(np.isnan(signals.values).sum())
    channels = f"{counted(len(signals.channels), 'channel')} ({_names(signals.channels)})"
    remarks = [
        f"read {counted(len(signals), 'sequence')} of {count_steps(signals.sizes)}",
        f"{channels}{_answers(signals)} from {named(files)}",
        f"columns {', '.join(named_so)}" if len(named_so) > 1 else "",
        "a row each" if signals.steps else "",
        f"{counted(left_out, 'sequence')} left out for want of a label" if left_out else "",
        f"{lacking:,} of {signals.values.size:,} numbers missing" if lacking else "",
        *dict.fromkeys(remark for content in contents for remark in content.remarks),
        alike(set(labels[0])) if signals.classes else "",
    ]
    return ", ".join(filter(None, remarks))


def _answers(signals: Signals) -> str:
    """Return what is known of each sequence, behind a comma; '' where nothing is, as no labels were read."""
    if signals.asked == NUMBER:
        return f", {counted(len(signals.targets), WORDS[NUMBER])} ({_names(signals.targets)})"
    return f", {counted(len(signals.classes), WORDS[signals.asked])}" if signals.classes else ""


def counted(count: int, word: str | tuple[str, str]) -> str:
    """Return a count and what is counted, such as `1 channel` or `1,200 sequences`."""
    one, several = (word, f"{word}s") if isinstance(word, str) else word
    return f"{count:,} {one if count == 1 else several}"


def count_steps(sizes: NDArray[np.int64]) -> str:
    """Return how many steps there are in a sequence, in words."""
    fewest, most = int(sizes.min()), int(sizes.max())
    return f"{f'{fewest:,} to ' if fewest < most else ''}{counted(most, 'step')}"


def _names(names: Sequence[str]) -> str:
    """Return a few names, or the first and the last of many."""
    return ", ".join(names) if len(names) <= MOST_NAMED else f"{names[0]} … {names[-1]}"


def _shown(columns: object) -> str:
    return " and ".join(map(str, columns)) if isinstance(columns, list) else str(columns)
