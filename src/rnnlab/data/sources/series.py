"""Series of numbers: generated ones, those that a package ships, and the user's own."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sources.readers import decode
from rnnlab.errors import UserError

UNNAMED = "value"  # the column of a file without a header


@dataclass(frozen=True)
class Series:
    """One or more numbers at every step of time, which go on at equal distances.

    Attributes:
        values: `(T, D)` in their own units.
        names: Of the D columns.
        notes: What a user should know about how they were made.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the numbers."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()


def sines(length: int, periods: Sequence[float], amplitudes: Sequence[float], noise: float, seed: int) -> Series:
    """y_t = Σ a_k · sin(2π t / p_k + φ_k) + ε_t with ε normal; the seed draws phases and noise.

    Args:
        length: How many values.
        periods: p_k, in steps.
        amplitudes: a_k, as many.
        noise: The standard deviation of ε.
        seed: The same seed gives the same values, and a longer series begins with them.

    Raises:
        UserError: There are not as many amplitudes as periods.
    """
    if not periods or len(periods) != len(amplitudes):
        raise UserError(
            f"data.reader.amplitudes: {len(amplitudes)} of them do not fit {len(periods)} data.reader.periods"
        )
    random = np.random.default_rng(seed)
    phases = random.uniform(0, 2 * np.pi, len(periods))
    time = np.arange(length)[:, None]
    waves = np.asarray(amplitudes) * np.sin(2 * np.pi * time / np.asarray(periods) + phases)  # (T, K)
    values = waves.sum(axis=1) + noise * random.normal(size=length)
    return Series(values[:, None], ("sines",))


def mauna_loa(files: list[Path]) -> Series:
    """The weekly carbon dioxide at Mauna Loa (Keeling and Whorf 2004) as means of calendar months.

    Months without a measurement lie on the line between their neighbours.
    """
    import pandas as pd

    table = pd.read_csv(files[0])
    dates = pd.to_datetime(table["date"].astype(str), format="%Y%m%d")
    months = pd.Series(table["co2"].to_numpy(), index=dates).resample("MS").mean()
    missing = int(months.isna().sum())
    note = f"{missing} of {len(months)} months have no measurement and lie between their neighbours"
    return Series(months.interpolate().to_numpy(dtype=np.float64)[:, None], ("co2",), (note,))


def years_of_months(files: list[Path], column: str) -> Series:
    """A table with a row a year: its first column says which, the twelve others have the months of one `column`."""
    _, rows = _table(files[0])
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    return Series(values.reshape(-1, 1), (column,))


def own(files: list[Path], value_column: str | Sequence[str] | None) -> Series:
    """The user's CSV or TSV files, one behind the other: a row a step, with or without a header.

    Args:
        files: Each with the same columns.
        value_column: The column with the numbers, or a list of them; None for the last one.

    Raises:
        UserError: There is no such column, or something in it is no number.
    """
    parts = [_columns(file, value_column) for file in files]
    names = parts[0][0]
    for file, (others, _) in zip(files, parts, strict=True):
        if others != names:
            raise UserError(f"data: {file} has the column {', '.join(others)} where {files[0]} has {', '.join(names)}")
    return Series(np.concatenate([values for _, values in parts]), names)


def _columns(file: Path, chosen: str | Sequence[str] | None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The chosen columns of a table, their names and their numbers `(T, D)`."""
    header, rows = _table(file)
    wanted = [header[-1]] if chosen is None else [chosen] if isinstance(chosen, str) else list(map(str, chosen))
    for name in wanted:
        if name not in header:
            raise UserError(f"data.value_column={name}: {file} has no such column; it has {', '.join(header)}")
    places = [header.index(name) for name in wanted]
    values = np.empty((len(rows), len(places)))
    for number, row in enumerate(rows):
        for column, place in enumerate(places):
            values[number, column] = _number(row[place], f"data: {file}, value {number + 1} of {header[place]}")
    return tuple(wanted), values


def _table(file: Path) -> tuple[list[str], list[list[str]]]:
    """The names of a table's columns and its rows; a first line of numbers is no header.

    Raises:
        UserError: It has no rows, or they are not equally long.
    """
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    rows = list(_filled(csv.reader(decode(file).splitlines(), delimiter=separator)))
    if rows and all(map(_is_number, rows[0])):
        width = len(rows[0])
        header = [UNNAMED] if width == 1 else [str(place + 1) for place in range(width)]
    else:
        header = rows.pop(0) if rows else []
    if not rows:
        raise UserError(f"data: {file} holds no numbers; a table with a row a step is expected")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise UserError(f"data: {file}, row {number} has {len(row)} cells where the first has {len(header)}")
    return header, rows


def _filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows that are not empty, without the blanks around their cells."""
    for row in rows:
        if cells := [cell.strip() for cell in row]:
            yield cells


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _number(cell: str, where: str) -> float:
    if not _is_number(cell):
        raise UserError(f"{where} is no number: {cell!r}; a forecaster needs one at every step")
    return float(cell)
