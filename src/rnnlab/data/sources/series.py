"""Series of numbers: generated ones, shipped ones, and the user's own tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sources.descriptions import named
from rnnlab.data.sources.numeric_tables import (
    UNNAMED,
    NumericTable,
    Writing,
    interpolated,
    read_numeric_table,
    refuse_counter,
    with_points,
)
from rnnlab.data.sources.parts import in_time, part_of_each, parts_of
from rnnlab.data.sources.tables import check_column, read_numbers, read_table
from rnnlab.data.sources.time_order import refuse_disorder_of_files, refuse_stacked
from rnnlab.errors import UserError

MOST_NAMED = 5  # columns that are not read and are named


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


def read_series(  # noqa: PLR0913  # an argument for every key of data=file
    files: list[Path],
    value_column: str | Sequence[str] | None,
    header: bool | None = None,
    decimal: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
    missing: str | None = None,
    stacked: bool | None = False,
    trained: Sequence[str] | None = None,
) -> Series:
    """Return the user's CSV or TSV files, one behind the other: a row a step, with or without a header.

    Args:
        files: Each with the same columns, in any order; those that are named for training, validation and test follow
            in this order.
        value_column: The column with the numbers, or a list of them; None for the last one of the first file.
        header: Whether the first row has the names of the columns; None to tell by the rows below it.
        decimal: `point` or `comma`; None to tell by the numbers.
        separator: What separates the cells; see `tables.read_rows`.
        quoting: Whether quotes hold cells together; see `tables.read_rows`.
        missing: `interpolate` for numbers on the line between their neighbours where cells have none.
        stacked: Whether rows are read as they stand, also where they are not in the order of time.
        trained: The columns that a model was trained on, which are read where `value_column` is None.

    Raises:
        UserError: There is no such column, a cell of it is no number, or a file can be read in two ways.
    """
    files = in_time(files)
    writing = Writing(header, decimal, separator, quoting, missing)
    tables = [read_numeric_table(file, writing) for file in files]
    names = _chosen(tables[0], value_column, trained)
    pieces = []
    for table in tables:
        if table.header != tables[0].header:
            raise UserError(
                f"data: {table.file} and {files[0]}: only one of them has a header; data.header=false or true"
            )
        if not stacked:
            refuse_stacked(table, names)
        pieces.append(_numbers(table, names, writing))
    if not stacked:
        refuse_disorder_of_files(tables, names)
    values = np.concatenate([piece.values for piece in pieces])
    return Series(
        values,
        names,
        parts=part_of_each(parts_of(files), (len(piece.values) for piece in pieces)),
        description=_description(tables, names, pieces),
    )


def _chosen(
    table: NumericTable, value_column: str | Sequence[str] | None, trained: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the names of the columns that are read."""
    if table.table.empty:
        raise UserError(f"data: {table.file} holds no numbers; a table with a row a step is expected")
    if value_column is None and trained is not None:
        return _trained(table, trained)
    if value_column is None:
        refuse_counter(table, table.names[-1])
        return (table.names[-1],)
    return (value_column,) if isinstance(value_column, str) else tuple(map(str, value_column))


def _trained(table: NumericTable, trained: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns that a model was trained on; the only column may have another one or none.

    Raises:
        UserError: The table lacks one of them.
    """
    if strange := [name for name in trained if name not in table.names]:
        if len(trained) == len(table.names) == 1 and not (table.header and strange != [UNNAMED]):
            return tuple(table.names)
        raise UserError(
            f"data.value_column: {table.file} has no column {strange[0]}, which the model was trained on; it has"
            f" {', '.join(table.names[:MOST_NAMED])}"
        )
    return tuple(trained)


class _Numbers(NamedTuple):
    values: NDArray[np.float64]  # (T, D)
    commas: bool  # whether they have decimal commas
    filled: int  # cells that had none


def _numbers(table: NumericTable, names: Sequence[str], writing: Writing) -> _Numbers:
    """Return the numbers of the columns."""
    import pandas as pd

    if table.table.empty:
        raise UserError(f"data: {table.file} holds no numbers; a table with a row a step is expected")
    columns, commas, filled = [], False, 0
    for name in names:
        check_column(table.table, name, "data.value_column", table.file)
        cells, with_commas = with_points(table.table[name], writing.decimal, table.file, name)
        whole, count = interpolated(cells, writing.missing, table.file, name)
        columns.append(whole)
        commas, filled = commas or with_commas, filled + count
    chosen = pd.concat(columns, axis=1, keys=list(names))
    return _Numbers(read_numbers(chosen, table.file).reshape(len(chosen), len(names)), commas, filled)


def _description(tables: Sequence[NumericTable], names: Sequence[str], pieces: Sequence[_Numbers]) -> str:
    first, filled = tables[0], sum(piece.filled for piece in pieces)
    which = f"column{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"
    others = [repr(name) for name in first.names if name not in names]
    more = f", {len(others)} more" if len(others) > MOST_NAMED else ""
    remarks = [
        f"{which} of {named([table.file for table in tables])}",
        f"{sum(len(piece.values) for piece in pieces):,} values",
        f"{filled:,} of them missing and put between their neighbours" if filled else "",
        "a header row" if first.header else "no header row",
        "decimal commas" if any(piece.commas for piece in pieces) else "",
        f"not read: {', '.join(others[:MOST_NAMED])}{more}" if others else "",
    ]
    return ", ".join(filter(None, remarks))
