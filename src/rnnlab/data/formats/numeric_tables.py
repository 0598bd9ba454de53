"""Tables of numbers as people have them: with or without a header, with points or commas in the numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.data.formats.blank_labels import is_missing
from rnnlab.data.formats.decoding import decode
from rnnlab.data.formats.placeholders import Said
from rnnlab.data.formats.tables import (
    NUMBER,
    Row,
    as_table,
    is_number,
    read_rows,
    refuse_second_header,
    says_names,
    separator_of,
)
from rnnlab.data.formats.times import increases, named_as_time
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

UNNAMED = "value"  # the column of a file without a header
COMMA = "comma"  # of data.decimal, which may also be point
WITH_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+", re.ASCII)
WITH_THOUSANDS = {  # by what is decimal
    COMMA: re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?", re.ASCII),
    "point": re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?", re.ASCII),
}
MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
PAIR = re.compile(r"[+-]?\d+;\d+", re.ASCII)  # two cells that may be one number with a decimal comma
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?!\d).*|\d{1,2}:\d\d(:\d\d.*)?|\d{4}-\d\d", re.ASCII)
YEAR = re.compile(r"1[5-9]\d\d|2[01]\d\d", re.ASCII)
ODD = re.compile(r"[-+\d.,'\s_]+|[+-]?inf(inity)?|[?.*-]+", re.IGNORECASE)  # no name, though no number either
NO_NUMBERS = {"?", "-", "--", "."}  # for a missing one, beside those of `blank_labels.NO_LABELS`
TRUTHS = {"true", "false"}
LEAST_COUNTED = 4  # rows of a column that counts them


@dataclass(frozen=True)
class Writing:
    """The form of a table, as a person says it; what is None is read from the table itself.

    Attributes:
        header: Whether the first row has the names of the columns.
        decimal: `point` or `comma`.
        separator: What separates the cells, see `tables.read_rows`.
        quoting: Whether quotes hold cells together, see `tables.read_rows`.
        missing: `interpolate` or `forward` to fill cells that have no number.
        missing_values: A number that stands for a missing one, several, or `none`; None refuses what seems to be one.
    """

    header: bool | None = None
    decimal: str | None = None
    separator: str | None = None
    quoting: bool | None = None
    missing: str | None = None
    missing_values: Said = None


@dataclass(frozen=True)
class NumericTable:
    """The rows of a file, with the names of their columns.

    Attributes:
        file: Where it lies.
        table: Strings without blanks around them.
        header: Whether its first row has the names; else they are numbered from 1, and a single one is `value`.
    """

    file: Path
    table: pd.DataFrame
    header: bool

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(map(str, self.table.columns))


def read_numeric_table(file: Path, writing: Writing) -> NumericTable:
    """Read a table in UTF-8 whose columns, or some of them, are numbers.

    Raises:
        UserError: It is no table, or can be read in two ways; the line names the key that decides.
    """
    separator = writing.separator
    if separator is None and writing.decimal == COMMA and not says_names(file):
        separator = separator_of(decode(file), file, decimal_commas=True)
    as_written = read_rows(file, separator, writing.quoting)
    if separator is None and writing.decimal is None and not says_names(file):
        _refuse_pairs(as_written, file)
    rows = [Row([cell.strip() for cell in row.cells], row.first, row.last) for row in as_written]
    first, *body = rows
    if says_names(file) or has_header(first.cells, [row.cells for row in body], writing.header, file):
        refuse_second_header(first, body, file)
        return NumericTable(file, as_table(first.cells, body, file), True)
    width = max(len(row.cells) for row in rows)
    names = [UNNAMED] if width == 1 else [str(number) for number in range(1, width + 1)]
    return NumericTable(file, as_table(names, rows, file), False)


def has_header(first: Sequence[str], body: Sequence[Sequence[str]], header: bool | None, file: Path) -> bool:
    """Return whether the first row of a table has the names of the columns: text where numbers or dates are below it.

    Raises:
        UserError: It may be either, and `header` is None.
    """
    if header is not None:
        return header
    columns = [[row[place] for row in body if place < len(row)] for place in range(len(first))]
    typed = [(cell, column) for cell, column in zip(first, columns, strict=True) if kind_of(column) != "text"]
    if not typed:
        return not all(map(is_number, first))
    kinds = [(_kind(cell), kind_of(column)) for cell, column in typed]
    if all(above == below for above, below in kinds) and not _look_like_names([c for c, _ in typed], body):
        return False
    if any(above == "text" for above, _ in kinds) and all(above in ("text", "missing") for above, _ in kinds):
        return True
    shown = ", ".join(first[:3])
    raise UserError(
        f"data: {file}: its first row ({shown}) may have names or numbers; data.header=true takes it for names,"
        " data.header=false for a row like the others"
    )


def with_points(cells: pd.Series[str], decimal: str | None, file: Path, name: str) -> tuple[pd.Series[str], bool]:
    """Return the cells of a column with decimal points, and whether they had commas.

    Raises:
        UserError: Commas may separate thousands, or a number has a point where commas are decimal.
    """
    commas = [cell for cell in cells if "," in cell]
    points = [cell for cell in cells if "." in cell]
    if decimal is None and commas and not points and all(map(THOUSANDS.fullmatch, commas)):
        raise UserError(
            f"data: {file}, column {name}: {commas[0]!r} may have a decimal comma or thousands; data.decimal=comma"
            " reads the first, data.decimal=point the second"
        )
    if decimal is None:
        decimal = COMMA if commas and not points and all(map(WITH_COMMA.fullmatch, commas)) else None
    if decimal == "point" and commas and all(map(WITH_THOUSANDS[decimal].fullmatch, commas)):
        return cells.str.replace(",", "", regex=False), False
    if decimal != COMMA:
        return cells, False
    if other := next((cell for cell in points if not WITH_THOUSANDS[COMMA].fullmatch(cell)), ""):
        raise UserError(f"data: {file}, column {name}: {other!r} has a point; data.decimal=comma was given")
    return cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False), bool(commas)


def thousands_note(cells: Sequence[str], decimal: str | None) -> str:
    """Return what else numbers of a column may be, all of which have three digits behind a point, as thousands have."""
    numbers = [cell for cell in cells if cell and not is_missing(cell)]
    if decimal is not None or len(numbers) < LEAST_COUNTED or not all(map(MAYBE_THOUSANDS.fullmatch, numbers)):
        return ""
    return f"{numbers[0]} is read with three decimals (data.decimal=comma reads thousands)"


def decimal_advice(cell: str, decimal: str | None) -> str:
    """Return which key reads a cell that is no number otherwise, such as `10.035,00` or `1,234.5`; '' for none."""
    if decimal is None and "," in cell:
        fitting = [sign for sign, pattern in WITH_THOUSANDS.items() if pattern.fullmatch(cell)]
        return f"; data.decimal={fitting[0]} reads it" if fitting else ""
    return ""


def refuse_counter(table: NumericTable, name: str) -> None:
    """Raise UserError if the last column, which nobody has chosen, counts rows, has times or True and False.

    Another column has numbers then.
    """
    if table.names.count(name) > 1 or len(table.table) < LEAST_COUNTED:
        return
    cells = table.table[name].tolist()
    counted = any(cells == [str(number) for number in range(start, start + len(cells))] for start in (0, 1))
    others = [other for other, column in table.table.items() if other != name and kind_of(list(column)) == "number"]
    times = kind_of(cells) == "date" or (named_as_time(name) and increases(cells))
    truths = {cell.lower() for cell in cells if not is_missing(cell)}
    what = "counts the rows" if counted else "has times" if times else "has True and False" if truths <= TRUTHS else ""
    if what and others:
        raise UserError(
            f"data: {table.file}: its last column {name!r} {what};"
            f" data.value_column={others[-1]} or data.value_column={name} says which to read"
        )


def _refuse_pairs(rows: Sequence[Row], file: Path) -> None:
    """Raise UserError if the two cells of every row may be one number with a decimal comma."""
    below = rows if len(rows[0].cells) == 2 else rows[1:]
    pairs = [row.cells for row in below if len(row.cells) == 2]
    first = rows[0].cells
    if len(pairs) < len(below) or not below or len(first) > 2:
        return
    if all(PAIR.fullmatch(";".join(cells)) for cells in pairs):
        shown = ",".join(pairs[0])
        raise UserError(
            f"data: {file}: {shown} may be one number or two; data.decimal=comma reads one, data.decimal=point two"
        )


def _look_like_names(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether numbers in a first row may be names: years, or columns that are counted, unlike those below."""
    if all(map(YEAR.fullmatch, first)):
        return not any(YEAR.fullmatch(cell) for row in body for cell in row)
    return len(first) > 1 and first[0] in ("0", "1") and _are_counted(first) and not all(map(_are_counted, body))


def _are_counted(cells: Sequence[str]) -> bool:
    """Return whether cells are whole numbers, one after the other."""
    if not all(map(str.isdecimal, cells)):
        return False
    return all(int(after) == int(before) + 1 for before, after in pairwise(cells))


def _kind(cell: str) -> str:
    if NUMBER.fullmatch(cell) or WITH_COMMA.fullmatch(cell):
        return "number"
    if DATE.fullmatch(cell):
        return "date"
    return "missing" if is_missing(cell) or ODD.fullmatch(cell) else "text"


def kind_of(column: Sequence[str]) -> str:
    """Return what most cells of a column are, beside those that are missing."""
    counts = Counter(_kind(cell) for cell in column)
    del counts["missing"]
    return counts.most_common(1)[0][0] if counts else "text"
