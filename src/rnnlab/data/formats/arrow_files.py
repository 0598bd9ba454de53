"""Tables in files of Arrow, as the library `datasets` of Hugging Face saves them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config.plain_files import check_file
from rnnlab.data.formats.json_lines import cell_of
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".arrow", ".feather")
MAGIC = b"ARROW1"  # with which files begin that can be read in any order; others are streams
SPLITS, STATE = "dataset_dict.json", "state.json"  # files beside the data of several parts, and of one
METADATA = b"huggingface"


def names_of(file: Path) -> tuple[str, ...]:
    """Return the names of the columns.

    Raises:
        UserError: The file is no Arrow, or has no column.
    """
    names = tuple(map(str, schema_of(file).names))
    if not names:
        raise UserError(f"data: {file} cannot be read as a table (it has no column)")
    return names


def schema_of(file: Path) -> pa.Schema:
    """Return the names and types of the columns.

    Raises:
        UserError: The file is no Arrow.
    """
    with _reader(file) as reader:
        return reader.schema


def batches_of(file: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows, as many at a time as were written together; the columns of that name, or all.

    Raises:
        UserError: The file is damaged.
    """
    with _reader(file) as reader:
        count = getattr(reader, "num_record_batches", None)
        batches = reader if count is None else map(reader.get_batch, range(count))
        for batch in batches:
            chosen = batch if columns is None else batch.select(list(columns))
            chosen.validate(full=True)
            yield chosen


def rows_of(file: Path, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the cells of each row as strings; a class that is saved as its number is its name."""
    classes = _classes(schema_of(file))
    for batch in batches_of(file):
        columns = []
        for name, column in zip(names, batch.columns, strict=True):
            values, known = column.to_pylist(), classes.get(name)
            named = values if known is None else [_named(value, known) for value in values]
            columns.append([cell_of(value) for value in named])
        yield from (list(row) for row in zip(*columns, strict=True))


def saved_dataset(folder: Path) -> list[Path] | None:
    """Return the files of a data set that `datasets` has saved in a folder; None where none is.

    Raises:
        UserError: Its description is damaged, or a file that it names is missing.
    """
    if (folder / SPLITS).is_file():
        splits = [str(name) for name in _said(folder / SPLITS).get("splits", ())]
        return [file for name in splits for file in saved_dataset(_inside(folder, name)) or ()]
    if not (folder / STATE).is_file():
        return None
    named = [str(entry["filename"]) for entry in _said(folder / STATE).get("_data_files", ()) if "filename" in entry]
    return [_inside(folder, name) for name in named]


def _inside(folder: Path, name: str) -> Path:
    """Return a file or folder inside of another; raise UserError if its name leads out of it."""
    if Path(name).name != name or not (folder / name).exists():
        raise UserError(f"data.path: {folder} names {name!r}, which is not in it")
    return folder / name


def _said(file: Path) -> Mapping[str, Any]:
    try:
        check_file(file)
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"data.path: {file} is damaged ({' '.join(str(error).split())[:200]})") from error
    if not isinstance(said, dict):
        raise UserError(f"data.path: {file} is damaged (it is no JSON object)")
    return said


def _classes(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the names of the classes of columns that have any."""
    try:
        said = json.loads((schema.metadata or {}).get(METADATA, b"{}"))
        features = said.get("info", {}).get("features", {})
        return {
            name: list(map(str, feature["names"]))
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
        }
    except (ValueError, AttributeError, TypeError, RecursionError):  # of another program
        return {}


def _named(value: Any, names: Sequence[str]) -> Any:
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None if value == -1 else value


@contextmanager
def _reader(file: Path) -> Iterator[Any]:
    """Open a file, whose pages are mapped.

    Raises:
        UserError: In place of any error of pyarrow.
    """
    import pyarrow as pa

    try:
        with pa.memory_map(str(file)) as mapped:
            is_file = mapped.read(len(MAGIC)) == MAGIC
            mapped.seek(0)
            with pa.ipc.open_file(mapped) if is_file else pa.ipc.open_stream(mapped) as reader:
                yield reader
    except MemoryError as error:
        raise UserError(f"data: {file} unfolds to more than this machine's memory holds") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"data: {file} cannot be read as Arrow ({reason})") from error
