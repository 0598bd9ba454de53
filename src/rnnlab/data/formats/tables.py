"""The one reader of tables (CSV, TSV, JSON Lines, Parquet, Arrow): cells are strings; what is ambiguous is refused."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats import arrow_files, json_lines, parquet_files
from rnnlab.data.formats.decoding import text_lines
from rnnlab.data.formats.packed import ending_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
USUAL = {".csv": "comma", ".tsv": "tab"}
WITH_NAMES = (
    *json_lines.ENDINGS,
    *parquet_files.ENDINGS,
    *arrow_files.ENDINGS,
)  # how files end that say the names of their columns
ENDINGS = (*USUAL, *WITH_NAMES)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
QUOTED = re.compile(r'".+"', re.DOTALL)
LOOKED_AT = 1000  # lines in which separators are counted
LONGEST_CELL = 1 << 24  # characters: what is longer has a quote that never ends
MOST_CELLS = 1 << 26  # of a table that is held as a whole


class Row(NamedTuple):
    """The cells of a row and the lines of the file that it takes.

    Attributes:
        cells: As they are meant, without the quotes around them.
        first: The number of the first line; of Parquet, of the row.
        last: The number of the last line; another one where a quoted cell has several.
        written: The row as it stands in the file, with its line's end; '' where that is not kept.
    """

    cells: list[str]
    first: int
    last: int
    written: str = ""


def is_table(file: Path) -> bool:
    """Return whether a file's name says that it is a table."""
    return ending_of(file) in ENDINGS


def says_names(file: Path) -> bool:
    """Return whether a file is of a kind that says the names of its columns, so that no row of it is a header."""
    return ending_of(file) in WITH_NAMES


def read_rows(file: Path, separator: str | None = None, quoting: bool | None = None) -> list[Row]:
    """Return the rows of a table that are not empty, every cell a string; the first has the names where there are any.

    A missing value of JSON Lines or Parquet is an empty cell, and a list or an object in a cell is JSON.

    Args:
        file: CSV or TSV in UTF-8, JSON Lines (`.jsonl`, `.ndjson`), Parquet (`.parquet`, `.pq`) or Arrow (`.arrow`);
            what is text may be packed.
        separator: What separates cells, a name in `SEPARATORS`; None for commas in a `.csv` file, tabs in a `.tsv`
            file, or the only other one by which every row has as many cells.
        quoting: True takes a cell in quotes as one, also over several lines; False takes quotes as letters. None takes
            cells in quotes as such, and refuses a quote that stands alone, and a pair of quotes between which there
            seem to be rows.

    Raises:
        UserError: The file is not UTF-8, is empty, or can be read in two ways; the line names the key that decides.
    """
    rows = list[Row]()
    stream = rows_in_turn(file, separator, quoting)
    try:
        rows.extend(stream)
    except MemoryError as error:
        rows.clear()  # closing a file takes memory, too
        raise UserError(f"data: {file} unfolds to more than this machine's memory holds") from error
    finally:
        stream.close()
    return rows


def rows_in_turn(
    file: Path, separator: str | None = None, quoting: bool | None = None, kept: int | None = None
) -> Generator[Row, None, None]:
    """Yield the rows that `read_rows` returns, of which none is held; what that refuses is refused by the end.

    Args:
        file: See `read_rows`.
        separator: See `read_rows`.
        quoting: See `read_rows`.
        kept: How many cells of each row the caller keeps; None for all.
    """
    if says_names(file):
        refuse_csv_keys(file, separator, quoting)
        yield from _rows_with_names(file, kept)
        return
    sign = sign_of(file, separator)
    header: Row | None = None
    doubtful = _Doubtful(sign, file)
    for row in csv_rows(text_lines(file), sign, quoting, file):
        header = header or row
        if quoting is None:
            _refuse_quotes_behind_blanks(row, file)
            doubtful.add(row, len(header.cells))
        yield Row(*row[:3])
    if header is None:
        raise UserError(f"data: {file} cannot be read as a table (it has no row)")
    if doubtful.cells:  # which takes a second look at the file
        doubtful.refuse(islice(csv_rows(text_lines(file), sign, quoting, file), 1, None), len(header.cells))


def sign_of(file: Path, separator: str | None) -> str:
    """Return what separates the cells of a CSV or TSV file; see `read_rows`.

    Raises:
        UserError: Two things may.
    """
    if separator is not None:
        return SEPARATORS[separator]
    head = islice((line for line in text_lines(file) if line.strip()), LOOKED_AT)
    return SEPARATORS[separator_of("".join(head), file)]


def refuse_doubtful_quotes(rows: Sequence[Row], sign: str, file: Path) -> None:
    """Raise UserError if quotes hold together what seems to be several rows, or may be letters of a cell.

    Args:
        rows: Of the file, those of the header first.
        sign: What separates cells.
        file: Where it lies.
    """
    doubtful, width = _Doubtful(sign, file), len(rows[0].cells)
    for row in rows:
        doubtful.add(row, width)
    doubtful.refuse(rows[1:], width)
    for row in rows:
        _refuse_quotes_behind_blanks(row, file)


def _rows_with_names(file: Path, kept: int | None) -> Iterator[Row]:
    """Yield the rows of JSON Lines, Parquet or Arrow, behind a first one with the names of the columns."""
    ending = ending_of(file)
    module = next(one for one in (json_lines, parquet_files, arrow_files) if ending in one.ENDINGS)
    names = module.names_of(file)
    most = MOST_CELLS // (kept or len(names))
    too_many = UserError(f"data: {file} has more than {MOST_CELLS:,} cells, too many to hold at a time")
    if module is parquet_files and parquet_files.count_of(file) > most:  # a megabyte may have as many
        raise too_many
    yield Row(list(names), 0, 0)
    for number, cells in enumerate(module.rows_of(file, names), start=1):
        if number > most:
            raise too_many
        yield Row(cells, number, number)


def refuse_csv_keys(file: Path, separator: str | None, quoting: bool | None) -> None:
    """Raise UserError if it was said how cells are told apart in a file that says so itself."""
    if separator is not None or quoting is not None:
        key = "quoting" if separator is None else "separator"
        raise UserError(f"data.{key}: {file} is no CSV or TSV file; leave it out")


def read_table(file: Path, separator: str | None = None, quoting: bool | None = None) -> pd.DataFrame:
    """Return a table of strings with the names of the columns; a cell missing at a row's end is empty.

    Args:
        file: See `read_rows`.
        separator: See `read_rows`.
        quoting: See `read_rows`.

    Raises:
        UserError: The file cannot be read, or is no table.
    """
    header, *rows = read_rows(file, separator, quoting)
    refuse_second_header(header, rows, file)
    return as_table(header.cells, rows, file)


def refuse_second_header(header: Row, rows: Iterable[Row], file: Path) -> None:
    """Raise UserError if a row repeats the header, as where tables were put one behind the other."""
    if again := next((row for row in rows if row.cells == header.cells), None):
        raise UserError(f"data: {file}, line {again.first} has the header again; leave it out")


def as_table(header: Sequence[str], rows: Sequence[Row], file: Path) -> pd.DataFrame:
    """Return rows as a table with the names of a header; columns without a name and without a cell are left out.

    Raises:
        UserError: A row has more cells than the header.
    """
    import pandas as pd

    width = len(header)
    for row in rows:
        refuse_more_cells(row, width, file)
    cells = [[*row.cells[:width], *[""] * (width - len(row.cells))] for row in rows]
    table = pd.DataFrame(cells, columns=list(header), dtype=object)
    named = [bool(name) or bool((table.iloc[:, place] != "").any()) for place, name in enumerate(header)]
    return table.loc[:, named]


def refuse_more_cells(row: Row, width: int, file: Path) -> None:
    """Raise UserError if a row has more cells than the header."""
    if len(row.cells) > width and any(row.cells[width:]):
        raise UserError(
            f"data: {file}, line {row.first} has {len(row.cells)} cells, more cells than its header of {width};"
            " a text with separators in it stands in quotes"
        )


def check_column(names: Iterable[object], column: str, key: str, file: Path) -> None:
    """Raise UserError if a table lacks the column that the key names, or has two of that name."""
    there = list(names)
    count = there.count(column)
    if not count:
        raise UserError(f"{key}={column}: {file} has no such column; it has {', '.join(map(str, there[:10]))}")
    if count > 1:
        raise UserError(f"{key}={column}: {file} has {count} columns of that name; rename one")


def read_labels(table: pd.DataFrame, column: str, file: Path, key: str = "data.label_column") -> list[str]:
    """Return the labels of a column without the blanks around them.

    Raises:
        UserError: A row has none, or there is no such column.
    """
    check_column(table, column, key, file)
    labels = [str(label).strip() for label in table[column]]
    for row, label in zip(table.index, labels, strict=True):
        if not label:
            raise no_label(file, row + 1, column)
        refuse_list(label, file, row + 1, column)
    return labels


def refuse_list(label: str, file: Path, row: int, column: str) -> None:
    """Raise UserError if a label is a list or an object, which files have that say what their values are."""
    if label[:1] in ("[", "{") and says_names(file):
        try:
            several = isinstance(json.loads(label), list | dict)
        except ValueError:  # a text that begins so
            return
        if several:
            raise UserError(
                f"data: {file}, row {row}: {label[:40]} in the column {column} is no label; a label is one value, such"
                " as a word or a number"
            )


def no_label(file: Path, row: int, column: str) -> UserError:
    """Return the error of a row without a label."""
    return UserError(
        f"data: {file}, row {row} has no label in the column {column}; data.missing_labels=skip leaves such rows out"
    )


def is_number(cell: str) -> bool:
    """Return whether a cell is a finite number, written with a point and without separators of thousands."""
    return bool(NUMBER.fullmatch(cell)) and bool(np.isfinite(float(cell)))


def read_numbers(table: pd.DataFrame, file: Path, filled: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return the numbers of a table's cells, row by row in one flat array.

    Args:
        table: Of N rows and D columns.
        file: Where it lies.
        filled: `(N, D)`, which cells are read; None for all of them.

    Raises:
        UserError: A cell is no finite number; the line names its row and column.
    """
    places = np.ones(table.shape, dtype=bool) if filled is None else filled
    cells = table.to_numpy(dtype=object)[places]
    for (row, column), cell in zip(np.argwhere(places), cells, strict=True):
        if not is_number(cell):
            number = table.index[row] + 1
            raise UserError(f"data: {file}, row {number}, column {table.columns[column]}: {cell!r} is no number")
    numbers: NDArray[np.float64] = cells.astype(np.float64)
    return numbers


def separator_of(text: str, file: Path, decimal_commas: bool = False) -> str:
    """Return the name of what separates the cells of a table.

    Args:
        text: Of the table.
        file: Where it lies.
        decimal_commas: Whether a comma separates nothing.

    Raises:
        UserError: Two things may.
    """
    usual = "semicolon" if decimal_commas else USUAL.get(ending_of(file), "comma")
    possible = {name: sign for name, sign in SEPARATORS.items() if not (decimal_commas and name == "comma")}
    widths = {name: _width(text, sign) for name, sign in possible.items()}
    others = [name for name, width in widths.items() if width > 1 and name != usual]
    if not others:
        return usual
    if widths[usual] <= 1 and len(others) == 1:
        return others[0]
    names = " or ".join(f"data.separator={name}" for name in (*([usual] if widths[usual] > 1 else []), *others))
    raise UserError(f"data: {file}: its cells may be separated in two ways; say {names}")


def _width(text: str, sign: str) -> int:
    """Return how many cells all of the first rows have by a separator; 0 where some have more than others."""
    lines = islice((line for line in io.StringIO(text) if line.strip()), LOOKED_AT)
    widths = {line.count(sign) + 1 for line in lines}
    return widths.pop() if len(widths) == 1 else 0


def csv_rows(lines: Iterable[str], sign: str, quoting: bool | None, file: Path) -> Iterator[Row]:
    """Yield the rows that are not empty, as they are written too.

    Args:
        lines: With their ends.
        sign: What separates cells.
        quoting: See `read_rows`.
        file: Where they lie.

    Raises:
        UserError: A quote stands alone.
    """
    csv.field_size_limit(LONGEST_CELL)
    written: list[str] = []
    quotes = None if quoting is False else '"'
    style: Literal[0, 3] = csv.QUOTE_NONE if quotes is None else csv.QUOTE_MINIMAL
    reader = csv.reader(_kept(lines, written), delimiter=sign, strict=True, quoting=style, quotechar=quotes)
    before = 0
    try:
        for cells in reader:
            if cells:
                yield Row(cells, before + 1, reader.line_num, "".join(written))
            before = reader.line_num
            written.clear()
    except csv.Error as error:
        at = f"line {before + 1}" if reader.line_num <= before + 1 else f"lines {before + 1} to {reader.line_num}"
        raise UserError(
            f"data: {file}, {at}: a quote begins a cell and does not end it; write a quote inside as two, or"
            " data.quoting=false takes quotes as letters"
        ) from error


def _kept(lines: Iterable[str], written: list[str]) -> Iterator[str]:
    """Yield lines, and add each to those of the row that is being read."""
    for line in lines:
        written.append(line)
        yield line


class _Doubtful:
    """Cells of several lines that seem to hold rows: two quotes, each without its pair, look like it.

    Taken as rows, its lines have as many cells as the header, and one of them a value that other rows have in the same
    column, such as a label.

    Attributes:
        cells: What lines of such cells have in a column, with the first row in which they stand.
    """

    def __init__(self, sign: str, file: Path) -> None:
        self._sign, self._file = sign, file
        self.cells: dict[tuple[int, str], Row] = {}

    def add(self, row: Row, width: int) -> None:
        """Add what stands in the cells of several lines of a row, in a table of that width."""
        if row.last > row.first and width > 1:
            for place, cell in _cells_inside(row, self._sign, width):
                if cell:
                    self.cells.setdefault((place, cell), row)

    def refuse(self, rows: Iterable[Row], width: int) -> None:
        """Raise UserError if a row of a single line has such a cell.

        Args:
            rows: All but the header.
            width: Cells of the header.
        """
        if not self.cells:
            return
        sure = (row.cells for row in rows if len(row.cells) == width and row.last == row.first)
        alike = (self.cells[pair] for cells in sure for pair in enumerate(cells) if pair in self.cells)
        if row := min(alike, key=lambda row: row.first, default=None):
            raise UserError(
                f"data: {self._file}, lines {row.first} to {row.last} are one cell by their quotes, but look like"
                " rows; data.quoting=false takes quotes as letters, data.quoting=true the lines as one text"
            )


def _refuse_quotes_behind_blanks(row: Row, file: Path) -> None:
    """Raise UserError if blanks stand between a separator and a quote, which then is one of the cell's letters."""
    if cell := next((cell for cell in row.cells if cell[:1].isspace() and QUOTED.fullmatch(cell.strip())), ""):
        raise UserError(
            f"data: {file}, line {row.first}: a blank stands before the quotes of {cell!r}; remove it, or"
            " data.quoting=true takes them as letters of the cell"
        )


def _cells_inside(row: Row, sign: str, width: int) -> Iterator[tuple[int, str]]:
    """Yield the cells inside cells of several lines, and their columns, where their lines are taken as rows."""
    for place, cell in enumerate(row.cells):
        first, *others = cell.splitlines() or [""]
        *middle, last = others or [""]
        begun = [*row.cells[:place], *first.split(sign)]
        if others and len(begun) == width:
            yield from list(enumerate(begun))[place + 1 :]
        for line in middle:
            if len(cells := line.split(sign)) == width:
                yield from enumerate(cells)
        ended = last.split(sign)
        if others and len(ended) + len(row.cells[place + 1 :]) == width:
            yield from enumerate(ended[:-1])
