"""Read the CSV files of a run, damaged ones too, and write tables that a spreadsheet shows and does not compute."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnlab.config.plain_files import read_text
from rnnlab.control_characters import shown

if TYPE_CHECKING:
    import pandas as pd

APOSTROPHE = "'"
COMPUTED = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that a spreadsheet takes for a formula
Row = dict[str, float]  # the numbers of a row by column


def read_rows(file: Path) -> list[Row]:
    """Return the rows of a CSV file as numbers, NaN where a field has none; a missing file has no rows."""
    return rows_of(read_table(file))


def read_table(file: Path) -> str:
    """Return the text of a CSV file; empty where it is missing or cannot be read."""
    try:
        return read_text(file, errors="replace")
    except (OSError, ValueError):  # a pipe
        return ""


def rows_of(text: str) -> list[Row]:
    """Return the rows of the text of a CSV file as `read_rows` does."""
    try:
        rows = list(csv.DictReader(text.replace("\0", "").splitlines()))
    except csv.Error:  # a cell that is longer than the module takes
        return []
    return [{key: parse_float(value) for key, value in row.items() if key} for row in rows]


def table_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV with a header; texts are written by `as_text`."""
    safe = table.rename(columns=as_text)
    for name in safe.select_dtypes(exclude="number"):
        cells = np.empty(len(safe), dtype=object)  # in which whole numbers stay whole
        cells[:] = [as_text(cell) for cell in safe[name]]
        safe[name] = cells
    return str(safe.to_csv(index=False, lineterminator="\n"))


def as_text(cell: Any) -> Any:
    """Return a cell; a text has its control characters shown, and an apostrophe before what a spreadsheet computes."""
    if not isinstance(cell, str):
        return cell
    computed = cell.startswith(COMPUTED) and math.isnan(parse_float(cell))
    return f"{APOSTROPHE if computed else ''}{shown(cell)}"


def rows_with(rows: Iterable[Row], columns: Iterable[str]) -> list[Row]:
    """Return the rows that have a finite number in every one of these columns.

    The last row of a file that was cut off lacks some: one damaged run must not make a report fail.
    """
    return [row for row in rows if all(math.isfinite(row.get(column, math.nan)) for column in columns)]


def parse_float(field: str | list[str] | None) -> float:
    """Return a field as a number; NaN where it is none."""
    try:
        return float(field)  # type: ignore[arg-type]  # None and lists raise TypeError
    except (TypeError, ValueError):
        return math.nan
