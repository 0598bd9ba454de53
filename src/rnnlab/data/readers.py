"""From files to items: what a task learns from, as plain strings."""

from __future__ import annotations

from pathlib import Path

from rnnlab.data.running_text import RunningText, decoded
from rnnlab.errors import UserError


def us_names(files: list[Path], year: int) -> list[str]:
    """The first names of one year, lower case, a-z only, each once, the most frequent first."""
    from pyarrow import compute, parquet

    table = parquet.read_table(files[0], columns=["name"], filters=[("year", "=", year)])
    lower = compute.utf8_lower(table["name"])
    letters = lower.filter(compute.match_substring_regex(lower, "^[a-z]+$"))
    return [str(name) for name in compute.unique(letters).to_pylist()]


def lines(files: list[Path]) -> list[str]:
    """One item a line, UTF-8, without the blanks around it; empty lines are no items.

    Raises:
        UserError: A line is not UTF-8, or there is no item at all.
    """
    items = []
    for file in files:
        whole = decode(file).replace("\r\n", "\n").replace("\r", "\n")
        items += [item for line in whole.split("\n") if (item := line.strip())]
    if not items:
        raise UserError(f"data: {files[0]} holds no items; one item a line is expected")
    return items


def text(files: list[Path]) -> RunningText:
    """The files' text, one behind the other.

    Raises:
        UserError: A line is not UTF-8, or there is nothing but blanks.
    """
    together = RunningText(files)
    if all(not piece or piece.isspace() for piece in together.pieces()):
        raise UserError(f"data: {files[0]} holds no text")
    return together


def decode(file: Path) -> str:
    """A file's text.

    Raises:
        UserError: It is not UTF-8; the line names the place.
    """
    return "".join(decoded(file))
