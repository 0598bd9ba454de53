"""What each change of a base is worth, as points of plotly.js with their intervals below each other."""

from __future__ import annotations

import math

from rnnlab.report.charts import Changes
from rnnlab.report.plotly_style import GREY, HEIGHT, LEGEND_WIDTH, Part, axis, layout, measured, named_axis, style, text

WIDTH = LEGEND_WIDTH // 2  # characters of a line of a name, which stands beside the points
ROW, LINE = 18, 16  # pixels between two names, and of a line of one


def changes(chart: Changes) -> Part:
    """The best on top, and a broken line at the base's loss."""
    points, (colour, _, symbol) = chart.points, style(0)
    drawn: Part = {
        "type": "scatter",
        "mode": "markers",
        "x": [point.y for point in points],
        "y": list(range(len(points))),
        "error_x": {
            "array": [0.0 if math.isnan(point.half) else point.half for point in points],
            "color": colour,
            "thickness": 1.6,
            "width": 4,
        },
        "marker": {"color": colour, "symbol": symbol, "size": 8},
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{text(point.label, 60)}</b><br>{measured(chart.y, point.y, point.half)}" for point in points
        ],
    }
    names = [text(point.label, WIDTH) for point in points]
    row = ROW + LINE * max(name.count("<br>") + 1 for name in names)
    line: Part = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": chart.base,
        "x1": chart.base,
        "layer": "below",
    }
    return {
        "data": [drawn],
        "layout": layout(
            axis(chart.y),
            {**named_axis("", names), "ticktext": names, "autorange": "reversed"},
            max(HEIGHT, row * len(points) + 80),
            shapes=[{**line, "line": {"color": GREY, "width": 1.2, "dash": "dash"}}],
        ),
    }
