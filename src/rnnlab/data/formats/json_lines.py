"""JSON Lines: an object a line, whose keys are the names of the columns (https://jsonlines.org)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.control_characters import to_json
from rnnlab.data.formats.decoding import text_lines
from rnnlab.errors import UserError

ENDINGS = (".jsonl", ".ndjson")
MOST_COLUMNS = 10_000


class Line(NamedTuple):
    """An object and the line that it stands in.

    Attributes:
        number: Of the line, from 1.
        values: By the names of the columns.
        written: The line, with its end.
    """

    number: int
    values: Mapping[str, Any]
    written: str


def lines_of(file: Path) -> Iterator[Line]:
    """Yield the objects of a file; empty lines are left out.

    Raises:
        UserError: The file is not UTF-8, or a line is no JSON object.
    """
    for number, line in enumerate(text_lines(file), start=1):
        if line.strip():
            yield Line(number, _parsed(line, f"data: {file}, line {number}"), line)


def names_of(file: Path) -> tuple[str, ...]:
    """Return the names of the columns, in the order in which they first occur.

    Raises:
        UserError: A line is no JSON object, or there are too many names, or none.
    """
    names: dict[str, None] = {}
    for line in lines_of(file):
        names.update(dict.fromkeys(line.values))
        if len(names) > MOST_COLUMNS:
            raise UserError(f"data: {file}, line {line.number}: its objects have more than {MOST_COLUMNS:,} keys")
    if not names:
        raise UserError(f"data: {file} cannot be read as a table (it has no row)")
    return tuple(names)


def rows_of(file: Path, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the cells of each row as strings."""
    for line in lines_of(file):
        yield [cell_of(line.values.get(name)) for name in names]


def cell_of(value: Any) -> str:
    """Return a value of JSON Lines or Parquet as a table's cell: nothing for a missing one, JSON for a nested one."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list | dict):
        return to_json(value, ensure_ascii=False, default=cell_of)
    return str(value.total_seconds() if isinstance(value, timedelta) else value)


def _parsed(line: str, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_as_object)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise UserError(f"{where} is no JSON ({reason[:200]})") from error
    if not isinstance(value, dict):
        hint = "; a list of objects is no JSON Lines" if isinstance(value, list) else ""
        raise UserError(f"{where} is no JSON object; one object a line is expected{hint}")
    return value


def _as_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object.

    Raises:
        ValueError: A key occurs twice.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} occurs twice")
    return values
