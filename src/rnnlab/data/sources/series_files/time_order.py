"""The order of a user's series: its rows have to stand in the order of time, every time once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.numeric_tables import NumericTable, kind_of
from rnnlab.data.formats.times import (
    TimeColumn,
    Times,
    counts_and_begins_again,
    dates,
    in_another_form,
    increases,
    named_as_time,
    numbers,
)
from rnnlab.data.formats.written_times import has_month_names
from rnnlab.errors import UserError

# In a row below those that it sums up.
SUMMARY = re.compile(
    r"((grand |sub)?totals?|sum|mean|average|avg|median|summe|gesamt|insgesamt|mittelwert|durchschnitt|somme):?",
    re.IGNORECASE,
)

LEAST_SUMMED = 10  # rows, of which the last is hardly the sum of the others by chance


def refuse_stacked(table: NumericTable, chosen: Sequence[str]) -> None:
    """Raise UserError if several series stand one below the other, or rows are not in the order of time.

    Several series have times of one column which occur once beside every value of another one. Times are dates, numbers
    of a column whose name says so, or else numbers that count.
    """
    columns = {
        name: list(table.table[name]) for name in table.names if name not in chosen and table.names.count(name) == 1
    }
    where = f"data: {table.file}"
    _refuse_summary(columns, where)
    _refuse_groups({name: cells for name, cells in columns.items() if all(cells)}, where)
    times = _ordered_columns(columns, where)
    if not times:
        counted = [(name, cells) for name, cells in columns.items() if counts_and_begins_again(cells)]
        steady = any(map(increases, columns.values()))
        times = [numbers(*column, where) for column in counted] if not steady else []
    refuse_disorder(times, where)


def refuse_groups(table: NumericTable) -> None:
    """Raise UserError if several series stand one below the other by the names in a column that is not read.

    The column of times is said, so that only a sum below the others and such names are left to look for.
    """
    names = [name for name in table.names if table.names.count(name) == 1]
    columns = {name: list(table.table[name]) for name in names}
    where = f"data: {table.file}"
    _refuse_summary(columns, where)
    _refuse_groups({name: cells for name, cells in columns.items() if all(cells)}, where)


def refuse_disorder_of_series(tables: Sequence[NumericTable], taken: Sequence[str], by: str) -> None:
    """Raise UserError if the rows of one of several series are not in the order of times that stand beside them.

    Args:
        tables: Of all files.
        taken: The columns that are read as something else.
        by: The column with the names of the series.
    """
    columns = _shared(tables, taken)
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(cell for table in tables for cell in table.table[by]):
        rows.setdefault(name, []).append(row)
    for series, places in rows.items():
        where = f"data: {tables[0].file}, series {series}"
        own = {name: [cells[place] for place in places] for name, cells in columns.items()}
        refuse_disorder(_ordered_columns(own, where), where)


def refuse_disorder_of_files(tables: Sequence[NumericTable], chosen: Sequence[str]) -> None:
    """Raise UserError if the dates of a file are not later than those of the files before it.

    Numbers alone may count anew in each file.
    """
    if len(tables) == 1:
        return
    columns = _shared(tables, chosen)
    where = f"data: the series of {tables[0].file.name} to {tables[-1].file.name}"
    if any(are_dates(cells) for cells in columns.values()) or _in_other_forms(columns, where):
        refuse_disorder(_ordered_columns(columns, where), where)


def _shared(tables: Sequence[NumericTable], taken: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns that all files have and that are not taken, the rows of one file behind those of another."""
    names = [name for name in tables[0].names if name not in taken and all(t.names.count(name) == 1 for t in tables)]
    return {name: [cell for table in tables for cell in table.table[name]] for name in names}


def are_dates(cells: Sequence[str]) -> bool:
    """Return whether most cells look like dates, with numbers or names of months."""
    kind = kind_of(cells)
    return kind == "date" or (kind == "text" and has_month_names(cells))


def time_columns(columns: Mapping[str, list[str]], where: str) -> list[TimeColumn]:
    """Return the columns of dates, and those of numbers whose names say that they are times.

    Raises:
        UserError: Times of one column are written in several forms.
    """
    times = []
    for name, cells in columns.items():
        if are_dates(cells):
            times += [column] if (column := dates(name, cells, where)) else []
        elif kind_of(cells) == "number" and named_as_time(name):
            times.append(numbers(name, cells, where))
    return times


def _ordered_columns(columns: Mapping[str, list[str]], where: str) -> list[TimeColumn]:
    """Return the columns of times, and those in forms that are not read, of which the order can be told."""
    return [*time_columns(columns, where), *_in_other_forms(columns, where)]


def _in_other_forms(columns: Mapping[str, list[str]], where: str) -> list[TimeColumn]:
    found = []
    for name, cells in columns.items():
        unread = kind_of(cells) != "number" and (not are_dates(cells) or dates(name, cells, where) is None)
        if unread and (column := in_another_form(name, cells, where)):
            found.append(column)
    return found


def refuse_disorder(times: Sequence[TimeColumn], where: str) -> None:
    """Raise UserError if no column of times increases from row to row, nor several together, as year and month do."""
    if not times or any(column.in_order for column in times) or _in_order_together(times):
        return
    column = max(times, key=lambda column: len(set(column.cells)))
    reading = min(column.readings, key=_steps_back)
    place = next(place for place, (one, other) in enumerate(pairwise(reading), start=1) if other <= one)
    before, cell = column.cells[place - 1 : place + 1]
    if cell == column.cells[0] and place > 1:
        what = f"has several series in one column: {column.name} begins again with {cell}; give one of them"
    elif reading[place] == reading[place - 1]:
        what = f"has several rows of one time: {column.name} {cell} is there twice; give one series"
    else:
        what = f"is not in the order of time: {column.name} {cell} stands behind {before}; sort the rows"
    form = "" if column.is_read else ", write times as 2024-03-01 13:00"
    raise UserError(
        f"{where} {what}{form}, data.time_column=COLUMN names other times, or data.stacked=true reads the rows as they"
        " stand"
    )


def _refuse_summary(columns: Mapping[str, list[str]], where: str) -> None:
    """Raise UserError if the last row says that it is a sum of those above it."""
    last = [(cells[-1], cells[:-1]) for cells in columns.values() if cells]
    if said := next((cell for cell, above in last if SUMMARY.fullmatch(cell) and cell not in above), ""):
        raise UserError(
            f"{where}: the last row ({said}) may be a sum of the others; leave it out, or data.stacked=true reads the"
            " rows as they stand"
        )


def refuse_sum(numbers: NDArray[np.float64], names: Sequence[str], where: str) -> None:
    """Raise UserError if the last of many numbers is the sum of those above it, in a table without times.

    Args:
        numbers: `(T, C)`, NaN where one is missing.
        names: `(C,)`, of the columns.
        where: Begins the line about what is wrong.
    """
    if len(numbers) < LEAST_SUMMED:
        return
    others, last = np.nan_to_num(numbers[:-1]), numbers[-1]
    far = np.abs(last) > 3 * np.abs(others).max(axis=0)
    summed = np.isclose(last, others.sum(axis=0), rtol=1e-6, atol=0) & far
    if summed.any():
        place = int(summed.argmax())
        raise UserError(
            f"{where}: the last row has the sum of the others in the column {names[place]} ({last[place]:g}); leave it"
            " out, or data.stacked=true reads the rows as they stand"
        )


def _refuse_groups(columns: Mapping[str, list[str]], where: str) -> None:
    by_values = sorted(columns.items(), key=lambda pair: len(set(pair[1])))  # series are fewer than times
    for time, times in reversed(by_values):
        if len(set(times)) == len(times):
            continue
        for other, groups in by_values:
            if other != time and not named_as_time(other) and _are_series(groups, times):
                names = list(dict.fromkeys(groups))
                raise UserError(
                    f"{where} has {len(names)} series in one column: {time} begins again for {other} {names[1]}; give"
                    f" one of them, or data.id_column={other} forecasts each, or data.stacked=true reads them as one"
                )


def _are_series(groups: list[str], times: list[str]) -> bool:
    """Return whether every time occurs once in each group, and groups are names, or numbers beside dates."""
    names = set(groups)
    if len(names) < 2 or len(names) * 2 > len(groups) or len(set(zip(groups, times, strict=True))) < len(times):
        return False
    kind = kind_of(groups)
    return kind == "text" or (kind == "number" and are_dates(times))


def _in_order_together(times: Sequence[TimeColumn]) -> bool:
    if len({len(column.cells) for column in times}) > 1:
        return False
    readings = product(*(column.readings for column in times))
    return any(
        all(one < other for one, other in pairwise(zip(*columns, strict=True)))
        for chosen in readings
        for columns in (chosen, chosen[::-1])
    )


def _steps_back(times: Times) -> int:
    return sum(one >= other for one, other in pairwise(times))
