"""Columns of times in the user's tables: dates, and numbers of which a name says that they are times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing
from rnnlab.data.formats.written_times import is_quarter_or_week, not_read, orders_of, with_month_name, without_zone
from rnnlab.errors import UserError

# What people call a column of time, and what they add to it.
TIMES = {
    *("t", "time", "times", "date", "datetime", "timestamp", "timestamps", "ds", "epoch", "step", "steps"),
    *("year", "quarter", "month", "week", "weekday", "day", "hour", "minute", "second"),
    *("zeit", "zeitstempel", "datum", "jahr", "quartal", "monat", "woche", "tag", "stunde", "uhrzeit"),
}
BESIDE_TIMES = {"of", "in", "utc", "gmt", "cet", "local", "unix", "s", "ms", "us", "ns", "h", "d", "seconds", "hours"}
STAMP = re.compile(r"(\d{1,4})([-/.])(\d{1,2})(?:\2(\d{1,4}))?(?:[T ]+(\d{1,2}:.*)|[T ]*)|(\d{1,2}:.*)", re.ASCII)
CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)([.,]\d+)?)?\s*([ap]\.?m\.?)?\s*(?:z|utc|gmt|([+-])(\d\d):?(\d\d))?",
    re.ASCII | re.IGNORECASE,
)
DAY = 86_400  # seconds
OF_THIS_CENTURY = 70  # the first year of two digits that is of the last one, as in POSIX
LEAST_STEPS = 3  # of a column without a name that says so: numbers that count are times where they begin again
Times = tuple[float, ...]


@dataclass(frozen=True)
class TimeColumn:
    """A column of times.

    Attributes:
        name: Of the column.
        cells: As they are written; those that are missing are left out.
        readings: The same as numbers, in every way in which days and months may be meant.
        orders: Of each reading, what the numbers of a date are, such as `dmy`; '' of numbers and of times of day.
        is_read: False of times in a form of which only their order can be told.
    """

    name: str
    cells: Sequence[str]
    readings: Sequence[Times]
    orders: Sequence[str] = ("",)
    is_read: bool = True

    @property
    def are_dates(self) -> bool:
        """True if its times are dates, and neither numbers nor times of day."""
        return any(self.orders)

    @property
    def in_order(self) -> bool:
        """True if every time is later than the one before it, in one of the ways."""
        return any(map(increasing, self.readings))


def named_as_time(name: str) -> bool:
    """Return whether a column's name says that it has times, such as `Time (s)` or `day of year`."""
    if name == "T":  # a temperature
        return False
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return bool(TIMES.intersection(words)) and TIMES.union(BESIDE_TIMES).issuperset(words)


def dates(name: str, cells: Sequence[str], where: str) -> TimeColumn | None:
    """Return a column of dates or times of day; None where no cell is one.

    Raises:
        UserError: Only some are, or dates have several forms.
    """
    cells = [cell for cell in cells if not is_missing(cell)]
    fields = [_fields(cell) for cell in cells]
    if not any(fields):
        return None
    first = next(inner for inner in fields if inner)
    for cell, inner in zip(cells, fields, strict=True):
        if inner is None or inner.form != first.form:
            shown = cells[fields.index(first)]
            raise UserError(
                f"{where}: {name} has {shown!r} and {cell!r}; write all times in one form and leave out sums, or"
                " data.stacked=true reads the rows as they stand"
            )
    readings = dict(_readings([inner for inner in fields if inner]))
    return TimeColumn(name, cells, list(readings.values()), list(readings)) if readings else None


def numbers(name: str, cells: Sequence[str], where: str) -> TimeColumn:
    """Return a column of times that are numbers.

    Raises:
        UserError: A cell is none.
    """
    written, cells = cells, [cell for cell in cells if not is_missing(cell)]
    for cell in cells:
        if not _is_number(cell) and cell == cells[0]:
            raise UserError(not_read(name, cell, f"{where}, row {written.index(cell) + 1}"))
        if not _is_number(cell):
            raise UserError(
                f"{where}: {name} has {cells[0]!r} and {cell!r}; write all times in one form and leave out sums, or"
                " data.stacked=true reads the rows as they stand"
            )
    return TimeColumn(name, cells, [tuple(float(cell.replace(",", ".")) for cell in cells)])


def in_another_form(name: str, cells: Sequence[str], where: str) -> TimeColumn | None:
    """Return a column of times in a form that is not read, whose order is seen by their numbers; None for no times.

    Args:
        name: Of the column.
        cells: Texts, or dates in a form that `dates` does not read.
        where: Begins the line about what is wrong.
    """
    cells = [cell for cell in cells if not is_missing(cell)]
    said = named_as_time(name) and all(any(map(str.isdecimal, cell)) for cell in cells)
    if not cells or not (said or all(map(is_quarter_or_week, cells))):
        return None
    zones = [zone for cell in cells if (zone := without_zone(cell))]
    if len(zones) == len(cells) and any(_fields(cell) for cell, _ in zones):
        column = dates(name, [cell for cell, _ in zones], where)
        readings = [
            tuple(time - earlier for time, (_, earlier) in zip(reading, zones, strict=True))
            for reading in (column.readings if column else ())
        ]
    else:
        readings = list(orders_of(cells))
    return TimeColumn(name, cells, readings, [""] * len(readings), is_read=False) if readings else None


def counts_and_begins_again(cells: Sequence[str]) -> bool:
    """Return whether numbers count up in equal steps and begin again, have every step as often, or count down."""
    if len(cells) <= LEAST_STEPS or not all(map(_is_number, cells)):
        return False
    values = np.array([float(cell.replace(",", ".")) for cell in cells])
    with np.errstate(over="ignore"):  # of numbers that a float64 hardly holds, which count nothing
        steps = np.diff(values)
    if (steps < 0).all():
        return bool(np.allclose(steps, steps[0]))
    starts = np.flatnonzero(steps <= 0) + 1
    if len(starts) == 0:
        return False
    if (steps >= 0).all():
        return _has_each_as_often(values)
    up = steps[steps > 0]
    again = bool((values[starts] == values[0]).all()) and starts[0] >= LEAST_STEPS
    return again and bool(np.allclose(up, up[0]))


def increases(cells: Sequence[str]) -> bool:
    """Return whether cells are numbers, and each is larger than the one before."""
    return all(map(_is_number, cells)) and increasing(tuple(float(cell.replace(",", ".")) for cell in cells))


def _has_each_as_often(values: NDArray[np.float64]) -> bool:
    distinct, counts = np.unique(values, return_counts=True)
    steps = np.diff(distinct)
    return len(distinct) >= LEAST_STEPS and len({*counts.tolist()}) == 1 and bool(np.allclose(steps, steps[0]))


@dataclass(frozen=True)
class _Fields:
    form: tuple[str, bool, bool]  # what stands between the numbers of a date, and whether the year is first or last
    numbers: tuple[int, int, int]  # of the date, in their order
    seconds: float


def _fields(cell: str) -> _Fields | None:
    """Return the parts of a time stamp; None where it has another form."""
    stamp = STAMP.fullmatch(cell.strip())
    if stamp is None:
        return _fields_with_name(cell)
    first, sign, second, third, clock, alone = stamp.groups()
    seconds = _seconds(clock or alone) if clock or alone else 0.0
    if seconds is None:
        return None
    if alone:
        return _Fields(("", False, False), (1, 1, 1), seconds)
    year_first, year_last = len(first) > 2, len(third or "") > 2
    return _Fields((sign, year_first, year_last), (int(first), int(second), int(third or 1)), seconds)


def _fields_with_name(cell: str) -> _Fields | None:
    named = with_month_name(cell)
    seconds = _seconds(named.clock) if named and named.clock else 0.0
    if named is None or seconds is None:
        return None
    return _Fields(("name of a day" if named.has_day else "name", True, False), named.numbers, seconds)


def _seconds(clock: str) -> float | None:
    """Return the seconds since midnight, in UTC where an offset is given."""
    match = CLOCK.fullmatch(clock.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction, noon, sign, off_hours, off_minutes = match.groups()
    hour = int(hours) % 12 + 12 * noon.lower().startswith("p") if noon else int(hours)
    offset = (int(off_hours) * 60 + int(off_minutes)) * 60 * (-1 if sign == "-" else 1) if sign else 0
    return (hour * 60 + int(minutes)) * 60 + int(seconds or 0) + float((fraction or "0").replace(",", ".")) - offset


def _readings(fields: Sequence[_Fields]) -> Iterator[tuple[str, Times]]:
    """Yield the times in seconds, in every way in which all of them are dates of the calendar, and each way's order."""
    sign, year_first, year_last = fields[0].form
    orders = ["ymd"] if year_first else ["dmy", "mdy", *([] if year_last else ["ymd"])]
    for order in orders if sign else [""]:
        places = [order.index(unit) for unit in "ymd"] if order else (0, 1, 2)
        try:
            times = tuple(DAY * _day(*(inner.numbers[place] for place in places)) + inner.seconds for inner in fields)
        except ValueError:
            continue
        yield order, times


def _day(year: int, month: int, day: int) -> int:
    """Return the number of a day.

    Raises:
        ValueError: There is none.
    """
    century = 0 if year >= 100 else 2000 if year < OF_THIS_CENTURY else 1900
    return date(year + century, month, day).toordinal()


def increasing(times: Times) -> bool:
    """Return whether every time is later than the one before it."""
    return all(one < other for one, other in pairwise(times))


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell.replace(",", "."))))
    except ValueError:
        return False
