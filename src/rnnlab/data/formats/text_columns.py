"""Running text in a column of a table: JSON Lines, Parquet or Arrow, a text a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.data.formats import arrow_files, json_lines, parquet_files
from rnnlab.data.formats.packed import ending_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "text"  # what the column is called, unless one is named
PIECE = 1 << 18  # characters that are yielded together
ENDINGS = (*json_lines.ENDINGS, *parquet_files.ENDINGS, *arrow_files.ENDINGS)


def has_columns(file: Path) -> bool:
    """Return whether a file has named columns, as its name says."""
    return ending_of(file) in ENDINGS


def column_pieces(file: Path, column: str) -> Iterator[str]:
    """Yield the texts of a column one behind the other, some hundred thousand characters at a time.

    Every text ends with a line's end, so that none runs into the next; rows without a text are left out.

    Raises:
        UserError: The file is damaged, has no such column, or has something else than text in it.
    """
    held, size = list[str](), 0
    for text in _texts(file, column):
        held.append(text if text.endswith("\n") else f"{text}\n")
        size += len(held[-1])
        if size >= PIECE:
            yield _whole("".join(held), file)
            held, size = [], 0
    yield _whole("".join(held), file)


def _whole(text: str, file: Path) -> str:
    """Return a text; raise UserError if it has one half of a character that UTF-16 writes as two."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise UserError(f"data: {file} has a text with {half!r}, which is half a character") from error
    return text


def _texts(file: Path, column: str) -> Iterable[str]:
    ending = ending_of(file)
    if ending in json_lines.ENDINGS:
        return _of_json_lines(file, column)
    if file.suffix.lower() != ending:
        raise UserError(f"data: {file} is packed twice; unpack it, and give the {ending} file that comes out")
    module = parquet_files if ending in parquet_files.ENDINGS else arrow_files
    names = module.names_of(file)
    if column not in names:
        raise _no_column(file, column, names)
    return (text for batch in module.batches_of(file, [column]) for text in _of_batch(batch, file, column))


def _of_json_lines(file: Path, column: str) -> Iterator[str]:
    found, names = False, dict[str, None]()
    for line in json_lines.lines_of(file):
        if column not in line.values:
            names.update(dict.fromkeys(list(line.values)[:10]))
            continue
        found, text = True, line.values[column]
        if text is not None and not isinstance(text, str):
            raise UserError(f"data: {file}, line {line.number}: {column} is no text but {text!r:.40}")
        if text:
            yield text
    if not found:
        raise _no_column(file, column, list(names))


def _of_batch(batch: pa.RecordBatch, file: Path, column: str) -> Iterable[str]:
    import pyarrow as pa

    texts = batch.column(0)
    kind = texts.type.value_type if pa.types.is_dictionary(texts.type) else texts.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise UserError(f"data: {file}: the column {column} has {kind}, no text; data.text_column names another one")
    return filter(None, texts.to_pylist())


def _no_column(file: Path, column: str, names: Iterable[str]) -> UserError:
    there = ", ".join(list(names)[:10])
    return UserError(f"data.text_column={column}: {file} has no such column; it has {there}")
