"""The one writer of Markdown tables, and the one style of tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

GAP = 2  # characters between two columns of a table in the terminal


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Return a Markdown table, its first `texts` columns aligned to the left and all others to the right.

    A `|` in a cell is escaped here, whatever else Markdown would take for markup by `escaped`.
    """
    rules = ["---"] * texts + ["---:"] * (len(heads) - texts)
    return "\n".join(_markdown_row(row) for row in (heads, rules, *rows))


def empty_table() -> Table:
    """Return a table of the terminal without columns, in the one style of all."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_edge=False)


def width_of(table: Table, console: Console) -> int:
    """Return how many characters a table needs for all of its columns; rich would cut off what does not fit."""
    return Measurement.get(console, console.options.update(max_width=10_000), table).maximum


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
