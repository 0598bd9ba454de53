"""A comparison as Markdown for a report, and as a table for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from rnnlab.report.configurations import plain
from rnnlab.report.curves import caption
from rnnlab.report.wording import count, loss, plus_minus, seconds

if TYPE_CHECKING:
    from rnnlab.report.compare import Comparison

GAP = 2  # characters between two columns of the terminal's table
LEADING = 3  # figures that stay together, best known first, where a table has to be taken apart

Cells = tuple[list[str], Mapping[str, str]]  # a configuration's settings, and its figures by head, as text


def markdown(comparison: Comparison, figure: str | None) -> str:
    """Sentence, table, what is missing, figure and provenance, without a heading.

    Args:
        comparison: What to report.
        figure: Where the learning curves lie, seen from the file that the text goes into; None: no figure.
    """
    blocks = [comparison.sentence, _markdown_table(comparison), explanation(comparison)]
    blocks += [comparison.missing.sentence, _failures(comparison), *comparison.notes]
    if figure is not None:
        blocks += [f"![Learning curves]({figure})", caption(comparison)]
    if comparison.provenance:
        blocks.append("Made with " + "; ".join(comparison.provenance) + ".")
    return "\n\n".join(block for block in blocks if block) + "\n"


def explanation(comparison: Comparison) -> str:
    """What the figures of the table are."""
    if comparison.classifies:
        return (
            f"Ranked by validation loss. Losses in {comparison.unit}; validation loss and test accuracy are"
            " mean ± sample standard deviation over seeds, the other figures means."
        )
    return f"Losses in {comparison.unit}, mean ± sample standard deviation over seeds; the other figures are means."


def terminal(comparison: Comparison, console: Console) -> None:
    """Print the ranking, the sentence and what is missing; readable at any width and without colours."""
    console.print(_fitting_table(comparison, console))
    console.print(Text(f"* best mean. {explanation(comparison)}", style="dim"))
    console.print()
    console.print(Text(comparison.sentence))
    for line in (comparison.missing.sentence, *comparison.notes):
        if line:
            console.print(Text(line, style="yellow"))
    for folder, reason in comparison.missing.failed:
        console.print(Text(f"  failed: {folder.as_posix()}: {reason}", style="red"), soft_wrap=True)


def _cells(comparison: Comparison) -> list[Cells]:
    return [
        ([plain(row[name]) for name in comparison.settings], _figures(row, comparison.classifies))
        for row in comparison.ranking.to_dict("records")
    ]


def _figures(row: Mapping[Hashable, Any], classifies: bool) -> dict[str, str]:
    accuracy = {"test accuracy": plus_minus(row["test_accuracy"], row["test_accuracy_sd"])} if classifies else {}
    return {
        "validation loss": plus_minus(row["val_loss"], row["val_loss_sd"]),
        **accuracy,
        "seeds": str(row["seeds"]),
        "parameters": count(row["parameters"]),
        "test loss": loss(row["test_loss"]),
        "epochs": count(row["epochs"]),
        "seconds": seconds(row["seconds"]),
    }


def _markdown_table(comparison: Comparison) -> str:
    cells = _cells(comparison)
    heads = [*comparison.settings, *cells[0][1]]
    rules = ["---"] * len(comparison.settings) + ["---:"] * len(cells[0][1])
    rows = [[*settings, *figures.values()] for settings, figures in cells]
    rows[0] = [f"**{cell}**" for cell in rows[0]]
    return "\n".join(markdown_row(row) for row in (heads, rules, *rows))


def markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _failures(comparison: Comparison) -> str:
    failed = comparison.missing.failed
    return "\n".join(f"- failed: `{folder.as_posix()}`: {reason}" for folder, reason in failed)


def _fitting_table(comparison: Comparison, console: Console) -> RenderableType:
    """A table of all figures; if too wide, two, one below the other; if these are still too wide, a list."""
    cells = _cells(comparison)
    labels = list(comparison.ranking["label"])
    if whole := _one_table(comparison.settings, labels, cells, console):
        return whole
    first = [(settings, dict(list(figures.items())[:LEADING])) for settings, figures in cells]
    second = [(settings, dict(list(figures.items())[LEADING:])) for settings, figures in cells]
    parts = [_one_table(comparison.settings, labels, part, console) for part in (first, second)]
    if parts[0] and parts[1]:
        return Group(parts[0], "", parts[1])
    return Text("\n".join(map(_entry, labels, (figures for _, figures in cells), itertools.count(1))))


def _one_table(
    settings: Sequence[str], labels: Sequence[str], cells: Sequence[Cells], console: Console
) -> Table | None:
    """With a column a setting; if too wide, with one for all settings; None if still too wide."""
    wide = _table(settings, cells)
    if width_of(wide, console) <= console.width:
        return wide
    room = console.width - width_of(_table([], [([], figures) for _, figures in cells]), console) - GAP
    if room < max(len(word) for text in ("configuration", *labels) for word in text.split()):
        return None
    lines = [Text(label).wrap(console, room) for label in labels]
    wrapped = [str(Text("\n").join(line)) for line in lines]
    return _table(["configuration"], [([text], row[1]) for text, row in zip(wrapped, cells, strict=True)])


def width_of(table: Table, console: Console) -> int:
    """How many characters a table needs for all of its columns (rich would cut off what does not fit)."""
    return Measurement.get(console, console.options.update(max_width=10_000), table).maximum


def empty_table() -> Table:
    """A table of the terminal without columns yet, in the one style of all."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_edge=False)


def _table(heads: Sequence[str], cells: Sequence[Cells]) -> Table:
    table = empty_table()
    table.add_column("")
    for head in heads:
        table.add_column(Text(head.replace("_", "_\n")), no_wrap=True)
    for head in cells[0][1]:
        table.add_column(head.replace(" ", "\n"), justify="right", no_wrap=True)
    for rank, (settings, figures) in enumerate(cells, start=1):
        style = "bold green" if rank == 1 else None
        table.add_row("*" if rank == 1 else "", *map(Text, settings), *figures.values(), style=style)
    return table


def _entry(label: str, figures: Mapping[str, str], rank: int) -> str:
    lines = [f"   {head}: {value}" for head, value in figures.items()]
    return "\n".join([f"{'*' if rank == 1 else ' '} {label}", *lines])
