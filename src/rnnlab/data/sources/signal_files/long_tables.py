"""Long tables of signals: a row a time step, with a column that says which rows are one sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing, with_labels
from rnnlab.data.formats.tables import check_column
from rnnlab.data.formats.times import dates
from rnnlab.data.signals import STEPS
from rnnlab.data.sources.signal_files.columns import (
    ID_NAMES,
    LABEL_NAMES,
    OBJECTS,
    TIME_NAMES,
    column_by_name,
    is_counter,
    is_nameless,
    is_numeric,
    numbers_of,
    refuse_nested,
    time_columns,
)
from rnnlab.data.sources.signal_files.content import Columns, Content, Reading, listed
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

LEAST_SEQUENCES = 3  # of which a column that never changes within them may give the label away
CAPITAL = "T"  # a time or a temperature
BETWEEN = " "  # the cells of several columns of ids


@dataclass(frozen=True)
class _Rows:
    """The rows of a table in the order of its sequences.

    Attributes:
        table: The rows, sequence behind sequence, each in its order of time.
        names: `(N,)`, what each sequence is called.
        sizes: `(N,)`, how many rows it has.
        times: `(total,)`, or None where no column says the order.
        sorted: Whether rows stood in another order in the file.
    """

    table: pd.DataFrame
    names: list[str]
    sizes: NDArray[np.int64]
    times: NDArray[np.float64] | None
    sorted: bool

    @property
    def starts(self) -> NDArray[np.int64]:
        """`(N,)`, where each sequence begins."""
        return np.cumsum(self.sizes) - self.sizes

    def constant(self, cells: Sequence[str]) -> NDArray[np.bool_]:
        """Return for each sequence `(N,)` whether all of its rows have the same cell."""
        array = np.asarray(cells, dtype=object)
        same: NDArray[np.bool_] = array == np.repeat(array[self.starts], self.sizes)
        return np.logical_and.reduceat(same, self.starts)


def read_long(table: pd.DataFrame, file: Path, reading: Reading) -> Content:
    """Read the sequences of a long table.

    Args:
        table: Strings without blanks around them.
        file: Where it lies.
        reading: How the user says that it is written.

    Raises:
        UserError: A column is missing, or the table can be read in two ways; the line names the key that decides.
    """
    ids = listed(reading.id_column) or [_by_name(table, ID_NAMES, "data.id_column", file)]
    labels = _label_columns(table, reading, file)
    groups = listed(reading.group_column) if reading.labelled else []
    for key, columns in (("id", ids), ("label", labels), ("group", groups)):
        for column in columns:
            check_column(table, column, f"data.{key}_column", file)
    whole = table
    if reading.labelled:
        for column in labels:
            table = with_labels(table, column, reading.missing_labels, file)
        if reading.target != STEPS:
            _check_whole(whole, table, ids, file)
    taken = [*ids, *labels, *groups]
    rows, time = _in_order(table, ids, reading, taken, file)
    channels, left = _channels(rows, reading, [*taken, *([time] if time else [])], file)
    remarks = [
        "rows were put into the order of " + str(time) if rows.sorted else "",
        f"left out, as no numbers: {', '.join(left)}" if left else "",
        *(f"{name} never changes" for name in channels if rows.table[name].nunique() == 1 and len(rows.table) > 1),
    ]
    return Content(
        values=numbers_of(rows.table[channels], file, reading.of_values),
        sizes=rows.sizes,
        channels=tuple(channels),
        labels=_labels(rows, labels, reading, file),
        targets=tuple(labels) or ("label",),
        asked=STEPS if reading.labelled and reading.target == STEPS else "",
        times=rows.times,
        groups=_groups(rows, groups, file),
        names=rows.names,
        left_out=len(_keys(whole, ids).unique()) - len(rows.names),
        columns={
            "form": "long",
            "id_column": ids if len(ids) > 1 else ids[0],
            "time_column": time,
            "label_column": _unlisted(labels),
            "channels": channels,
        },
        remarks=tuple(filter(None, remarks)),
        rows=rows.table.index.to_numpy(dtype=np.int64),
    )


def _check_whole(whole: pd.DataFrame, table: pd.DataFrame, ids: Sequence[str], file: Path) -> None:
    """Raise UserError if rows without a label are left out of a sequence that has one in other rows."""
    keys = _keys(whole, ids)
    left = keys[~whole.index.isin(table.index)]
    if (torn := left.isin(_keys(table, ids))).any():
        row = int(left.index.to_numpy()[int(torn.to_numpy().argmax())])
        raise UserError(
            f"data: {file}, row {row + 1}: the sequence {keys.loc[row]} has a label in some rows and none in this one;"
            " write it into all of its rows"
        )


def _unlisted(columns: list[str]) -> Columns:
    return columns if len(columns) > 1 else next(iter(columns), None)


def _by_name(table: pd.DataFrame, names: set[str], key: str, file: Path) -> str:
    column = column_by_name(table, names, key, file)
    if column is None:
        raise UserError(f"{key}: {file} is read as a long table; say which column tells its sequences apart")
    return column


def _label_columns(table: pd.DataFrame, reading: Reading, file: Path) -> list[str]:
    """Return the columns of labels; none where none are wanted and none are there."""
    columns = listed(reading.label_column)
    if not reading.labelled:
        return [column for column in columns if column in table.columns]
    if columns:
        return columns
    return [_label_by_name(table, file)]


def _label_by_name(table: pd.DataFrame, file: Path) -> str:
    column = column_by_name(table, LABEL_NAMES, "data.label_column", file)
    if column is None:
        shown = ", ".join(map(str, table.columns[:10]))
        raise UserError(f"data.label_column: say which column of {file} has the labels; it has {shown}")
    return column


def _keys(table: pd.DataFrame, ids: Sequence[str]) -> pd.Series[str]:
    """Return what each row's sequence is called."""
    first, *more = (table[column].astype(str) for column in ids)
    for column in more:
        first = first + BETWEEN + column
    return first


def _in_order(
    table: pd.DataFrame, ids: list[str], reading: Reading, taken: list[str], file: Path
) -> tuple[_Rows, str | None]:
    """Return the rows in the order of their sequences and times, and the name of the column of times.

    Raises:
        UserError: A row has no id, or the order of rows is not known.
    """
    import pandas as pd

    keys = _keys(table, ids)
    missing = np.array([is_missing(cell) for column in ids for cell in table[column]])
    if missing.any():
        row = int(missing.argmax()) % len(table) + 1
        raise UserError(f"data: {file}, row {row} has no {' and '.join(ids)}, by which sequences are told apart")
    codes, names = pd.factorize(keys)
    time, times = _time(table, codes, reading, taken, file)
    order = np.lexsort((np.arange(len(codes)) if times is None else times, codes))
    if times is None:
        _check_together(codes, list(names), ids, file)
    moved = bool(((np.diff(order) < 0) & (np.diff(codes[order]) == 0)).any())
    rows = _Rows(
        table.iloc[order],  # with the numbers of its rows in the file
        list(map(str, names)),
        np.bincount(codes).astype(np.int64),
        None if times is None else times[order],
        moved,
    )
    return rows, time


def _check_together(codes: NDArray[np.int64], names: Sequence[object], ids: Sequence[str], file: Path) -> None:
    """Raise UserError if rows of a sequence stand apart and nothing says their order."""
    starts = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
    seen = codes[starts]
    if len(starts) > len(names):
        counts = np.bincount(seen)
        name = names[int((counts > 1).argmax())]
        raise UserError(
            f"data: {file}: rows of {' and '.join(ids)}={name} stand apart and no column of times says their order;"
            " data.time_column=COLUMN does, data.id_column=[COLUMN,COLUMN] makes shorter sequences"
        )


def _time(
    table: pd.DataFrame, codes: NDArray[np.int64], reading: Reading, taken: list[str], file: Path
) -> tuple[str | None, NDArray[np.float64] | None]:
    """Return the column of times and its numbers; None where there is none.

    Raises:
        UserError: A step is there twice, or several columns may be the times.
    """
    if reading.time_column is not None:
        check_column(table, reading.time_column, "data.time_column", file)
        times = _times(table, reading.time_column, file)
        _check_unique(table, codes, times, reading.time_column, file)
        return reading.time_column, times
    candidates = [name for name in time_columns(table) if name not in [*taken, *listed(reading.channels)]]
    fit = []
    for name in candidates:
        try:
            times = _times(table, name, file)
            _check_unique(table, codes, times, name, file)
        except UserError:
            if name.casefold() in TIME_NAMES:
                raise
            continue
        fit.append((name, times))
    if len(fit) > 1:
        raise UserError(
            f"data: {file} has times in {' and '.join(name for name, _ in fit)}; data.time_column={fit[0][0]} says"
            " which gives the order of the rows"
        )
    return fit[0] if fit else _capital_t(table, codes, reading, taken, file)


def _capital_t(
    table: pd.DataFrame, codes: NDArray[np.int64], reading: Reading, taken: Sequence[str], file: Path
) -> tuple[str | None, NDArray[np.float64] | None]:
    """Return the column T if it has the times, as no other one does; it may also be a temperature.

    Raises:
        UserError: It may be either.
    """
    chosen = listed(reading.channels)
    if CAPITAL in [*taken, *chosen] or list(table.columns).count(CAPITAL) != 1 or not is_numeric(table[CAPITAL]):
        return None, None
    times = numbers_of(table[[CAPITAL]], file, "forward")[:, 0]
    as_they_stand, sorted_ = np.argsort(codes, kind="stable"), np.lexsort((times, codes))
    inner = np.diff(codes[sorted_]) == 0
    rising = (np.diff(times[as_they_stand])[inner] > 0).all()
    gaps = np.diff(times[sorted_])[inner]
    if gaps.size and (rising or ((gaps > 0).all() and np.allclose(gaps, gaps[0]))):
        return CAPITAL, times
    if chosen:
        return None, None
    raise UserError(
        f"data: {file}: the column T may be the time or a channel; data.time_column=T takes it for the time,"
        " data.channels=[COLUMN,…] says which columns are channels"
    )


def _check_unique(
    table: pd.DataFrame, codes: NDArray[np.int64], times: NDArray[np.float64], name: str, file: Path
) -> None:
    """Raise UserError if a sequence has two rows of the same time."""
    order = np.lexsort((times, codes))
    twice = (np.diff(codes[order]) == 0) & (np.diff(times[order]) == 0)
    if twice.any():
        row = int(order[int(twice.argmax()) + 1])
        raise UserError(
            f"data: {file}, row {row + 1}: its sequence has {name}={table[name].iloc[row]} twice; data.id_column="
            "[COLUMN,COLUMN] tells sequences apart by several columns, data.time_column=COLUMN names other times"
        )


def _times(table: pd.DataFrame, name: str, file: Path) -> NDArray[np.float64]:
    """Return a column of times as numbers: as they are, or of dates the seconds.

    Raises:
        UserError: A cell is no time, the dates can be read in two ways, or another column has the same name.
    """
    if (count := list(table.columns).count(name)) > 1:
        raise UserError(f"data: {file} has {count} columns {name}; the column of times needs a name of its own")
    cells = table[name].tolist()
    if (gap := next((row for row, cell in enumerate(cells) if is_missing(cell)), None)) is not None:
        raise UserError(f"data: {file}, row {gap + 1} has no time in the column {name}")
    try:
        return numbers_of(table[[name]], file, "refuse")[:, 0]
    except UserError as error:
        no_number = error
    try:
        column = dates(name, cells, f"data: {file}")
    except UserError as error:
        raise UserError(f"data: {file}: the times of {name} are not of one form, such as 2024-01-31 12:00") from error
    if column is None:
        raise no_number
    readings = {tuple(np.argsort(reading)): reading for reading in column.readings}
    if len(readings) > 1:
        raise UserError(
            f"data: {file}: {cells[0]!r} in {name} may be read with day or month first; write it as 2024-01-31"
        )
    return np.array(column.readings[0])


def _channels(rows: _Rows, reading: Reading, taken: Sequence[str], file: Path) -> tuple[list[str], list[str]]:
    """Return the columns that are channels, and those that are none for want of numbers.

    Raises:
        UserError: There is none, or a column that nobody has chosen may be none or give the label away.
    """
    chosen = listed(reading.channels)
    for column in chosen:
        check_column(rows.table, column, "data.channels", file)
        if column in taken:
            raise UserError(f"data.channels: {column} is read as something else than a channel; leave it out")
    if chosen:
        return chosen, []
    others = [str(column) for column in rows.table.columns if column not in taken]
    if twice := next((name for name in others if others.count(name) > 1), ""):
        raise UserError(
            f"data: {file} has {others.count(twice)} columns {twice}; every channel needs a name of its own"
        )
    numeric = [name for name in others if is_numeric(rows.table[name])]
    if not numeric:
        refuse_nested(rows.table, taken, file, OBJECTS)
        raise UserError(f"data: {file} has no column of numbers beside {', '.join(taken)}")
    for name in numeric:
        _check_channel(rows, name, file)
    return numeric, [name for name in others if name not in numeric]


def _check_channel(rows: _Rows, name: str, file: Path) -> None:
    """Raise UserError if a column that nobody has chosen counts rows, or has one number a sequence."""
    cells = rows.table[name].tolist()
    if is_counter(cells):
        raise UserError(
            f"data: {file}: the column {name or '(without a name)'} counts the rows; leave it out, or data.channels="
            "[COLUMN,…] says which columns are channels"
        )
    if is_nameless(name):
        raise UserError(
            f"data: {file}: the column {name or '(without a name)'} seems to be an index; leave it out, or"
            " data.channels=[COLUMN,…] says which columns are channels"
        )
    several = rows.sizes > 1
    if len(set(cells)) > 1 and several.sum() >= LEAST_SEQUENCES and rows.constant(cells)[several].all():
        raise UserError(
            f"data: {file}: {name} has one number in each sequence, which may give its label away;"
            f" data.group_column={name} keeps its sequences in one part, data.channels=[COLUMN,…] names the channels"
        )


def _labels(rows: _Rows, columns: list[str], reading: Reading, file: Path) -> tuple[Sequence[str], ...]:
    """Return the label of each sequence, or of each row where `data.target=steps` asks for it.

    Raises:
        UserError: A sequence has several labels, or a row has none.
    """
    if not reading.labelled:
        return ([""] * len(rows.names),)
    labels = []
    for column in columns:
        cells = rows.table[column].tolist()
        if reading.target == STEPS:
            labels.append(cells)
            continue
        constant = rows.constant(cells)
        if not constant.all():
            raise _several_labels(rows, column, int((~constant).argmax()), file)
        labels.append([cells[start] for start in rows.starts.tolist()])
    for column, cells in zip(columns, labels, strict=True):
        if "" in cells:
            raise _no_label(rows, column, file)
    return tuple(labels)


def _several_labels(rows: _Rows, column: str, place: int, file: Path) -> UserError:
    """Return the error of a sequence that has several labels, of which one may be none."""
    start = int(rows.starts[place])
    cells = rows.table[column].iloc[start : start + int(rows.sizes[place])]
    where = f"data: {file}: the sequence {rows.names[place]}"
    if "" in set(cells):
        row = int(cells.index[cells.tolist().index("")]) + 1
        return UserError(f"{where} has a label in some rows and none in row {row}; write it into all of its rows")
    return UserError(f"{where} has several labels in the column {column}; data.target=steps reads a label a step")


def _no_label(rows: _Rows, column: str, file: Path) -> UserError:
    place = rows.table[column].tolist().index("")
    name = rows.names[int(np.searchsorted(rows.starts, place, side="right")) - 1]
    return UserError(
        f"data: {file}, row {int(rows.table.index[place]) + 1}: a sequence without a label in the column {column}"
        f" ({name}); data.missing_labels=skip leaves such rows out"
    )


def _groups(rows: _Rows, columns: list[str], file: Path) -> list[str] | None:
    """Return the group of each sequence; None where nobody has named a column.

    Raises:
        UserError: A sequence is in two groups.
    """
    if not columns:
        return None
    cells = _keys(rows.table, columns).tolist()
    constant = rows.constant(cells)
    if not constant.all():
        name = rows.names[int((~constant).argmax())]
        raise UserError(f"data.group_column={' '.join(columns)}: {file}: the sequence {name} is in several groups")
    return [cells[start] for start in rows.starts.tolist()]
