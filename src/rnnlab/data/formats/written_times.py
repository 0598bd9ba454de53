"""Times as people write them beside numbers: with names of months, which are read, and in forms that are not read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

# Months by their names in English and German, whole and short.
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan january januar", "feb february februar", "mar march mär mrz märz maerz", "apr april", "may mai"),
            *("jun june juni", "jul july juli", "aug august", "sep sept september", "oct october okt oktober"),
            *("nov november", "dec december dez dezember"),
        ),
        start=1,
    )
    for name in names.split()
}
BESIDE = {  # days of the week, and what stands behind the number of a day
    *("mon", "monday", "tue", "tues", "tuesday", "wed", "wednesday", "thu", "thur", "thurs", "thursday"),
    *("fri", "friday", "sat", "saturday", "sun", "sunday", "st", "nd", "rd", "th"),
    *("mo", "montag", "di", "dienstag", "mi", "mittwoch", "do", "donnerstag", "fr", "freitag"),
    *("sa", "samstag", "so", "sonntag"),
}
DATE_AND_CLOCK = re.compile(r"(.*?[^\W\d_]{3}.*?)(?:,?[T ]+(?:at |um )?(\d{1,2}:\d\d.*))?")
WITHOUT_A_DAY = re.compile(r"\d{3,4}[-/.]\d{1,2}", re.ASCII)
QUARTER = re.compile(r"((?:1[5-9]|2[01])\d\d)[-_/ ]*[Qq]([1-4])|[Qq]([1-4])[-_/ ]*((?:1[5-9]|2[01])\d\d)", re.ASCII)
WEEK = re.compile(r"((?:1[5-9]|2[01])\d\d)[-_/ ]*(?:W|KW|w|kw)[-_/ ]*(\d{1,2})(?:-([1-7]))?", re.ASCII)
ZONE = re.compile(r"(.*\d(?:\s*[ap]m)?)\s*\(?([A-Z]{2,5})\)?", re.ASCII | re.IGNORECASE)
SUMMER = {"CEST", "EEST", "WEST", "MESZ", "BST", "EDT", "CDT", "MDT", "PDT", "AKDT", "AEDT", "ACDT", "NZDT"}
AFTERNOON = re.compile(r"(\d{1,2})((?::\d\d)*)\s*([ap])\.?m\b\.?", re.ASCII | re.IGNORECASE)
READ = "2024-03-01 13:00, 1.3.2024, 3/1/2024 1:00 PM, Mar 1, 2024, 2024-03 and numbers"  # forms, in words


@dataclass(frozen=True)
class Named:
    """A date with the name of its month.

    Attributes:
        numbers: Year, month and day, which is 1 where there is none.
        has_day: Whether it has one.
        clock: What stands behind the date; may be empty.
    """

    numbers: tuple[int, int, int]
    has_day: bool
    clock: str


def with_month_name(cell: str) -> Named | None:
    """Return a date such as `Mar 20, 2024 12:00 AM` or `20. März 2024`; None where it has another form."""
    parts = DATE_AND_CLOCK.fullmatch(cell.strip())
    if parts is None:
        return None
    words = re.findall(r"[^\W\d_]+|\d+", parts[1].casefold())
    months = [MONTHS[word] for word in words if word in MONTHS]
    numbers = [word for word in words if word.isdecimal()]
    if len(months) != 1 or any(word not in MONTHS and word not in BESIDE for word in words if word not in numbers):
        return None
    year = next((word for word in numbers if len(word) == 4), numbers[-1] if len(numbers) == 2 else "")
    days = [word for place, word in enumerate(numbers) if place != (numbers.index(year) if len(year) == 4 else 1)]
    if not year or len(days) > 1 or any(len(day) > 2 for day in days):
        return None
    return Named((int(year), months[0], int(days[0]) if days else 1), bool(days), parts[2] or "")


def has_month_names(cells: Sequence[str]) -> bool:
    """Return whether most cells are dates with the names of months."""
    said = [cell for cell in cells if cell]
    few = sum(with_month_name(cell) is not None for cell in said[:20])
    return few > len(said[:20]) / 2 and sum(with_month_name(cell) is not None for cell in said) > len(said) / 2


def without_a_day(cell: str) -> bool:
    """Return whether a date is a month and its year alone."""
    return bool(WITHOUT_A_DAY.fullmatch(cell)) or bool((named := with_month_name(cell)) and not named.has_day)


def is_quarter_or_week(cell: str) -> bool:
    """Return whether a cell is such as `1960Q1` or `2020-W01`."""
    return bool(QUARTER.fullmatch(cell) or WEEK.fullmatch(cell))


def without_zone(cell: str) -> tuple[str, int] | None:
    """Return a time without a zone's name behind it, such as CEST, and the seconds by which that is earlier."""
    match = ZONE.fullmatch(cell.strip())
    if match is None or match[2].lower() in ("am", "pm"):
        return None
    return match[1], 3600 if match[2].upper() in SUMMER else 0


def orders_of(cells: Sequence[str]) -> Iterator[tuple[float, ...]]:
    """Yield the places of times in the order of their numbers: as these are written, and with the year first."""
    numbers = [tuple(map(int, re.findall(r"\d{1,18}", AFTERNOON.sub(_of_24_hours, cell)))) for cell in cells]
    yield _ranks(numbers)
    yield _ranks([one[::-1] for one in numbers])
    if all(len(one) >= 3 for one in numbers):
        yield _ranks([(one[2], one[1], one[0], *one[3:]) for one in numbers])
        yield _ranks([(one[2], one[0], one[1], *one[3:]) for one in numbers])


def not_read(name: str, cell: str, where: str) -> str:
    """Return the line on a time that is written in a form which is not read, and what to write instead."""
    return f"{where}: {name} has {cell!r}, which is not read as a time; write {_instead_of(cell)} (read are {READ})"


def _instead_of(cell: str) -> str:
    """Return what to write instead of a time."""
    if match := QUARTER.fullmatch(cell):
        year, quarter = match[1] or match[4], int(match[2] or match[3])
        return f"its first month, {year}-{3 * quarter - 2:02}"
    if (match := WEEK.fullmatch(cell)) and 1 <= int(match[2]) <= 52:
        return f"a day of the week, {date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))}"
    if ":" in cell and without_zone(cell) and (zone := ZONE.fullmatch(cell)):
        return f"an offset from UTC, such as +02:00, for {zone[2]}"
    return "it in a form that is"


def _of_24_hours(match: re.Match[str]) -> str:
    return f"{int(match[1]) % 12 + 12 * (match[3].lower() == 'p')}{match[2]}"


def _ranks(keys: Sequence[tuple[int, ...]]) -> tuple[float, ...]:
    places = {key: float(place) for place, key in enumerate(sorted({*keys}))}
    return tuple(places[key] for key in keys)
