"""Read the CSV files of a run, damaged ones too."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, float]  # the numbers of a row by column


def read_rows(file: Path) -> list[Row]:
    """Return the rows of a CSV file as numbers, NaN where a field has none; a missing file has no rows."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace").replace("\0", "")
        rows = list(csv.DictReader(text.splitlines()))
    except (OSError, csv.Error):  # a cell that is longer than the module takes
        return []
    return [{key: parse_float(value) for key, value in row.items() if key} for row in rows]


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
