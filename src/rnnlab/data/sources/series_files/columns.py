"""The columns of a table of series: which hold values, what is known beside them, times, and names of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing
from rnnlab.data.formats.numeric_tables import (
    NO_NUMBERS,
    UNNAMED,
    NumericTable,
    Writing,
    decimal_advice,
    refuse_counter,
    thousands_note,
    with_points,
)
from rnnlab.data.formats.placeholders import placeholders_of, refuse_placeholder
from rnnlab.data.formats.tables import check_column, is_number
from rnnlab.data.sources.series_files.gaps import FILLS
from rnnlab.data.sources.series_files.time_axis import LEAST_TIMES
from rnnlab.data.sources.series_files.time_order import time_columns
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 5  # columns that are not read and are named
TRUTHS = {"true": "1", "false": "0"}  # what programs write for a holiday or another yes or no


@dataclass(frozen=True)
class Columns:
    """The names of the columns that are read.

    Attributes:
        values: Those to be forecast.
        known: Those that are known in advance, such as holidays.
        past: Those that are known up to the last value, such as the weather.
        time: Those with the times, of which several are joined, such as date and hour; none for rows as they stand.
        id: That which names the series; None where the table has one.
    """

    values: tuple[str, ...]
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    id: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """All columns of numbers: values, known, past."""
        return (*self.values, *self.known, *self.past)

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is read."""
        return (*self.numbers, *self.time, *((self.id,) if self.id is not None else ()))


@dataclass(frozen=True)
class Rows:
    """The rows of a file as they are read.

    Attributes:
        numbers: `(T, C)` of values, known and past columns; NaN where a cell has none.
        times: `(T,)`, the cells of times; empty where none are read.
        ids: `(T,)`, the names of series; empty where there is one.
        commas: Whether numbers have decimal commas.
        note: What else numbers may be than what they are read as; may be empty.
    """

    numbers: NDArray[np.float64]
    times: list[str]
    ids: list[str]
    commas: bool
    note: str = ""


def as_names(chosen: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return names of columns, of which a user may give one, several or none."""
    if chosen is None:
        return ()
    return (chosen,) if isinstance(chosen, str) else tuple(map(str, chosen))


def choose(table: NumericTable, columns: Columns, trained: Sequence[str] | None) -> Columns:
    """Return the columns that are read of a table, with those of values where the user did not name them.

    Raises:
        UserError: There is no such column, or a column has two meanings.
    """
    if table.table.empty:
        raise UserError(f"data: {table.file} holds no numbers; a table with a row a step is expected")
    for key, names in (("known", columns.known), ("past", columns.past), ("time_column", columns.time)):
        for name in names:
            check_column(table.table, name, f"data.{key}", table.file)
    if columns.id is not None:
        check_column(table.table, columns.id, "data.id_column", table.file)
    values = columns.values or _values(table, columns, trained)
    taken = {name: key for key, names in (("known", columns.known), ("past", columns.past)) for name in names}
    if twice := next((name for name in values if name in taken), ""):
        raise UserError(f"data.{taken[twice]}: {twice} is the column that is forecast; leave it out of one of the keys")
    return replace(columns, values=values)


def with_times(table: NumericTable, columns: Columns) -> Columns:
    """Return the columns that are read with one of times: of dates, or of numbers that is named as times.

    Only a column is taken in which every time is later than the one before it, of several series those of the first.
    """
    rows = table.table
    if columns.id is not None:
        rows = rows[rows[columns.id] == rows[columns.id].iloc[0]]
    others = {
        name: list(rows[name]) for name in table.names if name not in columns.all and table.names.count(name) == 1
    }
    in_order = [column for column in time_columns(others, f"data: {table.file}") if column.in_order]
    dated = sorted(in_order, key=lambda column: not column.are_dates)  # before numbers that are named as times
    seen = [c.name for c in dated if len(c.cells) >= LEAST_TIMES and (c.are_dates or ":" not in c.cells[0])]
    return replace(columns, time=tuple(seen[:1]))


def _values(table: NumericTable, columns: Columns, trained: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of values that nobody has named: those of training, or the last one."""
    if trained is not None:
        return _trained(table, trained)
    free = [name for name in table.names if name not in columns.all]
    if not free:
        raise UserError(f"data.value_column: {table.file} has no other column than those of other keys; name one")
    if free[-1] == table.names[-1]:
        refuse_counter(table, free[-1])
    return (free[-1],)


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


def read_columns(table: NumericTable, columns: Columns, writing: Writing) -> Rows:
    """Return the rows of a table.

    Raises:
        UserError: There is no such column, or a cell of it is no number.
    """
    if table.table.empty:
        raise UserError(f"data: {table.file} holds no numbers; a table with a row a step is expected")
    read, commas, notes = [], False, list[str]()
    future = _future_rows(table, columns)
    for name in columns.numbers:
        check_column(table.table, name, "data.value_column", table.file)
        cells, with_commas = with_points(table.table[name], writing.decimal, table.file, name)
        open_end = 0 if name in columns.known else future
        notes.append(thousands_note(table.table[name].tolist(), writing.decimal))
        read.append(_numbers(cells, writing, open_end, f"data: {table.file}", name))
        commas = commas or with_commas
    times = [_joined(cells) for cells in zip(*(table.table[name] for name in columns.time), strict=True)]
    ids = [] if columns.id is None else list(table.table[columns.id])
    if "" in ids:
        raise UserError(f"data: {table.file}, row {ids.index('') + 1} has no {columns.id}, which names the series")
    return Rows(np.stack(read, axis=1), times, ids, commas, next(filter(None, notes), ""))


def _future_rows(table: NumericTable, columns: Columns) -> int:
    """Return how many rows at the end may lack values: those that say what is known of the time to be forecast.

    Of several series in one table, each may end with such rows, so that any row may.
    """
    if not columns.known:
        return 0
    empty = [all(is_missing(cell) for cell in cells) for cells in zip(*(table.table[n] for n in columns.values))]  # noqa: B905
    if columns.id is not None:
        return len(empty)
    return len(empty) - max((row for row, is_empty in enumerate(empty, start=1) if not is_empty), default=0)


def _numbers(cells: pd.Series[str], writing: Writing, open_end: int, where: str, name: str) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where a cell has none.

    Raises:
        UserError: A cell is no number, or lacks one and `writing.missing` fills nothing; or a number seems to stand for
            missing ones.
    """
    values = np.full(len(cells), np.nan)
    missing, placeholders = writing.missing, placeholders_of(writing.missing_values)
    for row, cell in enumerate(cells):
        number = TRUTHS.get(cell.lower(), cell)
        if is_number(number) and float(number) not in placeholders:
            values[row] = float(number)
        elif not (is_missing(cell) or cell in NO_NUMBERS or is_number(number)):
            advice = decimal_advice(cell, writing.decimal)
            raise UserError(f"{where}, row {row + 1}, column {name}: {cell!r} is no number{advice}")
        elif missing not in FILLS and row < len(cells) - open_end:
            raise UserError(
                f"{where}, row {row + 1}, column {name}: {cell!r} is no number; data.missing=interpolate puts one"
                " between its neighbours, data.missing=forward repeats the last"
            )
    refuse_placeholder(values, writing.missing_values, f"{where}, column {name}")
    return values


def _joined(cells: Sequence[str]) -> str:
    """Return the cells of a time as one: date and hour, or year, month and day."""
    if len(cells) == 1:
        return cells[0]
    date = "-".join(cells[:3]) if all(map(str.isdigit, cells[:2])) else cells[0]
    clock = cells[3:] if all(map(str.isdigit, cells[:2])) else cells[1:]
    return " ".join([date, *(f"{cell}:00" if cell.isdigit() else cell for cell in clock)])


def describe_columns(table: NumericTable, columns: Columns) -> str:
    """Return which columns are not read, for the line on what was read; '' where all are."""
    others = [repr(name) for name in table.names if name not in columns.all]
    more = f", {len(others)} more" if len(others) > MOST_NAMED else ""
    return f"not read: {', '.join(others[:MOST_NAMED])}{more}" if others else ""
