"""The time axis of a series: how far its steps lie apart, where steps are missing, and which times come next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.times import DAY, TimeColumn
from rnnlab.data.formats.written_times import without_a_day
from rnnlab.errors import UserError

BEFORE_1970 = 719_163 * DAY  # seconds from the day before the year 1 on, from which `times` counts
MICRO = 1_000_000
NUMBER, FIXED, MONTHS, WEEKDAYS = "number", "seconds", "months", "weekdays"
LEAST_TIMES = 3  # of which a frequency can be seen
OFF_GRID = 0.01  # of a step: numbers such as 0.1 are not exact
UNITS = (("week", 7 * DAY), ("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1))
OFFSET = re.compile(r".*\d\s*(z|utc|gmt|[+-]\d\d:?\d\d)", re.IGNORECASE)
Times = NDArray[Any]  # dates in microseconds, or numbers
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Frequency:
    """The distance of two steps of a series.

    Attributes:
        kind: `seconds`, `months`, `weekdays` (Monday to Friday), or `number` for times that are no dates.
        count: How many of them; of `number`, the difference of two steps.
    """

    kind: str
    count: float

    def __str__(self) -> str:
        if self.kind == NUMBER:
            return f"{self.count:g}"
        if self.kind == WEEKDAYS:
            return "1 weekday"
        if self.kind == MONTHS:
            return _counted(self.count / 12, "year") if self.count % 12 == 0 else _counted(self.count, "month")
        name, seconds = next(((n, s) for n, s in UNITS if self.count % s == 0), ("second", 1))
        return _counted(self.count / seconds, name)


@dataclass(frozen=True)
class TimeAxis:
    """The steps of time at which a series has values.

    Attributes:
        frequency: How far they lie apart.
        origin: The time of step 0: a number, or an ISO date and time.
        at_month_end: Whether months are meant by their last days.
        style: How times are written: a format of `strftime`, or of numbers the digits behind the point.
        name: Of the column.
    """

    frequency: Frequency
    origin: str | float
    at_month_end: bool = False
    style: str = "%Y-%m-%d"
    name: str = "time"

    @property
    def has_dates(self) -> bool:
        """True if its times are dates, and not numbers."""
        return self.frequency.kind != NUMBER

    @property
    def _start(self) -> np.datetime64:
        return np.datetime64(str(self.origin), "us")

    def to_card(self) -> dict[str, Any]:
        """Return plain values, as a checkpoint carries them."""
        return asdict(self)

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> TimeAxis:
        """Return the axis that a checkpoint carries."""
        return cls(**{**card, "frequency": Frequency(**card["frequency"])})

    def times(self, steps: Steps) -> Times:
        """Return the times of steps `(T,)`, counted from the origin."""
        kind, count = self.frequency.kind, self.frequency.count
        if kind == NUMBER:
            return float(self.origin) + count * steps.astype(np.float64)
        start = self._start
        if kind == FIXED:
            return start + (steps * round(count * MICRO)).astype("timedelta64[us]")
        day = start.astype("datetime64[D]")
        if kind == WEEKDAYS:
            return np.asarray(np.busday_offset(day, steps).astype("datetime64[us]") + (start - day))
        months = day.astype("datetime64[M]") + (steps * int(count)).astype("timedelta64[M]")
        in_month = np.minimum(_length(months) - 1, 31 if self.at_month_end else _day_of_month(day))
        return np.asarray((months.astype("datetime64[D]") + in_month).astype("datetime64[us]") + (start - day))

    def steps(self, times: Times) -> NDArray[np.float64]:
        """Return the steps `(T,)` at which times lie, counted from the origin; a part of a step lies off the grid."""
        kind, count = self.frequency.kind, self.frequency.count
        if kind == NUMBER:
            return np.asarray((times - float(self.origin)) / count)
        start = self._start
        if kind == FIXED:
            return np.asarray((times - start) / np.timedelta64(round(count * MICRO), "us"))
        days, day = times.astype("datetime64[D]"), start.astype("datetime64[D]")
        if kind == WEEKDAYS:
            counted = np.busday_count(day, days).astype(np.float64)
        else:
            counted = (days.astype("datetime64[M]") - day.astype("datetime64[M]")).astype(np.float64) / count
        on_grid = self.times(np.rint(counted).astype(np.int64))
        return np.where(on_grid == times, counted, np.floor(counted) + 0.5)

    def write(self, times: Times) -> list[str]:
        """Return times as they are written."""
        if not self.has_dates:
            return [f"{time:.{self.style}f}" for time in times]
        import pandas as pd

        return list(pd.DatetimeIndex(times).strftime(self.style))

    def written(self, steps: Steps) -> list[str]:
        """Return the times of steps as they are written."""
        return self.write(self.times(steps))


def axis_of(
    column: TimeColumn, day_first: bool | None, where: str, one_series: NDArray[np.bool_]
) -> tuple[TimeAxis, Times]:
    """Return the time axis of a column, which begins at its earliest time, and its times.

    Args:
        column: Of times.
        day_first: Whether dates such as 1/2/2024 begin with the day; None to tell by all of them.
        where: Begins the line about what is wrong.
        one_series: `(T,)`, the rows of one series, whose times increase.

    Raises:
        UserError: There are too few times, they are times of day alone, or days and months may be meant in two ways.
    """
    if len(set(column.cells)) < LEAST_TIMES:
        raise UserError(f"{where}: {column.name} has too few times to see a frequency; {LEAST_TIMES} are needed")
    if not column.are_dates:
        return _numbered(column, where)
    meant = _meant(column, day_first)
    axes = [_dated(column, seconds) for seconds in meant]
    regular = [(axis, times) for axis, times in axes if _is_regular(axis, times[one_series])]
    whole = [(axis, times) for axis, times in regular if _is_whole(axis, times[one_series])]
    chosen = whole or regular or axes
    if len({(axis.frequency, axis.origin) for axis, _ in chosen}) > 1:
        shown = f"{column.name} {column.cells[0]}"
        raise UserError(f"{where}: {shown} may begin with the day or the month; data.day_first=true or false decides")
    return chosen[0]


def _numbered(column: TimeColumn, where: str) -> tuple[TimeAxis, NDArray[np.float64]]:
    if any(":" in cell for cell in column.cells):
        raise UserError(f"{where}: {column.name} has times of day without dates; name a column of dates and times")
    numbers = np.asarray(column.readings[0])
    digits = max(len(cell.replace(",", ".").partition(".")[2]) for cell in column.cells)
    style = "0" if "e" in "".join(column.cells).lower() else str(digits)
    return TimeAxis(
        Frequency(NUMBER, _commonest(numbers)), float(numbers.min()), style=style, name=column.name
    ), numbers


def _meant(column: TimeColumn, day_first: bool | None) -> list[Sequence[float]]:
    """Return the different readings of dates that may be meant."""
    order = {True: "dmy", False: "mdy"}.get(day_first) if day_first is not None else None
    if order in column.orders:
        return [column.readings[column.orders.index(order)]]
    return list(dict.fromkeys(map(tuple, column.readings)))


def _is_regular(axis: TimeAxis, times: Times) -> bool:
    """Return whether times increase and lie on the steps of the axis, with or without holes."""
    steps = axis.steps(times)
    return bool((np.diff(steps) > 0).all()) and bool((np.abs(steps - np.rint(steps)) < OFF_GRID).all())


def _is_whole(axis: TimeAxis, times: Times) -> bool:
    """Return whether no step is missing between the first time and the last."""
    first, last = axis.steps(times[[0, -1]])
    return bool(last - first == len(times) - 1)


def _dated(column: TimeColumn, seconds: Sequence[float]) -> tuple[TimeAxis, NDArray[np.datetime64]]:
    micro = np.rint((np.asarray(seconds) - BEFORE_1970) * MICRO).astype(np.int64)
    times = micro.astype("datetime64[us]")
    ordered = np.unique(times)
    frequency, at_month_end = _frequency(ordered)
    utc = any(map(OFFSET.fullmatch, column.cells))
    axis = TimeAxis(frequency, str(ordered[0]), at_month_end, _style(column, ordered, utc), column.name)
    return axis, times


def _style(column: TimeColumn, times: NDArray[np.datetime64], utc: bool) -> str:
    """Return the format in which times are written: as precise as they are, and in ISO's order."""
    if all(map(without_a_day, column.cells)):
        return "%Y-%m"
    clock = (times - times.astype("datetime64[D]")).astype(np.int64)
    if not clock.any() and not any(":" in cell for cell in column.cells):
        return "%Y-%m-%d"
    precise = "%H:%M:%S.%f" if (clock % MICRO).any() else "%H:%M:%S" if (clock % (60 * MICRO)).any() else "%H:%M"
    return f"%Y-%m-%d {precise}{'Z' if utc else ''}"


def _frequency(times: NDArray[np.datetime64]) -> tuple[Frequency, bool]:
    """Return the frequency of different times in their order, and whether they are ends of months."""
    days = times.astype("datetime64[D]")
    commonest = _commonest((times - times[0]).astype(np.float64)) / MICRO
    if len(np.unique(times - days)) > 1:
        return Frequency(FIXED, commonest), False
    months = days.astype("datetime64[M]")
    in_month = _day_of_month(days)
    at_end = bool((in_month == _length(months) - 1).all())
    if at_end or (in_month == np.minimum(in_month.max(), _length(months) - 1)).all():
        return Frequency(MONTHS, _commonest((months - months[0]).astype(np.float64))), at_end
    gaps = np.diff(days).astype(np.int64)
    if commonest == DAY and 3 in gaps and bool(np.is_busday(days).all()):
        return Frequency(WEEKDAYS, 1), False
    return Frequency(FIXED, commonest), False


def _commonest(numbers: NDArray[np.float64]) -> float:
    """Return the commonest difference of two neighbours that is above 0; of equally common ones the smallest."""
    steps = np.diff(np.unique(numbers))
    rounded, counts = np.unique(np.round(steps, 6 - int(np.floor(np.log10(steps.min())))), return_counts=True)
    return float(rounded[counts.argmax()])


def _day_of_month(days: Any) -> Any:
    """Return the days before each day in its month."""
    return (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)


def _length(months: NDArray[np.datetime64]) -> NDArray[np.int64]:
    begin, end = (m.astype("datetime64[D]") for m in (months, months + np.timedelta64(1, "M")))
    days: NDArray[np.int64] = (end - begin).astype(np.int64)
    return days


def _counted(count: float, unit: str) -> str:
    return f"{count:g} {unit}{'' if count == 1 else 's'}"
