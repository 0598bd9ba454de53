"""A lesson as Markdown, as charts, and in a terminal."""

from __future__ import annotations

import csv
import io
import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.text import Text

from rnnlab.charts.values import Axis, Chart, HeatMap, Line, Lines, Panels
from rnnlab.reference.lesson import Beside, Curves, Grid, Lesson, Table
from rnnlab.report.render import empty_table, markdown_row


def charts(lesson: Lesson) -> list[Chart]:
    """Its figures, in their order."""
    return [_chart(block) for block in lesson.blocks if isinstance(block, Curves | Grid | Beside)]


def markdown(lesson: Lesson) -> str:
    """Its blocks with an empty line between them; each figure is a PNG of its name, beside the text."""
    return "\n\n".join(_markdown(block) for block in lesson.blocks)


def numbers(lesson: Lesson) -> dict[str, str]:
    """What its figures and named tables show, as CSV by name; a value that is not there is an empty field."""
    found = {}
    for block in lesson.blocks:
        if isinstance(block, Curves):
            columns = zip(block.at, *block.lines.values(), strict=True)
            found[block.name] = _csv([block.x, *block.lines], columns)
        elif isinstance(block, Table) and block.name:
            found[block.name] = _csv(block.heads, block.rows)
        elif isinstance(block, Grid | Beside):
            for grid in block.grids if isinstance(block, Beside) else [block]:
                named = zip(grid.rows, grid.values, strict=True)
                found[grid.name] = _csv([grid.y, *grid.columns], ([name, *values] for name, values in named))
    return found


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


def _csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if isinstance(value, float) and math.isnan(value) else value for value in row])
    return stream.getvalue()


def _markdown(block: str | Table | Curves | Grid | Beside) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Table):
        rules = ["---"] + ["---:"] * (len(block.heads) - 1)
        return "\n".join(markdown_row(row) for row in (block.heads, rules, *block.rows))
    return f"![{block.title}]({block.name}.png)\n\n{block.caption}"


def _chart(figure: Curves | Grid | Beside) -> Chart:
    if isinstance(figure, Beside):
        return Panels(figure.name, figure.title, figure.caption, tuple(map(_heat_map, figure.grids)))
    if isinstance(figure, Grid):
        return _heat_map(figure)
    return Lines(
        name=figure.name,
        title=figure.title,
        caption=figure.caption,
        x=Axis(figure.x, log="x" in figure.log),
        y=Axis(figure.y, log="y" in figure.log),
        lines=tuple(_line(label, figure.at, values) for label, values in figure.lines.items()),
    )


def _heat_map(grid: Grid) -> HeatMap:
    return HeatMap(
        *(grid.name, grid.title, grid.caption, grid.x, grid.y),
        columns=tuple(grid.columns),
        rows=tuple(grid.rows),
        values=tuple(tuple(map(float, row)) for row in grid.values),
        unit=grid.unit,
        centred=grid.centred,
    )


def _line(label: str, at: Sequence[float], values: Sequence[float]) -> Line:
    y = tuple(map(float, values))
    return Line(label=label, x=tuple(map(float, at)), y=y, low=y, high=y)  # one value, no band
