"""A comparison as Markdown for a report, and as a table for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.analysis.configurations import plain
from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.charts.values import Chart
from rnnlab.records.metrics import shown_in_tables
from rnnlab.report.findings import findings, verdict
from rnnlab.report.notes import missing_sentence, notes
from rnnlab.report.provenance import provenance
from rnnlab.report.tables import GAP, empty_table, markdown_table, width_of
from rnnlab.report.thresholds import threshold_table
from rnnlab.report.wording import count, escaped, seconds

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

Cells = tuple[list[str], Mapping[str, str]]  # a configuration's settings, and its figures by head, as text
MakeTable = Callable[[Sequence[Cells]], Table | None]


def markdown(comparison: Comparison, charts: Sequence[Chart]) -> str:
    """The answer, the table, what is missing, the figures and where all came from, without a heading.

    Args:
        comparison: What to report.
        charts: Those whose pictures lie beside the file that the text goes into.
    """
    blocks = [escaped(verdict(comparison)), "\n".join(f"- {escaped(finding)}" for finding in findings(comparison))]
    blocks += map(threshold_table, comparison.threshold_reaches)
    blocks += [_markdown_table(comparison), escaped(explanation(comparison)), missing_sentence(comparison.missing)]
    blocks += [_failures(comparison), *map(escaped, notes(comparison))]
    for chart in charts:
        blocks += [f"![{escaped(chart.title)}]({chart.name}.png)", escaped(chart.caption)]
    if origins := provenance(comparison.complete):
        blocks.append("Made with " + escaped("; ".join(origins)) + ".")
    return "\n\n".join(block for block in blocks if block) + "\n"


def explanation(comparison: Comparison) -> str:
    """Return the sentences that explain the figures of the table."""
    several = any(level.loss.values > 1 for factor in comparison.factors for level in factor.levels) or bool(
        (comparison.ranking["seeds"] > 1).any()
    )
    text = f"Ranked by validation loss. Losses in {comparison.unit}; all figures are means over seeds"
    text += ", ± half of the 95% interval of the mean (Student's t)." if several else "."
    text += "".join(f" {metric.explanation}" for metric in comparison.metrics if metric.explanation)
    if comparison.factors:
        text += (
            " Differences are taken at equal settings of everything else (Welch's t-test); their p-values are corrected"
            " for the number of comparisons, their intervals are not."
        )
    if comparison.base:
        text += f" Configurations are called by what they change of the base: {comparison.base}."
    if len(comparison.ranking) > 1:
        text += " Pareto: no other configuration is better in loss and in that cost."
    return text


def terminal(comparison: Comparison, console: Console) -> None:
    """Print the ranking, the answer and what is missing; readable at any width and without colours."""
    console.print(_fitting_table(comparison, console))
    console.print(Text(f"* best mean. {explanation(comparison)}", style="dim"))
    console.print()
    console.print(Text(verdict(comparison)))
    for finding in findings(comparison):
        console.print(Text(f"- {finding}"))
    for line in (missing_sentence(comparison.missing), *notes(comparison)):
        if line:
            console.print(Text(line, style="yellow"))
    for folder, reason in comparison.missing.failed:
        console.print(Text(f"  failed: {folder.as_posix()}: {reason}", style="red"), soft_wrap=True)


def _cells(comparison: Comparison) -> list[Cells]:
    return [
        ([plain(row[name]) for name in comparison.settings], _figures(comparison, row))
        for row in comparison.ranking.to_dict("records")
    ]


def _figures(comparison: Comparison, row: Mapping[Hashable, Any]) -> dict[str, str]:
    shown = shown_in_tables(comparison.metrics)
    with_intervals = {m.title: plus_minus(row[m.column], row[f"{m.column}_half"]) for m in shown if m.interval}
    without = {metric.title: loss(row[metric.column]) for metric in shown if not metric.interval}
    several = len(comparison.ranking) > 1
    return {
        "validation loss": plus_minus(row["val_loss"], row["val_loss_half"]),
        **with_intervals,
        "seeds": str(row["seeds"]),
        "parameters": count(row["parameters"]),
        "test loss": loss(row["test_loss"]),
        **without,
        "epochs": count(row["epochs"]),
        "seconds": seconds(row["seconds"]),
        **({f"seconds to {loss(comparison.target)}": seconds(row["seconds_to_target"])} if several else {}),
        **({"Pareto": _fronts(row)} if several else {}),
    }


def _fronts(row: Mapping[Hashable, Any]) -> str:
    names = [name for name, cost in (("size", "parameters"), ("time", "seconds")) if row[f"on_{cost}_front"]]
    return ", ".join(names)


def _markdown_table(comparison: Comparison) -> str:
    cells = _cells(comparison)
    heads = [*map(escaped, comparison.settings), *map(escaped, cells[0][1])]
    rows = [[*map(escaped, settings), *figures.values()] for settings, figures in cells]
    rows[0] = [f"**{cell}**" for cell in rows[0]]
    return markdown_table(heads, rows, texts=len(comparison.settings))


def _failures(comparison: Comparison) -> str:
    failed = comparison.missing.failed
    return "\n".join(f"- failed: {escaped(folder.as_posix())}: {escaped(reason)}" for folder, reason in failed)


def _fitting_table(comparison: Comparison, console: Console) -> RenderableType:
    """A table of all figures; if too wide, as many as it takes, one below the other; at the narrowest, a list.

    A column a setting is easier to read than labels that break over lines, even where it takes one table more.
    """
    cells, labels = _cells(comparison), list(comparison.ranking["label"])
    for make in (partial(_table, comparison.settings), partial(_labelled, labels, console)):
        if tables := _tables(make, cells, console):
            return Group(*tables)
    return Text("\n".join(map(_entry, labels, (figures for _, figures in cells), itertools.count(1))))


def _tables(make: MakeTable, cells: Sequence[Cells], console: Console) -> list[RenderableType]:
    """Tables of as many figures each as fit, a blank line between them; none where not even one figure does."""
    heads, tables = list(cells[0][1]), list[RenderableType]()
    while heads:
        for taken in range(len(heads), 0, -1):
            table = make([(settings, {head: figures[head] for head in heads[:taken]}) for settings, figures in cells])
            if table and width_of(table, console) <= console.width:
                break
        else:
            return []
        tables += [*([""] if tables else []), table]
        heads = heads[taken:]
    return tables


def _labelled(labels: Sequence[str], console: Console, cells: Sequence[Cells]) -> Table | None:
    """With one column for all settings, its words wrapped; None if it has no room for the longest of them."""
    room = console.width - width_of(_table([], [([], figures) for _, figures in cells]), console) - GAP
    if room < max(len(word) for text in ("configuration", *labels) for word in text.split()):
        return None
    lines = [Text(label).wrap(console, room) for label in labels]
    wrapped = [str(Text("\n").join(line)) for line in lines]
    return _table(["configuration"], [([text], row[1]) for text, row in zip(wrapped, cells, strict=True)])


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
