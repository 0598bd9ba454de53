"""Series of numbers: generated ones, shipped ones, and the user's own tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sources.parts import in_time, part_of_each, parts_of
from rnnlab.data.sources.tables import is_number, read_numbers, read_table
from rnnlab.errors import UserError

UNNAMED = "value"  # the column of a file without a header


@dataclass(frozen=True)
class Series:
    """One or more numbers at every step of time; steps are equally long.

    Attributes:
        values: `(T, D)` in their own units.
        names: `(D,)`, of the columns.
        notes: What a user should know about how the numbers were made.
        parts: `(T,)`, the part of each step where the files' names say it (see `sources.parts`); else None.
        description: What was read of the user's own files, in one line; '' of other data.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    parts: list[str] | None = None
    description: str = ""

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the numbers, in hexadecimal."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()


def sines(length: int, periods: Sequence[float], amplitudes: Sequence[float], noise: float, seed: int) -> Series:
    """Generate y_t = Σ a_k · sin(2π t / p_k + φ_k) + ε_t with ε normal; the seed draws phases and noise.

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


def read_mauna_loa(files: list[Path]) -> Series:
    """Return the weekly carbon dioxide at Mauna Loa (Keeling and Whorf 2004) as means of calendar months.

    Months without a measurement are interpolated linearly between their neighbours.
    """
    import pandas as pd

    table = read_table(files[0])
    measured = table["co2"].replace("", "nan").astype(float)
    weeks = pd.Series(measured.to_numpy(), index=pd.to_datetime(table["date"], format="%Y%m%d"))
    months = weeks.resample("MS").mean()
    missing = int(months.isna().sum())
    note = f"{missing} of {len(months)} months have no measurement and lie between their neighbours"
    values = np.asarray(months.interpolate(), dtype=np.float64)
    return Series(values[:, None], ("co2",), (note,))


def read_years_of_months(files: list[Path], column: str) -> Series:
    """Return the twelve months of a year that stand behind it in each row, one year behind the other.

    Args:
        files: One table, whose first column has the year.
        column: What the series is called.
    """
    months = read_numbers(read_table(files[0]).iloc[:, 1:], files[0])
    return Series(months[:, None], (column,))


def read_series(files: list[Path], value_column: str | Sequence[str] | None) -> Series:
    """Return the user's CSV or TSV files, one behind the other: a row a step, with or without a header.

    Args:
        files: Each with the same columns; those that are named for training, validation and test follow in this order.
        value_column: The column with the numbers, or a list of them; None for the last one.

    Raises:
        UserError: There is no such column, or a cell of it is no number.
    """
    files = in_time(files)
    tables = [_read_columns(file, value_column) for file in files]
    names = tables[0][0]
    for file, (others, _) in zip(files, tables, strict=True):
        if others != names:
            raise UserError(f"data: {file} has the column {', '.join(others)} where {files[0]} has {', '.join(names)}")
    pieces = [values for _, values in tables]
    return Series(np.concatenate(pieces), names, parts=part_of_each(parts_of(files), map(len, pieces)))


def _read_columns(file: Path, chosen: str | Sequence[str] | None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the names of the chosen columns of a table and their numbers `(T, D)`.

    A first row of numbers is no header: a single column is then called `value`, several are numbered from 1.
    """
    table = read_table(file, header=False).map(str.strip)
    header = table.iloc[0].tolist()
    if all(map(is_number, header)):
        header = [UNNAMED] if len(header) == 1 else [str(number) for number in range(1, len(header) + 1)]
    else:
        table = table.iloc[1:]
    if table.empty:
        raise UserError(f"data: {file} holds no numbers; a table with a row a step is expected")
    wanted = [header[-1]] if chosen is None else [chosen] if isinstance(chosen, str) else list(map(str, chosen))
    for name in wanted:
        if name not in header:
            raise UserError(f"data.value_column={name}: {file} has no such column; it has {', '.join(header)}")
    columns = table.iloc[:, [header.index(name) for name in wanted]].set_axis(wanted, axis=1)
    return tuple(wanted), read_numbers(columns, file).reshape(len(table), len(wanted))
