"""A comparison as Markdown for a report, and as a table for the terminal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from rnnlab.analysis.configurations import in_short
from rnnlab.charts.characters import characters
from rnnlab.charts.values import Chart
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.sentences import cautions, decides, sentences
from rnnlab.report.figures.answer import answer_chart, chart_notes
from rnnlab.report.sections.classes import class_table
from rnnlab.report.sections.data import data_markdown
from rnnlab.report.sections.examples import read_examples
from rnnlab.report.sections.findings import findings
from rnnlab.report.sections.notes import missing_sentence, notes
from rnnlab.report.sections.provenance import provenance
from rnnlab.report.tables.columns import figures
from rnnlab.report.tables.thresholds import threshold_table
from rnnlab.report.tables.writers import GAP, empty_table, markdown_table, width_of
from rnnlab.report.units import unit_in_words
from rnnlab.report.wording import escaped

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

Cells = tuple[list[str], Mapping[str, str]]  # a configuration's settings, and its figures by head, as text
MakeTable = Callable[[Sequence[Cells]], Table | None]
MOST_ROWS = 20  # of the table, before the rest is left to summary.csv
SUMMARY = "summary.csv"  # has every configuration
ANSWER = "answer"  # the name of the chart that stands first
# The figures that every comparison has, beside the metrics of its task.
COLUMNS = ("val_loss", "test_loss", "seeds", "parameters", "epochs")
TIMES = ("seconds", "seconds_to_target")


def markdown(comparison: Comparison, charts: Sequence[Chart], file: str = SUMMARY, most: int | None = MOST_ROWS) -> str:
    """Render a comparison as Markdown: answer, table, missing runs, figures and provenance, without a heading.

    Args:
        comparison: The comparison.
        charts: The charts whose pictures lie beside the file.
        file: The name of the file that has the configurations which the table leaves out.
        most: The number of rows of the table; None for all.
    """
    answer = comparison.answer
    step = decides(answer)
    first, rest = [chart for chart in charts if chart.name == ANSWER], [c for c in charts if c.name != ANSWER]
    blocks = [f"**{escaped(headline(answer))}**", *_pictures(first), *map(escaped, sentences(answer))]
    blocks += [escaped(step.why), f"    {step.command}" if step.command else ""]
    blocks += ["\n".join(f"- {escaped(line)}" for line in (*cautions(answer), *findings(comparison)))]
    blocks += map(threshold_table, comparison.threshold_reaches)
    explained = [left_out(comparison, file, most), escaped(explanation(comparison))]
    blocks += [
        _markdown_table(comparison, most),
        " ".join(filter(None, explained)),
        missing_sentence(comparison.missing),
    ]
    blocks += [_failures(comparison), *map(escaped, notes(comparison))]
    blocks += _pictures(rest)
    blocks += [
        class_table(read_examples(comparison.best)).markdown().rstrip(),
        data_markdown(comparison.complete).rstrip(),
    ]
    if origins := provenance(comparison.complete):
        blocks.append("Made with " + escaped("; ".join(origins)) + ".")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _pictures(charts: Sequence[Chart]) -> list[str]:
    return [
        text for chart in charts for text in (f"![{escaped(chart.title)}]({chart.name}.png)", escaped(chart.caption))
    ]


def left_out(comparison: Comparison, file: str = SUMMARY, most: int | None = MOST_ROWS) -> str:
    """Say what the table leaves to a file: the trials of a tuning, and configurations after its last row."""
    more = 0 if most is None else len(comparison.table) - most
    rest = f"{more} more {'configuration is' if more == 1 else 'configurations are'} in {file}." if more > 0 else ""
    return " ".join(filter(None, [trials_sentence(comparison, file), rest]))


def trials_sentence(comparison: Comparison, file: str = SUMMARY) -> str:
    """Say how many settings a tuning has tried, where the table has those alone that it chose; otherwise ''."""
    chosen, tried = len(comparison.table), len(comparison.ranking)
    if chosen == tried:
        return ""
    settings = "the setting" if chosen == 1 else f"the {chosen} settings"
    fresh = not any(run.draw for runs in comparison.table["runs"] for run in runs)
    seeds = ", with fresh seeds alone" if fresh else ""
    return f"The table has {settings} that tuning chose{seeds}; all {tried} that it tried are in {file}."


def explanation(comparison: Comparison) -> str:
    """Return the sentences that explain the figures of the table."""
    highest = ", highest first" if comparison.criterion.is_higher_better else ""
    by = comparison.criterion.title
    text = f"Ranked by {by}{highest}. Losses in {comparison.unit}; all figures are means over seeds"
    text += f", ± half of the 95% interval of the mean ({_kind(comparison)})." if comparison.repeated else "."
    text += f" {unit}" if (unit := unit_in_words(comparison.measure, comparison.metrics)) else ""
    text += "".join(f" {metric.explanation}" for metric in comparison.metrics if metric.explanation)
    if comparison.base:
        text += f" Configurations are called by what they change of the base: {comparison.base}."
    if len(comparison.table) > 1:
        text += f" Pareto: no other configuration is better in {comparison.criterion.noun} and in that cost."
    return text


def _kind(comparison: Comparison) -> str:
    """Return what kind of interval the table has: that of the answer for what it ranks the chosen settings by."""
    t = "Student's t"
    return f"of {comparison.criterion.title} that of the answer, else {t}" if comparison.is_tuned else t


def terminal(comparison: Comparison, console: Console, file: str = SUMMARY) -> None:
    """Print the answer, its chart, what to mind and the ranking; readable at any width and without colours.

    Args:
        comparison: The comparison.
        console: Prints it.
        file: As that of `markdown`.
    """
    print_answer(comparison, console)
    for line in (*cautions(comparison.answer), missing_sentence(comparison.missing), *notes(comparison)):
        if line:
            console.print(Text(f"! {line}", style="yellow"))
    for folder, reason in comparison.missing.failed:
        console.print(Text(f"  failed: {folder.as_posix()}: {reason}", style="red"), soft_wrap=True)
    for finding in findings(comparison):
        console.print(Text(f"- {finding}"))
    console.print()
    console.print(_fitting_table(comparison, console))
    words = filter(None, ["* best mean.", left_out(comparison, file), explanation(comparison)])
    console.print(Text(" ".join(words), style="dim"))


def print_headline(comparison: Comparison, console: Console) -> None:
    """Print the answer in one sentence; a pipe gets it in one line."""
    console.print(Text(headline(comparison.answer), style="bold"), soft_wrap=not console.is_terminal)


def print_answer(comparison: Comparison, console: Console) -> None:
    """Print the headline, the chart that is the answer, and what would decide what is open."""
    console.print(Text(headline(comparison.answer), style="bold"))
    console.print()
    for chart in answer_chart(comparison):
        console.print(Text(characters(chart, console.width, console.encoding)), soft_wrap=True)
        for note in chart_notes(comparison.answer):
            console.print(Text(note, style="dim"))
        console.print()
    for line in sentences(comparison.answer):
        console.print(Text(line))
    step = decides(comparison.answer)
    if step.why:
        console.print(Text(step.why))
    if step.command:
        console.print(Text(f"  {step.command}"), soft_wrap=True)


def _cells(comparison: Comparison) -> list[Cells]:
    return [
        ([in_short(row[name]) for name in comparison.settings], _figures(comparison, row))
        for row in comparison.table.to_dict("records")
    ]


def _figures(comparison: Comparison, row: Mapping[Hashable, Any]) -> dict[str, str]:
    """Return the figures of a configuration by head: those with intervals first, and the test loss without its own."""
    by_column = {figure.column: figure for figure in figures(comparison)}
    lead = [] if comparison.criterion.is_loss else [by_column.pop(comparison.criterion.column)]
    validation, test, seeds, parameters, epochs = (by_column.pop(column) for column in COLUMNS)
    times = [by_column.pop(column) for column in TIMES if column in by_column]
    metrics = by_column.values()
    with_intervals = [*lead, validation, *(metric for metric in metrics if metric.interval), seeds, parameters]
    without = [*(metric for metric in metrics if not metric.interval), epochs, *times[:1]]
    cells = {figure.head: figure.text(row) for figure in with_intervals}
    cells[test.head] = test.without_interval(row)
    cells |= {figure.head: figure.text(row) for figure in without}
    if len(comparison.table) > 1:
        cells |= {figure.head: figure.text(row) for figure in times[1:]}
        cells["Pareto"] = _fronts(row, comparison.timed)
    return cells


def _fronts(row: Mapping[Hashable, Any], timed: bool) -> str:
    costs = [("size", "parameters"), *([("time", "seconds")] if timed else [])]
    names = [name for name, cost in costs if row[f"on_{cost}_front"]]
    return ", ".join(names)


def _markdown_table(comparison: Comparison, most: int | None) -> str:
    cells = _cells(comparison)[:most]
    heads = [*map(escaped, comparison.settings), *map(escaped, cells[0][1])]
    rows = [[*map(escaped, settings), *texts.values()] for settings, texts in cells]
    rows[0] = [f"**{cell}**" for cell in rows[0]]
    return markdown_table(heads, rows, texts=len(comparison.settings))


def _failures(comparison: Comparison) -> str:
    failed = comparison.missing.failed
    return "\n".join(f"- failed: {escaped(folder.as_posix())}: {escaped(reason)}" for folder, reason in failed)


def _fitting_table(comparison: Comparison, console: Console) -> RenderableType:
    """Return a table of all figures, several below each other where it is too wide, or a list at the narrowest.

    A column a setting is easier to read than labels that break over lines, even where it takes one table more.
    """
    cells, labels = _cells(comparison)[:MOST_ROWS], list(comparison.table["label"])[:MOST_ROWS]
    for make in (partial(_table, comparison.settings), partial(_labelled, labels, console)):
        if tables := _tables(make, cells, console):
            return Group(*tables)
    return Text("\n".join(map(_entry, labels, (texts for _, texts in cells), itertools.count(1))))


def _tables(make: MakeTable, cells: Sequence[Cells], console: Console) -> list[RenderableType]:
    """Return tables with as many figures as fit, a blank line between them; none where not even one figure fits."""
    heads, tables = list(cells[0][1]), list[RenderableType]()
    while heads:
        for width in range(len(heads), 0, -1):
            table = make([(settings, {head: texts[head] for head in heads[:width]}) for settings, texts in cells])
            if table and width_of(table, console) <= console.width:
                break
        else:
            return []
        tables += [*([""] if tables else []), table]
        heads = heads[width:]
    return tables


def _labelled(labels: Sequence[str], console: Console, cells: Sequence[Cells]) -> Table | None:
    """Return a table with one column for all settings, its words wrapped; None without room for the longest word."""
    room = console.width - width_of(_table([], [([], texts) for _, texts in cells]), console) - GAP
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
    for rank, (settings, texts) in enumerate(cells, start=1):
        style = "bold green" if rank == 1 else None
        table.add_row("*" if rank == 1 else "", *map(Text, settings), *texts.values(), style=style)
    return table


def _entry(label: str, texts: Mapping[str, str], rank: int) -> str:
    lines = [f"   {head}: {value}" for head, value in texts.items()]
    return "\n".join([f"{'*' if rank == 1 else ' '} {label}", *lines])
