"""Series of numbers: generated ones, shipped ones, and the user's own tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing
from rnnlab.data.formats.numeric_tables import NumericTable, Writing, read_numeric_table
from rnnlab.data.formats.placeholders import Said
from rnnlab.data.formats.tables import read_numbers, read_table
from rnnlab.data.formats.times import dates, numbers
from rnnlab.data.formats.written_times import not_read
from rnnlab.data.sources.descriptions import named
from rnnlab.data.sources.parts import in_time, part_of_each, parts_of
from rnnlab.data.sources.series_files.columns import (
    Columns,
    as_names,
    choose,
    describe_columns,
    read_columns,
    with_times,
)
from rnnlab.data.sources.series_files.gaps import FILLS, Filled, check_missing, describe, fill, refuse_holes, steps_of
from rnnlab.data.sources.series_files.time_axis import FIXED, Frequency, Steps, TimeAxis, Times, axis_of
from rnnlab.data.sources.series_files.time_order import (
    are_dates,
    refuse_disorder_of_files,
    refuse_disorder_of_series,
    refuse_groups,
    refuse_stacked,
    refuse_sum,
)
from rnnlab.errors import UserError

DATE_IN_ONE = re.compile(r"((?:1[5-9]|2[01])\d\d)(\d\d)(\d\d)", re.ASCII)  # 20240131
NO_COLUMNS: NDArray[np.float64] = np.zeros((0, 0))


@dataclass(frozen=True)
class Covariates:
    """Numbers that stand beside a series and are not forecast.

    Attributes:
        names: `(K,)`, of the columns.
        values: `(T, K)`, in their own units.
    """

    names: tuple[str, ...] = ()
    values: NDArray[np.float64] = field(default_factory=lambda: NO_COLUMNS)


@dataclass(frozen=True)
class Series:
    """One or more numbers at every step of time; steps are equally long.

    Attributes:
        values: `(T, D)` in their own units.
        names: `(D,)`, of the columns.
        notes: What a user should know about how the numbers were made.
        parts: `(T,)`, the part of each step where the files' names say it (see `sources.parts`); else None.
        description: What was read of the user's own files, in one line; '' of other data.
        known: What is known in advance, such as holidays.
        past: What is known up to the last value, such as the weather.
        future: `(F, K)`, what is known of the steps behind the last value.
        axis: What times the steps are; None where they are only counted.
        first: The step of the axis at which the series begins.
        id: Its name among several series.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    parts: list[str] | None = None
    description: str = ""
    known: Covariates = field(default_factory=Covariates)
    past: Covariates = field(default_factory=Covariates)
    future: NDArray[np.float64] = field(default_factory=lambda: NO_COLUMNS)
    axis: TimeAxis | None = None
    first: int = 0
    id: str = ""

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the numbers, in hexadecimal."""
        columns = [self.values, *(c.values for c in (self.known, self.past) if c.names)]
        return hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in columns)).hexdigest()

    def last(self, count: int) -> Series:
        """Return the series of the last values, with what stands beside them."""
        begin = max(0, len(self.values) - count)
        return replace(
            self,
            values=self.values[begin:],
            parts=self.parts and self.parts[begin:],
            known=replace(self.known, values=self.known.values[begin:]),
            past=replace(self.past, values=self.past.values[begin:]),
            first=self.first + begin,
        )


@dataclass(frozen=True)
class Panel:
    """Several series with the same columns.

    Attributes:
        members: Each with its own name.
        notes: What a user should know about how the numbers were made.
        description: What was read of the user's own files, in one line.
    """

    members: tuple[Series, ...]
    notes: tuple[str, ...] = ()
    description: str = ""


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


def hourly_load(
    length: int,
    noise: float,
    seed: int,
    known: str | Sequence[str] | None = None,
    past: str | Sequence[str] | None = None,
) -> Series:
    """Generate an hourly load, such as of electricity, and the weather on which it depends, from 1 January 2024 on.

    The load has a trend, a wave over the day that is another one at weekends, and grows by the square of how far the
    temperature is from 16 °C, by heating and cooling. The temperature has a year, a day, and weather: an autoregression
    of hours. The noise is independent from hour to hour.

    Args:
        length: How many hours.
        noise: The standard deviation of the noise, in the unit of the load, which is about 100.
        seed: The same seed gives the same values, and a longer series begins with them.
        known: `temperature` if it is known in advance, as from a forecast of the weather.
        past: `temperature` if it is known up to the last value.

    Raises:
        UserError: Another column is known.
    """
    chosen, behind = as_names(known), as_names(past)
    if strange := {*chosen, *behind} - {"temperature"}:
        raise UserError(f"data.known: data=hourly has no column {min(strange)}; it has temperature")
    random = np.random.default_rng(seed)
    draws = random.normal(size=(length, 2))
    hours = np.arange(length)
    weather = np.zeros(length)
    for hour in range(1, length):
        weather[hour] = 0.98 * weather[hour - 1] + 0.8 * draws[hour, 0]  # deviation 4
    warmth = -10 * np.cos(2 * np.pi * (hours / 24 - 20) / 365.25) - 4 * np.cos(2 * np.pi * (hours - 3) / 24)
    temperature = 11 + warmth + weather
    work = (hours // 24) % 7 < 5  # 1 January 2024 was a Monday
    day = np.where(work, 18, 9) * np.sin(2 * np.pi * (hours - 8) / 24) + np.where(work, 6, -6)
    evening = 8 * np.sin(4 * np.pi * (hours - 4) / 24)
    load = 90 + 0.002 * hours + day + evening + 0.06 * (temperature - 16) ** 2 + noise * draws[:, 1]
    axis = TimeAxis(Frequency(FIXED, 3600), "2024-01-01", style="%Y-%m-%d %H:%M")
    weathers = Covariates(("temperature",), temperature[:, None])
    return Series(
        load[:, None],
        ("load",),
        known=weathers if chosen else Covariates(),
        past=weathers if behind else Covariates(),
        axis=axis,
    )


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
    time_column: str | Sequence[str] | None = None,
    day_first: bool | None = None,
    known: str | Sequence[str] | None = None,
    past: str | Sequence[str] | None = None,
    id_column: str | None = None,
    missing_values: Said = None,
    trained: Sequence[str] | None = None,
) -> Series | Panel:
    """Return the user's CSV or TSV files, one behind the other: a row a step, with or without a header.

    Args:
        files: Each with the same columns, in any order; those that are named for training, validation and test follow
            in this order.
        value_column: The column with the numbers, or a list of them; None for the last one of the first file.
        header: Whether the first row has the names of the columns; None to tell by the rows below it.
        decimal: `point` or `comma`; None to tell by the numbers.
        separator: What separates the cells; see `tables.read_rows`.
        quoting: Whether quotes hold cells together; see `tables.read_rows`.
        missing: `interpolate` or `forward`, which fill gaps (see `gaps.fill`); None or `refuse` refuses them.
        stacked: Whether rows are read as they stand, whatever their times say.
        time_column: The column with dates, dates and times or numbers of time, or several to be joined; None to take a
            column of dates, or of numbers that is named as times, where its times increase.
        day_first: Whether dates such as 1/2/2024 begin with the day; None to tell by all of them.
        known: The columns that are known in advance; rows behind the last value say it of the time to be forecast.
        past: The columns that are known up to the last value.
        id_column: The column with the name of the series, where several stand in one table.
        missing_values: A number that stands for a missing one, such as -9999, several, or `none` where all are values;
            None refuses what seems to be one.
        trained: The columns that a model was trained on, which are read where `value_column` is None.

    Raises:
        UserError: There is no such column, a cell of it is no number, steps are missing, or a file can be read in two
            ways.
    """
    check_missing(missing)
    if stacked and time_column is not None:
        raise UserError("data.stacked=true ignores the times of data.time_column; leave out one of the two keys")
    files = in_time(files)
    writing = Writing(header, decimal, separator, quoting, missing, missing_values)
    tables = [read_numeric_table(file, writing) for file in files]
    asked = Columns(as_names(value_column), as_names(known), as_names(past), as_names(time_column), id_column)
    columns = choose(tables[0], asked, trained)
    _check_headers(tables)
    if not stacked and id_column is None:
        _check_order(tables, columns)
    found = not (stacked or columns.time)
    columns = with_times(tables[0], columns) if found else columns
    if found and not columns.time and columns.id is not None:
        refuse_disorder_of_series(tables, columns.all, columns.id)
    rows = [read_columns(table, columns, writing) for table in tables]
    joined = _Joined(
        np.concatenate([piece.numbers for piece in rows]),
        [cell for piece in rows for cell in piece.times],
        [cell for piece in rows for cell in piece.ids],
        part_of_each(parts_of(files), (len(piece.numbers) for piece in rows)),
    )
    where = f"data: {files[0]}" if len(files) == 1 else f"data: the series of {files[0].name} to {files[-1].name}"
    if found and not columns.time and id_column is None:
        refuse_sum(joined.numbers, columns.numbers, where)
    placed = _placed(joined, columns, _axis(joined, columns, day_first, where, found), missing, where)
    read = _description(tables, columns, [piece.commas for piece in rows], placed, missing)
    said = ", ".join(filter(None, (read, next((piece.note for piece in rows if piece.note), ""))))
    members = tuple(one.series for one in placed)
    if id_column is not None:
        return Panel(members, description=said)
    return replace(members[0], description=said)


def _check_headers(tables: Sequence[NumericTable]) -> None:
    """Raise UserError if only some of the files have a header."""
    if strange := next((table.file for table in tables if table.header != tables[0].header), None):
        raise UserError(
            f"data: {strange} and {tables[0].file}: only one of them has a header; data.header=false or true"
        )


def _check_order(tables: Sequence[NumericTable], columns: Columns) -> None:
    """Raise UserError if several series that no column names stand one below the other, or rows in disorder."""
    for table in tables:
        if columns.time:
            refuse_groups(table)
        else:
            refuse_stacked(table, columns.numbers)
    if not columns.time:
        refuse_disorder_of_files(tables, columns.numbers)


@dataclass(frozen=True)
class _Joined:
    """The rows of all files."""

    numbers: NDArray[np.float64]  # (T, C)
    times: list[str]
    ids: list[str]
    parts: list[str] | None


@dataclass(frozen=True)
class _Placed:
    """A series on its steps, and what was filled on the way."""

    series: Series
    filled: Filled


def _axis(
    joined: _Joined, columns: Columns, day_first: bool | None, where: str, found: bool
) -> tuple[TimeAxis, Times] | None:
    """Return the axis of the times, and the time of every row; None where no column has times."""
    if not columns.time:
        return None
    name = " ".join(columns.time)
    cells = [DATE_IN_ONE.sub(r"\1-\2-\3", cell) if DATE_IN_ONE.fullmatch(cell) else cell for cell in joined.times]
    if "" in cells:
        raise UserError(
            f"{where}, row {cells.index('') + 1} has no time in the column {name}; write one, or"
            " data.stacked=true reads the rows as they stand"
        )
    column = dates(name, cells, where) if are_dates(cells) else numbers(name, cells, where)
    if column is None:
        raise UserError(not_read(name, cells[0], f"{where}, row 1"))
    if len(column.cells) < len(cells):
        row, cell = next((row, cell) for row, cell in enumerate(cells, start=1) if is_missing(cell))
        raise UserError(
            f"{where}, row {row}: {name} has {cell!r}, which is no time; give every row a time, or"
            " data.time_column=COLUMN names another column"
        )
    if found and not (column.in_order or joined.ids):  # numbers that count anew in every file
        return None
    one = np.array([not joined.ids or name == joined.ids[0] for name in (joined.ids or cells)])
    return axis_of(column, day_first, where, one)


def _placed(
    joined: _Joined, columns: Columns, timed: tuple[TimeAxis, Times] | None, missing: str | None, where: str
) -> list[_Placed]:
    """Return the series of the rows, each on the steps of the axis, in the order in which they first occur."""
    names = list(dict.fromkeys(joined.ids)) or [""]
    ids = np.array(joined.ids)
    rows = [np.flatnonzero(ids == name) if joined.ids else np.arange(len(joined.numbers)) for name in names]
    return [
        _one(joined, columns, timed, missing, f"{where}, series {name}" if name else where, name, places)
        for name, places in zip(names, rows, strict=True)
    ]


def _one(  # what all series share, and which rows are those of one
    joined: _Joined,
    columns: Columns,
    timed: tuple[TimeAxis, Times] | None,
    missing: str | None,
    where: str,
    name: str,
    rows: NDArray[np.int64],
) -> _Placed:
    steps: Steps = np.arange(len(rows))
    axis = None
    if timed is not None:
        axis, times = timed
        steps = steps_of(axis, times[rows], missing, where)
        refuse_holes(axis, steps, missing, where)
    d, k = len(columns.values), len(columns.known)
    rows_ = joined.numbers[rows]
    end = _end_of_values(rows_[:, :d], bool(k))
    if not end:
        raise UserError(f"{where} has no value in {', '.join(columns.values)}")
    if missing not in FILLS and np.isnan(rows_[:end]).any():
        row = int(np.isnan(rows_[:end]).any(axis=1).argmax())
        raise UserError(f"{where}, its row {row + 1} has no number; data.missing=interpolate or data.missing=forward")
    filled = fill(rows_[:end], steps[:end], missing, where)
    return _Placed(
        Series(
            filled.values[:, :d],
            columns.values,
            parts=None if joined.parts is None else _at_steps([joined.parts[row] for row in rows[:end]], steps, filled),
            known=Covariates(columns.known, filled.values[:, d : d + k]),
            past=Covariates(columns.past, filled.values[:, d + k :]),
            future=_future(rows_[end:, d : d + k], steps[end:], int(filled.steps[-1]), where),
            axis=axis,
            first=int(filled.steps[0]),
            id=name,
        ),
        filled,
    )


def _end_of_values(values: NDArray[np.float64], has_future: bool) -> int:
    """Return where the values end: behind them are rows that only say what is known of the time to be forecast."""
    if not has_future:
        return len(values)
    return int(np.flatnonzero(~np.isnan(values).all(axis=1)).max(initial=-1)) + 1


def _future(known: NDArray[np.float64], steps: Steps, last: int, where: str) -> NDArray[np.float64]:
    """Return what is known of the steps behind the last value `(F, K)`.

    Raises:
        UserError: A step of them is missing.
    """
    if np.isnan(known).any() or (steps != np.arange(last + 1, last + 1 + len(steps))).any():
        raise UserError(f"{where}: behind the last value, every step needs one row with all columns of data.known")
    return known


def _at_steps(parts: list[str], steps: Steps, filled: Filled) -> list[str]:
    """Return the part of every step: that of its row, or of the row before it."""
    rows = np.searchsorted(steps[: len(parts)], filled.steps, side="right") - 1
    return [parts[row] for row in rows]


def _description(
    tables: Sequence[NumericTable],
    columns: Columns,
    commas: Sequence[bool],
    placed: Sequence[_Placed],
    missing: str | None,
) -> str:
    names, axis = columns.values, placed[0].series.axis
    which = f"column{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"
    count = sum(len(one.series.values) for one in placed)
    lengths = [len(one.series.values) for one in placed]
    remarks = [
        f"{which} of {named([table.file for table in tables])}",
        f"{len(placed)} series of {min(lengths):,} to {max(lengths):,} steps by {columns.id}" if columns.id else "",
        f"{count:,} values",
        _times_in_words(axis, placed) if axis else "",
        describe([one.filled for one in placed], missing),
        f"known in advance: {', '.join(columns.known)}" if columns.known else "",
        f"known of the past: {', '.join(columns.past)}" if columns.past else "",
        "a header row" if tables[0].header else "no header row",
        "decimal commas" if any(commas) else "",
        describe_columns(tables[0], columns),
    ]
    return ", ".join(filter(None, remarks))


def _times_in_words(axis: TimeAxis, placed: Sequence[_Placed]) -> str:
    ends = np.array([[one.filled.steps[0], one.filled.steps[-1]] for one in placed])
    first, last = axis.written(np.array([ends.min(), ends.max()]))
    return f"one every {str(axis.frequency).removeprefix('1 ')} by {axis.name!r}, {first} to {last}"
