"""A lesson as Markdown, as charts, and in a terminal."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.text import Text

from rnnlab.reference.lesson import Curves, Grid, Lesson, Table
from rnnlab.report.charts import Axis, Chart, HeatMap, Line, Lines
from rnnlab.report.render import empty_table, markdown_row


def charts(lesson: Lesson) -> list[Chart]:
    """Its figures, in their order."""
    return [_chart(block) for block in lesson.blocks if isinstance(block, Curves | Grid)]


def markdown(lesson: Lesson) -> str:
    """Its blocks with an empty line between them; each figure is a PNG of its name, beside the text."""
    return "\n\n".join(_markdown(block) for block in lesson.blocks)


def made_with(settings: Mapping[str, Any]) -> str:
    """What stands behind a lesson: the settings of its study, and what computed it."""
    given = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"Made with {given or 'no settings'}; python {platform.python_version()}; numpy {version('numpy')}."


def terminal(lesson: Lesson, console: Console) -> None:
    """Its paragraphs and tables; figures are left to the README."""
    for block in lesson.blocks:
        if isinstance(block, str):
            console.print(Text(block.replace("`", "")), end="\n\n")
        elif isinstance(block, Table):
            table = empty_table()
            for number, head in enumerate(block.heads):
                table.add_column(Text(head), justify="right" if number else "left")
            for row in block.rows:
                table.add_row(*map(Text, row))
            console.print(table)
            console.print()


def _markdown(block: str | Table | Curves | Grid) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Table):
        rules = ["---"] + ["---:"] * (len(block.heads) - 1)
        return "\n".join(markdown_row(row) for row in (block.heads, rules, *block.rows))
    return f"![{block.title}]({block.name}.png)\n\n{block.caption}"


def _chart(figure: Curves | Grid) -> Chart:
    if isinstance(figure, Grid):
        values = tuple(tuple(map(float, row)) for row in figure.values)
        columns, rows = tuple(figure.columns), tuple(figure.rows)
        words = (figure.name, figure.title, figure.caption, figure.x, figure.y)
        return HeatMap(*words, columns=columns, rows=rows, values=values, unit=figure.unit)
    return Lines(
        name=figure.name,
        title=figure.title,
        caption=figure.caption,
        x=Axis(figure.x, log="x" in figure.log),
        y=Axis(figure.y, log="y" in figure.log),
        lines=tuple(_line(label, figure.at, values) for label, values in figure.lines.items()),
    )


def _line(label: str, at: Sequence[float], values: Sequence[float]) -> Line:
    y = tuple(map(float, values))
    return Line(label=label, x=tuple(map(float, at)), y=y, low=y, high=y)  # one value, no band
