"""From a table of numbers to signals: a row is a sequence with its class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.data.preparation.signals import CLASS, Signals
from rnnlab.data.sources.labelled_files import SEPARATORS, read_table
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def own(files: list[Path], label_column: str) -> Signals:
    """The user's CSV or TSV files with a header: a row is a sequence of one channel.

    The column `label_column` has its class; every other column is a step, in the order of the columns. Empty cells at
    the end of a row are steps that it has not.

    Raises:
        UserError: A file is no such table, or a cell no number.
    """
    values, sizes, labels = [], [], list[str]()
    for file in files:
        if file.suffix.lower() not in SEPARATORS:
            raise UserError(f"data.path: {file} is no table of signals; give .csv or .tsv files, a sequence a row")
        table = read_table(file)
        if label_column not in table.columns:
            there = ", ".join(map(str, table.columns[:10]))
            raise UserError(f"data.label_column={label_column}: {file} has no such column; it has {there}")
        labels += _labels(table[label_column].tolist(), file)
        if table.empty:
            raise UserError(f"data.path: {file} has a header and no sequence below it")
        numbers, lengths = _numbers(table.drop(columns=label_column), file)
        values.append(numbers)
        sizes.append(lengths)
    classes = sorted(set(labels))
    answers = np.array([classes.index(label) for label in labels], dtype=np.int64)
    return Signals(
        np.concatenate(values)[:, None], np.concatenate(sizes), answers, CLASS, ("value",), tuple(classes),
        generated=False,
    )  # fmt: skip


def _labels(column: list[str], file: Path) -> list[str]:
    labels = [label.strip() for label in column]
    if "" in labels:
        raise UserError(f"data: {file}, row {labels.index('') + 1} has no label")
    return labels


def _numbers(table: pd.DataFrame, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of all rows one behind the other, `(total,)`, and how many each row has, `(N,)`."""
    import pandas as pd

    cells = table.apply(lambda column: column.str.strip())
    filled = (cells != "").to_numpy()
    lengths = filled.shape[1] - np.argmax(filled[:, ::-1], axis=1) if filled.shape[1] else np.zeros(len(filled), int)
    inside = np.arange(filled.shape[1]) < lengths[:, None]
    numbers = cells.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    wrong = (inside & ~np.isfinite(numbers)) | ~filled.any(axis=1, keepdims=True)
    if wrong.any():
        row, column = (int(place) for place in np.argwhere(wrong)[0])
        raise UserError(
            f"data: {file}, row {row + 1}, column {table.columns[column]}: {table.iat[row, column]!r} is no number"
        )
    if not numbers.size:
        raise UserError(f"data.path: {file} has no column of numbers beside the labels")
    return numbers[inside].astype(np.float32), lengths.astype(np.int64)
