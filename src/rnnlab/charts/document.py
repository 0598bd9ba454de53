"""A document as a plain value: paragraphs, tables and charts in reading order."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rnnlab.charts.values import Chart, HeatMap, Lines, Panels
from rnnlab.records.files.csv_files import as_text


@dataclass(frozen=True)
class Table:
    """A table of cells that are text already.

    Attributes:
        heads: The head of each column.
        rows: A cell for each column.
        name: The name of the CSV file with these rows, without the suffix; empty where no file is needed.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    name: str = ""


@dataclass(frozen=True)
class Document:
    """The result of a probe or of a study of the reference.

    Attributes:
        blocks: Paragraphs of Markdown, tables and charts; the first paragraph is the answer in short.
    """

    blocks: Sequence[str | Table | Chart]

    @property
    def charts(self) -> list[Chart]:
        """The charts, in their order."""
        return [block for block in self.blocks if not isinstance(block, str | Table)]


def csv_files(document: Document) -> dict[str, str]:
    """Return the numbers of lines, heat maps and named tables as CSV, by name; a NaN is an empty field."""
    files = {}
    for block in document.blocks:
        if isinstance(block, Table) and block.name:
            files[block.name] = _csv(block.heads, block.rows)
        elif isinstance(block, Lines):
            files[block.name] = _csv([block.x.label, *(line.label for line in block.lines)], _points(block))
        elif isinstance(block, HeatMap | Panels):
            for chart in block.panels if isinstance(block, Panels) else [block]:
                named = zip(chart.rows, chart.values, strict=True)
                files[chart.name] = _csv([chart.y, *chart.columns], ([name, *values] for name, values in named))
    return files


def _points(chart: Lines) -> Iterator[list[object]]:
    """Return a row for each place at which a line has a point."""
    values = [dict(zip(line.x, line.y, strict=True)) for line in chart.lines]
    for place in dict.fromkeys(place for line in chart.lines for place in line.x):
        yield [place, *(line.get(place, math.nan) for line in values)]


def _csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(as_text, heads))
    for row in rows:
        writer.writerow(["" if isinstance(value, float) and math.isnan(value) else as_text(value) for value in row])
    return stream.getvalue()
