"""A comparison as Markdown for a report, and as a table for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from rnnlab.report.configurations import plain
from rnnlab.report.curves import caption
from rnnlab.report.wording import UNIT, count, loss, plus_minus, seconds

if TYPE_CHECKING:
    from rnnlab.report.compare import Comparison

FIGURES = ("validation loss", "seeds", "parameters", "test loss", "epochs", "seconds")
GAP = 2  # characters between two columns of the terminal's table
EXPLANATION = f"Losses in {UNIT}, mean ± sample standard deviation over seeds; the other figures are means."


def markdown(comparison: Comparison, figure: str | None) -> str:
    """Sentence, table, what is missing, figure and provenance, without a heading.

    Args:
        comparison: What to report.
        figure: Where the learning curves lie, seen from the file that the text goes into; None: no figure.
    """
    blocks = [comparison.sentence, _markdown_table(comparison), EXPLANATION]
    blocks += [comparison.missing.sentence, _failures(comparison), *comparison.notes]
    if figure is not None:
        blocks += [f"![Learning curves]({figure})", caption(comparison)]
    if comparison.provenance:
        blocks.append("Made with " + "; ".join(comparison.provenance) + ".")
    return "\n\n".join(block for block in blocks if block) + "\n"


def terminal(comparison: Comparison, console: Console) -> None:
    """Print the ranking, the sentence and what is missing; readable at any width and without colours."""
    console.print(_fitting_table(comparison, console))
    console.print(Text(f"* best mean. {EXPLANATION}", style="dim"))
    console.print()
    console.print(Text(comparison.sentence))
    for line in (comparison.missing.sentence, *comparison.notes):
        if line:
            console.print(Text(line, style="yellow"))
    for folder, reason in comparison.missing.failed:
        console.print(Text(f"  failed: {folder.as_posix()}: {reason}", style="red"), soft_wrap=True)


def _cells(comparison: Comparison) -> list[tuple[list[str], list[str]]]:
    """For each configuration, its settings and its figures as text."""
    return [
        (
            [plain(row[name]) for name in comparison.settings],
            [
                plus_minus(row["val_loss"], row["val_loss_sd"]),
                str(row["seeds"]),
                count(row["parameters"]),
                loss(row["test_loss"]),
                count(row["epochs"]),
                seconds(row["seconds"]),
            ],
        )
        for row in comparison.ranking.to_dict("records")
    ]


def _markdown_table(comparison: Comparison) -> str:
    heads = [*comparison.settings, *FIGURES]
    rules = ["---"] * len(comparison.settings) + ["---:"] * len(FIGURES)
    rows = [[*settings, *figures] for settings, figures in _cells(comparison)]
    rows[0] = [f"**{cell}**" for cell in rows[0]]
    return "\n".join(_markdown_row(row) for row in (heads, rules, *rows))


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _failures(comparison: Comparison) -> str:
    failed = comparison.missing.failed
    return "\n".join(f"- failed: `{folder.as_posix()}`: {reason}" for folder, reason in failed)


def _fitting_table(comparison: Comparison, console: Console) -> Table | Text:
    """A table with a column a setting; if too wide, with one for all settings; if still too wide, a list."""
    cells = _cells(comparison)
    wide = _table(comparison.settings, cells)
    if _width(wide, console) <= console.width:
        return wide
    labels = list(comparison.ranking["label"])
    room = console.width - _width(_table([], [([], figures) for _, figures in cells]), console) - GAP
    if room >= max(len(word) for text in ("configuration", *labels) for word in text.split()):
        lines = [Text(label).wrap(console, room) for label in labels]
        wrapped = [str(Text("\n").join(line)) for line in lines]
        return _table(["configuration"], [([text], row[1]) for text, row in zip(wrapped, cells, strict=True)])
    return Text("\n".join(map(_entry, labels, (figures for _, figures in cells), itertools.count(1))))


def _width(table: Table, console: Console) -> int:
    """How many characters a table needs for all of its columns (rich would cut off what does not fit)."""
    return Measurement.get(console, console.options.update(max_width=10_000), table).maximum


def _table(heads: Sequence[str], cells: Sequence[tuple[list[str], list[str]]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_edge=False)
    table.add_column("")
    for head in heads:
        table.add_column(Text(head.replace("_", "_\n")), no_wrap=True)
    for head in FIGURES:
        table.add_column(head.replace(" ", "\n"), justify="right", no_wrap=True)
    for rank, (settings, figures) in enumerate(cells, start=1):
        style = "bold green" if rank == 1 else None
        table.add_row("*" if rank == 1 else "", *map(Text, settings), *figures, style=style)
    return table


def _entry(label: str, figures: list[str], rank: int) -> str:
    lines = [f"   {head}: {value}" for head, value in zip(FIGURES, figures, strict=True)]
    return "\n".join([f"{'*' if rank == 1 else ' '} {label}", *lines])
