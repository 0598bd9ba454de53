"""Tables of any length, read some thousand rows at a time and never held as a whole."""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rnnlab.config.plain_files import what_it_is
from rnnlab.data.formats import arrow_files, json_lines, parquet_files
from rnnlab.data.formats.decoding import text_lines
from rnnlab.data.formats.packed import is_packed
from rnnlab.data.formats.tables import Row, csv_rows, is_table, refuse_csv_keys, refuse_doubtful_quotes, sign_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CSV, JSON_LINES, PARQUET, LINES = "csv", "jsonl", "parquet", "lines"
TEXT = "text"  # the column of a table of lines
AT_ONCE = 4096  # rows of a block, at most
CHARACTERS = 1 << 22  # of a block of several rows, at most
WHOLE = 1 << 63  # beyond what Parquet's whole numbers hold

Written = TypeVar("Written", Row, json_lines.Line)


@dataclass(frozen=True)
class TableBlock:
    """Some rows of a table, one behind the other.

    Attributes:
        first: The number of the first row, from 0.
        cells: A row of strings each.
        written: Each row as it stands in a file of text, without its line's end; none of Parquet.
        ends: The end of each row's line.
        values: Each row as values of JSON; none of CSV, whose cells are its values.
        batch: The rows of Parquet.
    """

    first: int
    cells: Sequence[Sequence[str]]
    written: Sequence[str] = ()
    ends: Sequence[str] = ()
    values: Sequence[Any] = ()
    batch: pa.RecordBatch | None = None

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(frozen=True)
class TableFile(ABC):
    """A table in a file, checked from its beginning to its end.

    Attributes:
        file: Where it lies.
        names: Of the columns.
        kind: `csv`, `jsonl` or `parquet`.
    """

    kind: ClassVar[str]
    file: Path
    names: tuple[str, ...]

    @abstractmethod
    def blocks(self) -> Iterator[TableBlock]:
        """Yield the rows in their order.

        Raises:
            UserError: The file is not what it was when it was checked.
        """

    @abstractmethod
    def schema(self) -> pa.Schema:
        """Return the names and types of the columns, as Parquet has them."""

    def frame(self, block: TableBlock) -> pd.DataFrame:
        """Return the cells of a block as a table of strings, indexed by the numbers of the rows."""
        import pandas as pd

        index = range(block.first, block.first + len(block))
        return pd.DataFrame(block.cells, columns=list(self.names), dtype=object, index=index)


def open_table(file: Path, separator: str | None = None, quoting: bool | None = None) -> TableFile:
    """Check a table from its beginning to its end, so that nothing is wrong with it when it is read in blocks.

    Args:
        file: CSV, TSV, JSON Lines or Parquet, as its name ends.
        separator: What separates cells; see `tables.read_rows`.
        quoting: Whether quotes hold cells together; see `tables.read_rows`.

    Raises:
        UserError: There is no such file, or it is no table, or can be read in two ways.
    """
    try:
        if kind := what_it_is(file):
            raise UserError(f"file: {file} is {kind}, which cannot be read twice; save it as a file")
        if not file.stat().st_size:
            raise UserError(f"file: {file} is empty")
        if not is_table(file) or is_packed(file) or file.suffix.lower() in arrow_files.ENDINGS:
            raise UserError(f"file: {file} is no table by its name; .csv, .tsv, .jsonl and .parquet are")
        ending = file.suffix.lower()
        if ending in json_lines.ENDINGS:
            refuse_csv_keys(file, separator, quoting)
            return _checked_json_lines(file)
        if ending in parquet_files.ENDINGS:
            refuse_csv_keys(file, separator, quoting)
            return _checked_parquet(file)
        return _checked_csv(file, separator, quoting)
    except OSError as error:
        raise UserError(f"file: {file} cannot be read ({error.strerror})") from error


@dataclass(frozen=True)
class CsvFile(TableFile):
    """A table in CSV or TSV.

    Attributes:
        sign: What separates its cells.
        quoting: Whether quotes hold cells together.
        header: The first row, as it is written.
        mark: Whether it begins with a byte order mark.
    """

    kind = CSV
    sign: str
    quoting: bool | None
    header: str
    mark: bool

    def blocks(self) -> Iterator[TableBlock]:
        rows = csv_rows(text_lines(self.file), self.sign, self.quoting, self.file)
        next(rows)
        first, width = 0, len(self.names)
        for some in _in_blocks(rows):
            cells = [row.cells if len(row.cells) == width else _fitted(row.cells, width) for row in some]
            bodies = [row.written.rstrip("\r\n") for row in some]
            ends = [row.written[len(body) :] for row, body in zip(some, bodies, strict=True)]
            # A row with more or fewer cells than the header is written anew.
            written = [body if len(row.cells) == width else "" for row, body in zip(some, bodies, strict=True)]
            yield TableBlock(first, cells, written, ends)
            first += len(some)

    def schema(self) -> pa.Schema:
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.names])


@dataclass(frozen=True)
class JsonLinesFile(TableFile):
    """A table in JSON Lines.

    Attributes:
        kinds: What the values of each column are: `bool`, `int`, `float`, `text`, or several of them.
    """

    kind = JSON_LINES
    kinds: Mapping[str, set[str]]

    def blocks(self) -> Iterator[TableBlock]:
        first = 0
        for some in _in_blocks(json_lines.lines_of(self.file)):
            cells = [[json_lines.cell_of(line.values.get(name)) for name in self.names] for line in some]
            written = [line.written.rstrip() for line in some]
            ends = [line.written[len(line.written.rstrip("\r\n")) :] for line in some]
            yield TableBlock(first, cells, written, ends, [line.values for line in some])
            first += len(some)

    def schema(self) -> pa.Schema:
        import pyarrow as pa

        types = {("bool",): pa.bool_(), ("int",): pa.int64(), ("float",): pa.float64(), ("float", "int"): pa.float64()}
        return pa.schema([(name, types.get(tuple(sorted(self.kinds[name])), pa.string())) for name in self.names])


@dataclass(frozen=True)
class ParquetFile(TableFile):
    """A table in Parquet."""

    kind = PARQUET

    def blocks(self) -> Iterator[TableBlock]:
        first = 0
        for batch in parquet_files.batches_of(self.file):
            yield TableBlock(first, parquet_files.cells_of(batch, self.file), batch=batch)
            first += batch.num_rows

    def schema(self) -> pa.Schema:
        return parquet_files.schema_of(self.file)


@dataclass(frozen=True)
class LinesTable(TableFile):
    """Texts that stand in lines, as a table of one column.

    Attributes:
        texts: In lists.
    """

    kind = LINES
    texts: Iterable[Sequence[str]]

    def blocks(self) -> Iterator[TableBlock]:
        first = 0
        for some in self.texts:
            yield TableBlock(first, [[text] for text in some])
            first += len(some)

    def schema(self) -> pa.Schema:
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.names])


def _checked_csv(file: Path, separator: str | None, quoting: bool | None) -> CsvFile:
    sign = sign_of(file, separator)
    rows = csv_rows(text_lines(file), sign, quoting, file)
    header = next(rows, None)
    if header is None:
        raise UserError(f"data: {file} cannot be read as a table (it has no row)")
    width = len(header.cells)
    for some in _in_blocks(rows):
        for row in some:
            _check_row(row, header, file)
        if quoting is None:
            refuse_doubtful_quotes([header, *some], sign, file)
    with file.open("rb") as stream:
        mark = stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return CsvFile(file, tuple(header.cells[:width]), sign, quoting, header.written, mark)


def _check_row(row: Row, header: Row, file: Path) -> None:
    """Raise UserError if a row has more cells than the header, or repeats it."""
    width = len(header.cells)
    if row.cells == header.cells:
        raise UserError(f"data: {file}, line {row.first} has the header again; leave it out")
    if len(row.cells) > width and any(row.cells[width:]):
        raise UserError(
            f"data: {file}, line {row.first} has {len(row.cells)} cells, more cells than its header of {width};"
            " a text with separators in it stands in quotes"
        )


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    """Return as many cells as the header has: those that are missing are empty, more than those are."""
    return [*cells[:width], *[""] * (width - len(cells))]


def _checked_json_lines(file: Path) -> JsonLinesFile:
    names = json_lines.names_of(file)
    kinds: dict[str, set[str]] = {name: set() for name in names}
    for line in json_lines.lines_of(file):
        for name, value in line.values.items():
            if value is not None:
                kinds[name].add(_kind(value))
    return JsonLinesFile(file, names, kinds)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -WHOLE <= value < WHOLE else "text"
    return "float" if isinstance(value, float) else "text"


def _checked_parquet(file: Path) -> ParquetFile:
    names = parquet_files.names_of(file)
    for batch in parquet_files.batches_of(file):
        parquet_files.cells_of(batch, file)
    return ParquetFile(file, names)


def _in_blocks(rows: Iterable[Written]) -> Iterator[list[Written]]:
    """Yield rows in lists, each of which takes some megabytes at most, unless one row alone takes more."""
    some: list[Written] = []
    characters = 0
    for row in rows:
        some.append(row)
        characters += len(row.written)
        if len(some) == AT_ONCE or characters >= CHARACTERS:
            yield some
            some, characters = [], 0
    if some:
        yield some
