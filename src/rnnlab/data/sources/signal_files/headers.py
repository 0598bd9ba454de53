"""Headers of tables of signals: a first row that has numbers in the place of names, and steps that are out of order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, permutations
from pathlib import Path

from rnnlab.data.formats.numeric_tables import DATE
from rnnlab.data.formats.tables import is_number
from rnnlab.data.sources.signal_files.columns import ID_NAMES, LABEL_NAMES, TIME_NAMES
from rnnlab.errors import UserError

SIGNED, WHOLE = re.compile(r"-?\d+(?:\.\d+)?"), re.compile(r"\d+")
WORD = re.compile(r"[^\W\d_]+")
MONTHS = {
    *("jan", "feb", "mar", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez")
}
DAYS = {*("mon", "tue", "wed", "thu", "fri", "sat", "sun", "die", "mit", "don", "fre", "sam", "son")}
MOST_ORDERED = 4  # numbers in a name, whose order is tried: day, month, year, hour
EVEN = 0.01  # of a step, by which others differ that count as even
MOST_NAMED = 3  # columns that a line names


def refuse_row_of_numbers(names: Sequence[str], file: Path) -> None:
    """Raise UserError if the first row of a table seems to be one of its sequences, as where there is no header.

    Most of its cells are numbers or dates, and the numbers are none that count steps or columns.

    Args:
        names: The first row.
        file: Where it stands.
    """
    known = {*ID_NAMES, *LABEL_NAMES, *TIME_NAMES}
    numbers = list(map(float, filter(is_number, names)))
    others = [name for name in names if not is_number(name) and not DATE.fullmatch(name)]
    if len(numbers) < 2 or 2 * len(others) >= len(names) or _ascend(numbers) or _counts_down(numbers):
        return
    if sorted(numbers) == [min(numbers) + place for place in range(len(numbers))] and min(numbers) in (0, 1):
        return
    distinct = len(set(numbers)) == len(numbers) and all(number.is_integer() and number >= 0 for number in numbers)
    if not known.intersection(map(str.casefold, others)) and not (distinct and len(others) > 1):
        shown = ", ".join(names[:MOST_NAMED])
        raise UserError(
            f"data: {file}: its first row ({shown}, …) has numbers in the place of names; put a row with the names of"
            " the columns before it, where numbers of steps ascend"
        )


def check_order(steps: Sequence[str], where: str) -> None:
    """Raise UserError if names of steps have numbers that say another order, or if some have none.

    Args:
        steps: Names of columns; such as have no number at all, or months and days of the week, may be in any order.
        where: Begins the line about what is wrong, behind `data: `.
    """
    numbered = [name for name in steps if WHOLE.search(name)]
    if not numbered or all(map(_of_a_calendar, steps)):
        return
    if plain := [name for name in steps if name not in numbered]:
        raise UserError(
            f"data: {where}: {_shown(plain)} without a number in the name, as {numbered[0]} has one, though every"
            " column beside the labels is a step; leave out what is none, or number all steps"
        )
    firsts = {SIGNED.sub("#", re.sub(r"[\s_]", "", name.casefold())): name for name in reversed(numbered)}
    if len(firsts) > 1:
        first, second, *_ = reversed(firsts.values())
        raise UserError(
            f"data: {where}: the columns {first} and {second} seem to be of several channels, and a row of a wide table"
            " has the steps of one; write a long table, a row a time step and a column a channel"
        )
    _check_ascending(numbered, where)


def _check_ascending(names: Sequence[str], where: str) -> None:
    """Raise UserError if the numbers in names of one form do not ascend, in whatever way they are read."""
    if all(map(is_number, names)) and (_ascend(values := list(map(float, names))) or _counts_down(values)):
        return
    signed = [tuple(map(float, SIGNED.findall(name))) for name in names]
    whole = [tuple(map(int, WHOLE.findall(name))) for name in names]
    if _ascend(signed) or any(map(_ascend, _reordered(whole))):
        return
    before, after = next((b, a) for (b, one), (a, other) in pairwise(zip(names, whole, strict=True)) if other <= one)
    raise UserError(
        f"data: {where}: the column {after} stands behind {before}; every column beside the labels is a step, so put"
        " them in their order"
    )


def _reordered(keys: Sequence[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """Return keys with their numbers in every order, as day, month and year may be written."""
    width = len(keys[0])
    if width > MOST_ORDERED or any(len(key) != width for key in keys):
        return [list(keys)]
    return [[tuple(key[place] for place in order) for key in keys] for order in permutations(range(width))]


def _ascend(keys: Sequence[float] | Sequence[tuple[float, ...]]) -> bool:
    return all(before < after for before, after in pairwise(keys))  # type: ignore[operator]


def _counts_down(numbers: Sequence[float]) -> bool:
    """Return whether numbers fall in even steps, as the wavenumbers of spectra do."""
    gaps = [before - after for before, after in pairwise(numbers)]
    return len(gaps) > 1 and min(gaps) > 0 and max(gaps) - min(gaps) <= EVEN * max(gaps)


def _of_a_calendar(name: str) -> bool:
    """Return whether a name has a month or a day of the week in it."""
    return any(word[:3] in MONTHS | DAYS for word in WORD.findall(name.casefold()))


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
    return f"the column {shown} is" if len(names) == 1 else f"the columns {shown} are"
