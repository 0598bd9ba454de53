"""Parquet: columns with names and types, read a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.data.formats.json_lines import cell_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".pq")
AT_ONCE = 4096  # rows that are read at a time
BUFFER = 1 << 20  # bytes of a column that are read at a time
MOST_BYTES = 1 << 30  # of some thousand rows, unfolded


def names_of(file: Path) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        UserError: The file is no Parquet, or has no column.
    """
    names = tuple(map(str, schema_of(file).names))
    if not names:
        raise UserError(f"data: {file} cannot be read as a table (it has no column)")
    return names


def schema_of(file: Path) -> pa.Schema:
    """Return the names and types of the columns.

    Raises:
        UserError: The file is no Parquet.
    """
    from pyarrow import parquet

    with _readable_errors(file), parquet.ParquetFile(file) as content:
        return content.schema_arrow


def count_of(file: Path) -> int:
    """Return how many rows there are.

    Raises:
        UserError: The file is no Parquet.
    """
    from pyarrow import parquet

    with _readable_errors(file), parquet.ParquetFile(file) as content:
        return int(content.metadata.num_rows)


def batches_of(file: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows, some thousand at a time; the columns of that name, or all.

    Raises:
        UserError: The file is damaged, or unfolds to more than memory holds.
    """
    from pyarrow import parquet

    with _readable_errors(file), parquet.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False) as content:
        for batch in content.iter_batches(AT_ONCE, columns=columns, use_threads=False):
            if batch.nbytes > MOST_BYTES:
                raise UserError(f"data: {file} has rows of more than {MOST_BYTES >> 20} MiB")
            batch.validate(full=True)
            yield batch


def rows_of(file: Path, names: Sequence[str]) -> Iterator[list[str]]:  # noqa: ARG001
    """Yield the cells of each row as strings."""
    for batch in batches_of(file):
        yield from cells_of(batch, file)


def cells_of(batch: pa.RecordBatch, file: Path) -> list[list[str]]:
    """Return the cells of some rows as strings.

    Raises:
        UserError: A cell has bytes that are no text, or a time that no calendar has.
    """
    with _readable_errors(file):
        columns = [[cell_of(value) for value in column.to_pylist()] for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


@contextmanager
def _readable_errors(file: Path) -> Iterator[None]:
    """Turn what pyarrow raises of a damaged file into a line.

    Raises:
        UserError: In place of any error of pyarrow.
    """
    import pyarrow as pa

    try:
        yield
    except MemoryError as error:
        raise UserError(f"data: {file} unfolds to more than this machine's memory holds") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"data: {file} cannot be read as Parquet ({reason})") from error
