"""Reading the CSV files of a run, whatever has become of them."""

from __future__ import annotations

import csv
import math
from pathlib import Path


def numbers(file: Path, *needed: str) -> list[dict[str, float]]:
    """The rows of a CSV file as numbers, NaN where a field has none.

    A missing file has no rows. Left out are rows that have no finite number for what is needed, such as the last one of
    a file that was cut off: a report is not to fail because of one run.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace").replace("\0", "")
    except OSError:
        return []
    rows = [{key: number(value) for key, value in row.items() if key} for row in csv.DictReader(text.splitlines())]
    return [row for row in rows if all(math.isfinite(row.get(key, math.nan)) for key in needed)]


def number(field: str | list[str] | None) -> float:
    """A field as a number, or NaN."""
    try:
        return float(field)  # type: ignore[arg-type]  # what it is not made of, it refuses
    except (TypeError, ValueError):
        return math.nan
