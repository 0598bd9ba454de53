"""Wide tables of signals: a row is a sequence of one channel, a column a step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.data.formats.blank_labels import with_labels
from rnnlab.data.formats.tables import check_column, is_number, read_labels
from rnnlab.data.formats.times import named_as_time
from rnnlab.data.sources.signal_files.columns import (
    ID_NAMES,
    LABEL_NAMES,
    column_by_name,
    columns_named,
    numbers_of,
    time_columns,
)
from rnnlab.data.sources.signal_files.content import LONG, WIDE, Content, Reading, listed
from rnnlab.data.sources.signal_files.headers import check_order
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

INDICES = {"index", "idx", "unnamed: 0", "row", "rows", "no", "no.", "nr", "nr.", "#", "ids", *ID_NAMES}  # not of steps
NUMBERED = re.compile(r".*\d")  # such as t1, step_2, 3
LEAST_ROWS = 3  # of a sequence, on average, in a table that may be long


def form_of(table: pd.DataFrame, file: Path, reading: Reading) -> str:
    """Return whether a table is `wide` or `long`, as the user says or its columns do.

    Raises:
        UserError: It may be either; the line names the keys that decide.
    """
    if reading.form is not None:
        return reading.form
    if reading.id_column or reading.time_column or reading.channels:
        return LONG
    ids = columns_named(table, ID_NAMES)
    if ids and any(table[column].duplicated().any() for column in ids if list(table.columns).count(column) == 1):
        return LONG
    if evidence := _evidence_of_steps(table, reading):
        raise UserError(
            f"data: {file}: a row may be a time step ({evidence}); data.id_column=COLUMN says which rows are a"
            " sequence, data.form=wide that each row is one"
        )
    return WIDE


def _evidence_of_steps(table: pd.DataFrame, reading: Reading) -> str:
    """Return what hints that a row is a time step; '' where nothing does."""
    labels = [name for name in listed(reading.label_column) or columns_named(table, LABEL_NAMES) if name in table]
    others = [str(name) for name in table.columns if name not in labels and list(table.columns).count(name) == 1]
    blocks = [name for name in others if _in_blocks(table[name].tolist(), table[labels])]
    counters = [name for name in others if _begins_again(table[name].tolist())]
    times = [name for name in time_columns(table) if name in others and not table[name].is_unique]
    plain = [name for name in blocks if not NUMBERED.fullmatch(name)]
    if plain or (blocks and counters):
        return f"the column {(plain or blocks)[0]} is the same for several rows in turn, and so are their labels"
    if times:
        return f"the column {times[0]} has the same times again"
    counted = [name for name in counters if not NUMBERED.fullmatch(name)]
    return f"the column {counted[0]} counts, and begins again" if counted else ""


def _begins_again(cells: Sequence[str]) -> bool:
    """Return whether numbers rise in equal steps, and begin again at the first one, as the times of sequences do."""
    if not all(map(is_number, cells)):
        return False
    values = np.array(cells, dtype=np.float64)
    steps = np.diff(values)
    starts = np.append(0, np.flatnonzero(steps <= 0) + 1)
    up = steps[steps > 0]
    if len(starts) < 2 or len(values) < LEAST_ROWS * len(starts):
        return False
    return bool((values[starts] == values[0]).all() and np.allclose(up, up[0]))


def _in_blocks(cells: Sequence[str], labels: pd.DataFrame) -> bool:
    """Return whether rows with the same cell stand together, some rows each, and have the same labels."""
    array = np.asarray(cells, dtype=object)
    begins = np.append(True, array[1:] != array[:-1])
    count = int(begins.sum())
    if count < 2 or count != len(set(cells)) or len(cells) < LEAST_ROWS * count:
        return False
    of_block = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    return all(bool((column == column[starts][of_block]).all()) for column in labels.to_numpy(dtype=object).T)


def read_wide(table: pd.DataFrame, file: Path, reading: Reading) -> Content:
    """Read the rows of a table, each a sequence of one channel.

    The column of labels has its class; every other column is a step, in the order of the columns. Empty cells at the
    end of a row are steps that the sequence does not have.

    Args:
        table: Strings without blanks around them.
        file: Where it lies.
        reading: How the user says that it is written.

    Raises:
        UserError: A cell is no number, or a column no step.
    """
    labels = _label_columns(table, reading, file)
    grouping = listed(reading.group_column)
    beside = {"id": listed(reading.id_column), "group": grouping if reading.labelled else [], "label": labels}
    for key, columns in beside.items():
        for column in columns:
            check_column(table, column, f"data.{key}_column", file)
    whole = table
    for column in labels:
        table = with_labels(table, column, reading.missing_labels, file)
    if table.empty:
        raise UserError(f"data.path: {file} has a header and no sequence below it")
    groups = table[beside["group"]].agg(" ".join, axis=1).tolist() if beside["group"] else None
    names = table[beside["id"]].agg(" ".join, axis=1).tolist() if beside["id"] else None
    unread = [] if reading.labelled else [*listed(reading.label_column), *grouping]
    cells = table.drop(columns=[c for c in table.columns if c in {*unread, *(c for cs in beside.values() for c in cs)}])
    if not cells.shape[1]:
        raise UserError(f"data.path: {file} has no column of numbers beside the labels")
    _check_names(list(map(str, cells.columns)), str(file))
    if reading.labelled:  # else the steps of training decide
        check_order(list(map(str, cells.columns)), str(file))
    filled = (cells != "").to_numpy()
    width = cells.shape[1]
    sizes = np.where(filled.any(axis=1), width - np.argmax(filled[:, ::-1], axis=1), 1)
    inside = np.arange(width) < sizes[:, None]
    numbers = numbers_of(cells.where(inside, "0"), file, reading.of_values)
    return Content(
        values=numbers[inside][:, None],
        sizes=sizes.astype(np.int64),
        channels=("value",),
        labels=tuple(read_labels(table, column, file) for column in labels) or ([""] * len(table),),
        targets=tuple(labels) or ("label",),
        groups=groups,
        names=names,
        steps=tuple(map(str, cells.columns)),
        left_out=len(whole) - len(table),
        columns={"form": WIDE, "label_column": labels if len(labels) > 1 else next(iter(labels), None)},
    )


def _label_columns(table: pd.DataFrame, reading: Reading, file: Path) -> list[str]:
    """Return the columns of labels; none where none are wanted.

    Raises:
        UserError: There is none, or several may be.
    """
    columns = listed(reading.label_column)
    if not reading.labelled:
        return []
    if not columns:
        name = column_by_name(table, LABEL_NAMES, "data.label_column", file)
        if name is None:
            raise UserError(
                f"data.label_column: say which column of {file} has the labels; it has"
                f" {', '.join(map(str, table.columns[:10]))}"
            )
        columns = [name]
    return columns


def _check_names(steps: list[str], where: str) -> None:
    """Raise UserError if a column has no name, that of another one or that of no step."""
    if "" in steps:
        raise UserError(f"data: {where} has a column without a name, such as an index; every column is a step")
    for name in steps:
        if name.strip().casefold() in INDICES or (named_as_time(name) and not re.search(r"\d", name)):
            raise UserError(
                f"data: {where}: the column {name} seems to be no step, though every column beside the labels is one;"
                " leave it out, or rename it"
            )
        if steps.count(name) > 1:
            raise UserError(f"data: {where} has {steps.count(name)} columns {name}; every step needs a name of its own")


def longer(before: Sequence[str], steps: Sequence[str], where: str) -> Sequence[str]:
    """Return the longer one of the names of steps in two tables.

    Raises:
        UserError: The tables have other steps.
    """
    check_steps(before, steps, where)
    return max(before, steps, key=len)


def check_steps(before: Sequence[str], steps: Sequence[str], where: str) -> None:
    """Raise UserError if a table has other steps than those before, or another order of them; one may have fewer."""
    for number, (expected, name) in enumerate(zip(before, steps, strict=False), start=1):
        if name != expected:
            raise UserError(f"data: {where}: step {number} is the column {name}, where it was {expected} before")
