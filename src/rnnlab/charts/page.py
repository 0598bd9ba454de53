"""The charts of a comparison as figures of plotly.js: plain dicts, which the page draws in a reader's browser."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

from rnnlab.charts.page_changes import changes
from rnnlab.charts.page_parallel import parallel
from rnnlab.charts.page_scatter import scatter
from rnnlab.charts.page_style import (
    HEIGHT,
    LEGEND_WIDTH,
    SCALE,
    Part,
    axis,
    colour_bar,
    layout,
    legend,
    measured,
    named_axis,
    pale,
    style,
    text,
    without_nan,
)
from rnnlab.charts.values import Changes, Chart, HeatMap, Line, Lines, Parallel, Scatter
from rnnlab.report.wording import loss

FEW = 3  # points of a line that are marked
CELL_WIDTH, CELL_HEIGHT, BESIDE = 64, 34, 190  # pixels of a heat map's cells, and of what stands beside them


def figure(chart: Chart) -> Part:
    """A chart as plotly.js draws it: `{"data": […], "layout": {…}}`, which JSON can hold as it is.

    `layout.meta` is for the page: `least`, the pixels that a figure needs across, and whether it `highlights` the
    line under the mouse.
    """
    found = _figure(chart)
    assert isinstance(found, dict)
    return {key: without_nan(part) for key, part in found.items()}


@singledispatch
def _figure(chart: Any) -> Part:
    raise TypeError(f"no figure of {type(chart).__name__}")


_figure.register(Changes, changes)
_figure.register(Parallel, parallel)
_figure.register(Scatter, scatter)


@_figure.register
def _lines(chart: Lines) -> Part:
    number = len(chart.lines)
    bands = [
        _band(line, index, opacity=0.6 / (number + 2))
        for index, line in enumerate(chart.lines)
        if line.low != line.high
    ]
    drawn = [_line(chart, line, index, on_top=number - index) for index, line in enumerate(chart.lines)]
    below, height = legend([line.label for line in chart.lines])
    explained: Part = {"showlegend": True, "legend": below} if number > 1 or chart.legend else {}
    empty = not any(line.x for line in chart.lines)
    x = axis(chart.x, [value for line in chart.lines for value in line.x])
    return {
        "data": [*bands, *drawn],
        "layout": layout(
            x,
            axis(chart.y),
            HEIGHT + (height if explained else 0),
            annotations=[_remark("no run has a metrics.csv")] if empty else [],
            **explained,
        ),
    }


@_figure.register
def _heat_map(chart: HeatMap) -> Part:
    said = [["" if math.isnan(value) else loss(value) for value in row] for row in chart.values]
    hover = [
        [
            f"{text(chart.y)} {text(row)}, {text(chart.x)} {text(column)}<br><b>{value or 'no run'}</b>"
            for column, value in zip(chart.columns, values, strict=True)
        ]
        for row, values in zip(chart.rows, said, strict=True)
    ]
    cells: Part = {
        "type": "heatmap",
        "x": list(range(len(chart.columns))),
        "y": list(range(len(chart.rows))),
        "z": chart.values,
        "text": said,
        "texttemplate": "%{text}",
        "textfont": {"size": 14},
        "hoverinfo": "text",
        "hovertext": hover,
        "colorscale": SCALE,
        "colorbar": colour_bar(chart.unit),
        "xgap": 2,
        "ygap": 2,
    }
    height = max(HEIGHT - 60, CELL_HEIGHT * len(chart.rows) + 100)
    least = CELL_WIDTH * len(chart.columns) + BESIDE
    x, y = named_axis(chart.x, chart.columns), {**named_axis(chart.y, chart.rows), "autorange": "reversed"}
    return {"data": [cells], "layout": layout(x, y, height, meta={"least": least})}


def _line(chart: Lines, line: Line, index: int, on_top: int) -> Part:
    colour, dash, symbol = style(index)
    halves = [(high - low) / 2 or math.nan for low, high in zip(line.low, line.high, strict=True)]
    heading = f"<b>{text(line.label, 60)}</b><br>{text(chart.x.label)} "
    marked = chart.x.ticks or len(line.x) < FEW
    return {
        "type": "scatter",
        "mode": "lines+markers" if marked else "lines",
        "x": line.x,
        "y": line.y,
        "name": text(line.label, LEGEND_WIDTH),
        "legendgroup": str(index),
        "legendrank": index + 1,
        "zorder": on_top,
        "line": {"color": colour, "dash": dash, "width": 2.6 if index == 0 else 1.8},
        "marker": {"color": colour, "symbol": symbol, "size": 7},
        "hoverinfo": "text",
        "hovertext": [
            f"{heading}{x:g}<br>{measured(chart.y, y, half)}" for x, y, half in zip(line.x, line.y, halves, strict=True)
        ],
    }


def _band(line: Line, index: int, opacity: float) -> Part:
    """The seeds' interval around a line; it comes and goes with it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*line.x, *reversed(line.x)],
        "y": [*line.high, *reversed(line.low)],
        "fill": "toself",
        "fillcolor": pale(style(index)[0], round(opacity, 3)),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": str(index),
    }


def _remark(content: str) -> Part:
    return {"text": content, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
