"""Loss against a cost as points of plotly.js, with the Pareto front as a line through rings around some of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnnlab.charts.page_style import (
    GREY,
    HEIGHT,
    LEGEND_WIDTH,
    Part,
    axis,
    layout,
    legend,
    measured,
    pale,
    style,
    text,
)
from rnnlab.charts.values import Axis, Point, Scatter


def scatter(chart: Scatter) -> Part:
    """Points with their intervals; those on the front have a ring around them."""
    groups = list(dict.fromkeys(point.group for point in chart.points))
    named = [*filter(None, groups), "Pareto front"]
    below, height = legend(named)
    return {
        "data": [
            _front([point for point in chart.points if point.on_front]),
            *(
                _points(chart, [point for point in chart.points if point.group == group], index)
                for index, group in enumerate(groups)
            ),
        ],
        "layout": layout(
            axis(chart.x, [point.x for point in chart.points]),
            axis(chart.y),
            HEIGHT + height,
            showlegend=True,
            legend=below,
        ),
    }


def _points(chart: Scatter, points: Sequence[Point], index: int) -> Part:
    colour, _, symbol = style(index)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "error_y": {
            "array": [0.0 if math.isnan(point.half) else point.half for point in points],
            "color": pale(colour, 0.45),
            "thickness": 1.2,
            "width": 3,
        },
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": 8,
        },
        "name": text(points[0].group, LEGEND_WIDTH),
        "showlegend": bool(points[0].group),
        "zorder": 2,
        "hoverinfo": "text",
        "hovertext": [_said(chart, point) for point in points],
    }


def _said(chart: Scatter, point: Point) -> str:
    cost = f"{point.x:,.0f}" if point.x >= 1000 else f"{point.x:.3g}"
    front = "<br>on the Pareto front" if point.on_front else ""
    return (
        f"<b>{text(point.label, 60)}</b><br>{measured(chart.y, point.y, point.half)}<br>{cost} {_cost(chart.x)}{front}"
    )


def _front(points: Sequence[Point]) -> Part:
    ordered = sorted(points, key=lambda point: point.x)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [point.x for point in ordered],
        "y": [point.y for point in ordered],
        "line": {"color": GREY, "width": 1.4, "shape": "hv"},
        "marker": {"color": GREY, "symbol": "circle-open", "size": 15, "line": {"width": 1.4}},
        "name": "Pareto front",
        "legendrank": 2000,
        "hoverinfo": "skip",
    }


def _cost(described: Axis) -> str:
    """`trainable parameters`, or `seconds` of `training time (seconds)`."""
    what, _, unit = described.label.partition(" (")
    return text(unit.removesuffix(")") or what)
