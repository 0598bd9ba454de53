"""What each change of a base is worth, as points of plotly.js with their intervals below each other."""

from __future__ import annotations

import math

from rnnlab.charts.page_style import GREY, HEIGHT, LEGEND_WIDTH, Part, axis, layout, measured, named_axis, style, text
from rnnlab.charts.values import Changes

WIDTH = LEGEND_WIDTH // 2  # characters of a line of a name, which stands beside the points
ROW, LINE = 18, 16  # pixels between two names, and of a line of one


def changes(chart: Changes) -> Part:
    """The best on top, and a broken line at the base's loss."""
    colour, _, symbol = style(0)
    drawn: Part = {
        "type": "scatter",
        "mode": "markers",
        "x": chart.losses,
        "y": list(range(len(chart.labels))),
        "error_x": {
            "array": [0.0 if math.isnan(half) else half for half in chart.halves],
            "color": colour,
            "thickness": 1.6,
            "width": 4,
        },
        "marker": {"color": colour, "symbol": symbol, "size": 8},
        "hoverinfo": "text",
        "hovertext": [
            f"<b>{text(label, 60)}</b><br>{measured(chart.x, loss, half)}"
            for label, loss, half in zip(chart.labels, chart.losses, chart.halves, strict=True)
        ],
    }
    names = named_axis("", chart.labels, WIDTH)
    row = ROW + LINE * max(name.count("<br>") + 1 for name in names["ticktext"])
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
            axis(chart.x),
            {**names, "autorange": "reversed"},
            max(HEIGHT, row * len(chart.labels) + 80),
            shapes=[{**line, "line": {"color": GREY, "width": 1.2, "dash": "dash"}}],
        ),
    }
