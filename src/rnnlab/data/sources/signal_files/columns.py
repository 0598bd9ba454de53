"""Columns of tables of signals: what they are by their names and cells, and their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import is_missing
from rnnlab.data.formats.numeric_tables import NO_NUMBERS, WITH_COMMA, WITH_THOUSANDS, kind_of, with_points
from rnnlab.data.formats.tables import is_number
from rnnlab.data.formats.times import named_as_time
from rnnlab.data.signals import LARGEST, too_large
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

ID_NAMES = {"id", "sequence_id", "series_id", "seq_id", "sample_id", "case_id", "unique_id"}
LABEL_NAMES = {"label", "target", "class"}
OF_COMMAS = "; data.decimal=comma reads decimal commas, data.decimal=point commas between thousands"
ADVICE = "; data.missing=forward repeats the number before, data.missing=mask also says so in a channel"
LISTS = re.compile(r"\[[\[\s]*[-+\d.].*\]", re.DOTALL)
OBJECTS = re.compile(r"\{\s*\".*\}", re.DOTALL)
INDEX_OF_PANDAS = re.compile(r"__index_level_\d+__")
NAMELESS = re.compile(r"unnamed: \d+|level_\d+|index")
TIME_NAMES = {"t", "time", "timestamp"}


def columns_named(table: pd.DataFrame, names: set[str]) -> list[str]:
    """Return the columns that have one of some names, whatever the case of their letters."""
    return [str(column) for column in table.columns if str(column).casefold() in names]


def column_by_name(table: pd.DataFrame, names: set[str], key: str, file: Path) -> str | None:
    """Return the column that has one of some names; None where none has.

    Raises:
        UserError: Several have; the line names the key that decides.
    """
    columns = columns_named(table, names)
    if len(columns) > 1:
        raise UserError(f"data: {file} has the columns {' and '.join(columns)}; {key}={columns[0]} says which to read")
    return columns[0] if columns else None


def time_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns whose names say that they have times, but no `t1`, `t2`."""
    return [str(name) for name in table.columns if named_as_time(str(name)) and not re.search(r"\d", str(name))]


def with_decimals(table: pd.DataFrame, decimal: str | None, kept: Sequence[str], file: Path) -> pd.DataFrame:
    """Return a table with decimal points, and without separators of thousands, in its columns of numbers.

    Args:
        table: Of strings.
        decimal: `comma` or `point`; None leaves the cells as they are.
        kept: Columns that stay as they are, such as those of ids.
        file: Where it lies.
    """
    if decimal is None:
        return table
    import pandas as pd

    columns = []
    for place, name in enumerate(map(str, table.columns)):
        cells = table.iloc[:, place]
        present = [cell for cell in cells if not (is_missing(cell) or cell in NO_NUMBERS)]
        numeric = all(is_number(cell) or is_localised(cell) for cell in present)
        columns.append(with_points(cells, decimal, file, name)[0] if numeric and name not in kept else cells)
    return pd.concat(columns, axis=1) if columns else table


def is_localised(cell: str) -> bool:
    """Return whether a cell is a number with a decimal comma, or with separators of thousands."""
    return bool(WITH_COMMA.fullmatch(cell)) or any(form.fullmatch(cell) for form in WITH_THOUSANDS.values())


def refuse_nested(table: pd.DataFrame, kept: Sequence[str], file: Path, form: re.Pattern[str] = LISTS) -> None:
    """Raise UserError if the cells of a column are lists, or objects, of which a table has one a cell.

    Args:
        table: Of strings.
        kept: Columns that are read as something else than numbers.
        file: Where it lies.
        form: Of what is refused; objects may also be what else is known of a step.
    """
    for place, name in enumerate(map(str, table.columns)):
        present = [cell for cell in table.iloc[:, place] if not is_missing(cell)]
        if present and name not in kept and all(map(form.fullmatch, present)):
            raise UserError(
                f"data: {file}: the cells of the column {name} are lists or objects ({present[0][:20]} …), and a cell"
                " has one number; write a long table, a row a time step and a column a channel, or arrays in .npz"
            )


def without_index(table: pd.DataFrame, kept: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return a table without the index that pandas writes into Parquet, and what was left out.

    Args:
        table: With any columns.
        kept: The columns that a person has named.
    """
    index = [str(name) for name in table.columns if INDEX_OF_PANDAS.fullmatch(str(name)) and str(name) not in kept]
    return table.drop(columns=index), index


def is_nameless(name: str) -> bool:
    """Return whether a column has no name, or the one that pandas gives such a column."""
    return not name or bool(NAMELESS.fullmatch(name.casefold()))


def is_counter(cells: Sequence[str]) -> bool:
    """Return whether cells count the rows of a table, from 0 or 1."""
    if len(cells) < 2 or cells[0] not in ("0", "1"):
        return False
    start = int(cells[0])
    return all(cell == str(number) for number, cell in enumerate(cells, start))


def is_numeric(cells: pd.Series[str]) -> bool:
    """Return whether most cells that are not missing are numbers: another one is then a mistake."""
    import pandas as pd

    if pd.to_numeric(cells, errors="coerce").notna().all() or kind_of(cells.tolist()) == "number":
        return True
    present = [cell for cell in cells if not (is_missing(cell) or cell in NO_NUMBERS)]
    return bool(present) and all(map(is_localised, present))


def _advice(cell: str) -> str:
    """Return what may be done about a cell that is no number."""
    return OF_COMMAS if is_localised(cell) else ""


def numbers_of(table: pd.DataFrame, file: Path, missing: str) -> NDArray[np.float64]:
    """Return the numbers of a table's cells, `(N, D)`; NaN where one is missing.

    Args:
        table: Of strings.
        file: Where it lies.
        missing: `refuse` for no such cells; anything else lets them be.

    Raises:
        UserError: A cell is no number, or is missing; the line names its row and column.
    """
    import pandas as pd

    numbers = np.empty(table.shape, dtype=np.float64)
    for place, name in enumerate(table.columns):
        cells = table.iloc[:, place]
        numbers[:, place] = pd.to_numeric(cells, errors="coerce")
        for row in np.flatnonzero(~np.isfinite(numbers[:, place])).tolist():
            cell = str(cells.iloc[row])
            absent = is_missing(cell) or cell in NO_NUMBERS
            if is_number(cell):  # which pandas takes for none
                numbers[row, place] = float(cell)
            elif not absent or missing == "refuse":
                number, advice = int(cells.index[row]) + 1, ADVICE if absent else _advice(cell)
                raise UserError(f"data: {file}, row {number}, column {name}: {cell!r} is no number{advice}")
            else:
                numbers[row, place] = np.nan
        for row in np.flatnonzero(np.abs(numbers[:, place]) >= LARGEST).tolist()[:1]:
            where = f"data: {file}, row {int(cells.index[row]) + 1}, column {name}"
            raise UserError(too_large(where, numbers[row, place]))
    return numbers
