"""Tables with columns of answers appended: what was read stays as it was written, wherever the form is the same."""

from __future__ import annotations

import csv
import math
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rnnlab.control_characters import to_json
from rnnlab.data.formats import json_lines, parquet_files
from rnnlab.data.formats.json_lines import cell_of
from rnnlab.data.formats.table_blocks import CSV, JSON_LINES, PARQUET, CsvFile, TableBlock, TableFile
from rnnlab.data.formats.tables import SEPARATORS, USUAL
from rnnlab.errors import UserError
from rnnlab.records.files.csv_files import as_text
from rnnlab.records.folder import LONGEST_WRITE, PARTIAL, clear_partial

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = {
    **dict.fromkeys(USUAL, CSV),
    **dict.fromkeys(json_lines.ENDINGS, JSON_LINES),
    **dict.fromkeys(parquet_files.ENDINGS, PARQUET),
}
ROWS_OF_A_GROUP = 1 << 16  # of Parquet
BYTES_OF_A_GROUP = 1 << 26
ENDS = "\r\n"  # what the module csv quotes a cell for
MARK = "\ufeff"  # a byte order mark

Answers = Sequence[Sequence[Any]]  # a row for each row, a value for each appended column


class Stream(Protocol):
    """The stream or file that text is written to."""

    def write(self, text: str, /) -> Any:
        """Write a text."""


class TableWriter(ABC):
    """Writes the rows of a table, each with its answer behind it.

    Args:
        table: What was read.
        columns: The names of the appended columns, and what each holds: `str`, `float` or `int`.
    """

    def __init__(self, table: TableFile, columns: Mapping[str, type]) -> None:
        self.table = table
        self.columns = columns

    @abstractmethod
    def begin(self) -> None:
        """Write what stands before the rows."""

    @abstractmethod
    def write(self, block: TableBlock, answers: Answers) -> None:
        """Write some rows."""

    @abstractmethod
    def end(self) -> None:
        """Write what stands behind the rows."""


class CsvWriter(TableWriter):
    """Writes CSV or TSV.

    Args:
        table: What was read.
        columns: See `TableWriter`.
        stream: Where it is written to.
        sign: What separates cells.
    """

    def __init__(self, table: TableFile, columns: Mapping[str, type], stream: Stream, sign: str) -> None:
        super().__init__(table, columns)
        self.stream, self.sign = stream, sign
        self.same = isinstance(table, CsvFile) and table.sign == sign
        self.rows = csv.writer(_Echo(), delimiter=sign, lineterminator=ENDS)

    def begin(self) -> None:
        names = [as_text(name) for name in self.columns]
        if self.same and isinstance(self.table, CsvFile):
            written = self.table.header.rstrip("\r\n")
            self.end_of_line = self.table.header[len(written) :] or "\n"
            self.stream.write(f"{MARK if self.table.mark else ''}{written}")
        else:
            self.end_of_line = "\n"
            self.stream.write(self._line(self.table.names) if self.table.names else "")
        self.stream.write(f"{self.sign if self.table.names else ''}{self._line(names)}{self.end_of_line}")

    def write(self, block: TableBlock, answers: Answers) -> None:
        written = block.written if self.same else [""] * len(block)
        ends = block.ends if self.same else [self.end_of_line] * len(block)
        sign = self.sign if self.table.names else ""
        lines = [
            f"{body or (self._line(cells) if cells else '')}{sign}{self._line(map(_guarded, answer))}{end}"
            for body, cells, answer, end in zip(written, block.cells, answers, ends, strict=True)
        ]
        self.stream.write("".join(lines))

    def end(self) -> None:
        pass

    def _line(self, cells: Any) -> str:
        return str(self.rows.writerow(cells)).removesuffix(ENDS)


class JsonLinesWriter(TableWriter):
    """Writes JSON Lines, or one list of the same objects.

    Args:
        table: What was read.
        columns: See `TableWriter`.
        stream: Where it is written to.
        as_list: Whether the objects are a list.
    """

    def __init__(self, table: TableFile, columns: Mapping[str, type], stream: Stream, as_list: bool = False) -> None:
        super().__init__(table, columns)
        self.stream, self.as_list = stream, as_list
        self.empty = True
        refuse_doubles(table, "JSON")

    def begin(self) -> None:
        if self.as_list:
            self.stream.write("[")

    def write(self, block: TableBlock, answers: Answers) -> None:
        same = self.table.kind == JSON_LINES
        ends = block.ends if same and not self.as_list else ["\n"] * len(block)
        values = [] if same else _values(self.table, block)
        for place, (answer, end) in enumerate(zip(answers, ends, strict=True)):
            added = dict(zip(self.columns, map(_finite, answer), strict=True))
            if same:
                head = block.written[place].removesuffix("}").rstrip()
                text = f"{head}{'' if head == '{' else ', '}{to_json(added, ensure_ascii=False)[1:]}"
            else:
                text = to_json({**values[place], **added}, ensure_ascii=False, default=cell_of)
            self.stream.write(f"{'' if self.empty else ','}\n  {text}" if self.as_list else f"{text}{end}")
            self.empty = False

    def end(self) -> None:
        if self.as_list:
            self.stream.write("]\n" if self.empty else "\n]\n")


class ParquetWriter(TableWriter):
    """Writes Parquet, a few ten thousand rows a group.

    Args:
        table: What was read.
        columns: See `TableWriter`.
        place: Of the file.
    """

    def __init__(self, table: TableFile, columns: Mapping[str, type], place: Path) -> None:
        super().__init__(table, columns)
        self.place = place
        self.waiting: list[pa.RecordBatch] = []
        refuse_doubles(table, "Parquet")

    def begin(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {str: pa.string(), float: pa.float64(), int: pa.int64()}
        self.read = self.table.schema()
        self.schema = self.read
        for name, kind in self.columns.items():
            self.schema = self.schema.append(pa.field(name, types[kind]))
        self.schema = self.schema.remove_metadata()  # that of pandas speaks of the columns that were read
        self.writer = parquet.ParquetWriter(self.place, self.schema)

    def write(self, block: TableBlock, answers: Answers) -> None:
        import pyarrow as pa

        read = block.batch.columns if block.batch is not None else self._columns(block)
        added = zip(*answers, strict=True) if answers else [[]] * len(self.columns)
        fields = list(self.schema)[len(self.read) :]
        more = [pa.array(list(values), type=field.type) for values, field in zip(added, fields, strict=True)]
        self.waiting.append(pa.record_batch([*read, *more], schema=self.schema))
        rows, size = sum(b.num_rows for b in self.waiting), sum(b.nbytes for b in self.waiting)
        if rows >= ROWS_OF_A_GROUP or size >= BYTES_OF_A_GROUP:
            self._write_group()

    def end(self) -> None:
        self._write_group()
        self.writer.close()

    def _columns(self, block: TableBlock) -> list[pa.Array]:
        """Return the columns of rows that were read from text."""
        import pyarrow as pa

        columns = []
        for place, field in enumerate(self.read):
            if pa.types.is_string(field.type):
                values: list[Any] = [cells[place] for cells in block.cells]
                if block.values:  # a missing one is no empty text
                    values = [
                        None if row.get(field.name) is None else cell
                        for row, cell in zip(block.values, values, strict=True)
                    ]
            else:
                values = [row.get(field.name) for row in block.values]
            columns.append(pa.array(values, type=field.type))
        return columns

    def _write_group(self) -> None:
        import pyarrow as pa

        if self.waiting:
            self.writer.write_table(pa.Table.from_batches(self.waiting), row_group_size=ROWS_OF_A_GROUP)
            self.waiting = []


def refuse_doubles(table: TableFile, form: str) -> None:
    """Raise UserError if two columns have the same name, of which the form keeps only one."""
    if double := next((name for name in table.names if table.names.count(name) > 1), None):
        raise UserError(f"output: {table.file} has two columns {double!r}, and {form} has one of a name; rename one")


def kind_of(output: Path) -> str:
    """Return the form of a table that a file's name asks for.

    Raises:
        UserError: Its ending is that of no table.
    """
    if kind := KINDS.get(output.suffix.lower()):
        return kind
    raise UserError(f"output: {output} is no table by its name; .csv, .tsv, .jsonl and .parquet are")


def sign_of_output(output: Path) -> str:
    """Return what separates the cells of a file that is written."""
    return SEPARATORS[USUAL[output.suffix.lower()]]


@contextmanager
def written_atomically(output: Path, overwrite: bool) -> Iterator[Path]:
    """Give the place of a file that becomes `output` when it is whole, and is deleted where it does not.

    Raises:
        UserError: The file exists and is not to be overwritten, or its folder is missing.
    """
    _check_output(output, overwrite)
    clear_partial(output.parent, output.name, older_than=LONGEST_WRITE)
    descriptor, temporary = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.", suffix=PARTIAL)
    os.close(descriptor)
    place = Path(temporary)
    try:
        yield place
        place.chmod(0o644)
        _check_output(output, overwrite)
        place.replace(output)
    finally:
        place.unlink(missing_ok=True)


def _check_output(output: Path, overwrite: bool) -> None:
    if output.is_dir():
        raise UserError(f"output: {output} is a folder; give the name of a file")
    if not output.parent.is_dir():
        raise UserError(f"output: there is no folder {output.parent}")
    if output.exists() and not (overwrite and output.is_file()):
        raise UserError(f"output: {output} exists; overwrite=true writes it anew")


class _Echo:
    """A file whose `write` returns the text, for the module csv."""

    def write(self, text: str) -> str:
        return text


def _guarded(value: Any) -> Any:
    """Return an answer as a cell; a single sign is a label, which no spreadsheet computes."""
    return value if isinstance(value, str) and len(value) == 1 else as_text(value)


def _finite(value: Any) -> Any:
    """Return a value as JSON has it, which has no number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _values(table: TableFile, block: TableBlock) -> list[dict[str, Any]]:
    """Return the rows as values of JSON by the names of the columns."""
    if block.batch is None:
        return [dict(zip(table.names, cells, strict=True)) for cells in block.cells]
    return [{name: _finite(value) for name, value in row.items()} for row in block.batch.to_pylist()]
