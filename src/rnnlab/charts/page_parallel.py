"""Parallel coordinates as lines of plotly.js.

Its own trace of that name needs WebGL, which not every browser has and no printer, and shows no label of a line.
"""

from __future__ import annotations

from collections.abc import Sequence

from plotly.colors import sample_colorscale

from rnnlab.charts.page_style import GREY, HEIGHT, INK, SCALE, Part, colour_bar, layout, text
from rnnlab.charts.values import Dimension, Parallel
from rnnlab.report.wording import loss

LINE_WIDTH = 1.6
LEAST = 120  # pixels of a dimension
MARGIN = 0.06  # above and below the values


def parallel(chart: Parallel) -> Part:
    """A line for each configuration, the best on top, and a bar that says what the colours mean."""
    low, high = min(chart.losses), max(chart.losses)
    colours = sample_colorscale(SCALE, _scaled(chart.losses, low, high))
    heights = [_scaled(its.values, *_ends(its)) for its in chart.dimensions]
    worst_first = sorted(range(len(chart.losses)), key=lambda index: -chart.losses[index])
    lines = [_line(chart, index, [each[index] for each in heights], colours[index]) for index in worst_first]
    last = len(chart.dimensions) - 1
    x: Part = {
        "range": [-0.15, last + 0.45],
        "tickmode": "array",
        "tickvals": list(range(last + 1)),
        "ticktext": [text(dimension.label) for dimension in chart.dimensions],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    y: Part = {"range": [-MARGIN, 1 + MARGIN], "visible": False, "fixedrange": True}
    return {
        "data": [*lines, _bar(chart.unit, low, high)],
        "layout": layout(
            x,
            y,
            HEIGHT + 20,
            margin={"l": 14, "r": 14, "t": 12, "b": 40},
            shapes=[_upright(place) for place in range(last + 1)],
            annotations=[name for place, its in enumerate(chart.dimensions) for name in _names(place, its)],
            meta={"least": LEAST * (last + 1), "highlights": True},
        ),
    }


def _line(chart: Parallel, index: int, heights: Sequence[float], colour: str) -> Part:
    label = chart.labels[index] if chart.labels else ""
    said = f"<b>{text(label, 60)}</b><br>validation loss {loss(chart.losses[index])}"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(heights))),
        "y": list(heights),
        "line": {"color": colour, "width": LINE_WIDTH},
        "marker": {"color": colour, "size": 5},
        "name": text(label),
        "hoverinfo": "text",
        "hovertext": said,
    }


def _bar(unit: str, low: float, high: float) -> Part:
    """A trace of nothing, which brings the colour bar."""
    scale = {"color": [low], "colorscale": SCALE, "cmin": low, "cmax": high if high > low else low + 1e-9}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "hoverinfo": "skip",
        "marker": {**scale, "showscale": True, "colorbar": colour_bar(unit)},
    }


def _upright(place: int) -> Part:
    ends = {"x0": place, "x1": place, "y0": 0, "y1": 1}
    return {"type": "line", **ends, "line": {"color": GREY, "width": 1}, "layer": "below"}


def _names(place: int, dimension: Dimension) -> list[Part]:
    low, high = _ends(dimension)
    named = list(zip(dimension.ticks, dimension.names, strict=True)) or [
        (value, f"{value:.4g}") for value in dict.fromkeys((low, high))
    ]
    heights = _scaled([tick for tick, _ in named], low, high)
    return [
        {
            "x": place,
            "y": height,
            "text": text(name),
            "showarrow": False,
            "xanchor": "left",
            "xshift": 6,
            "bgcolor": "rgba(255,255,255,0.8)",
            "font": {"size": 12, "color": INK},
        }
        for height, (_, name) in zip(heights, named, strict=True)
    ]


def _ends(dimension: Dimension) -> tuple[float, float]:
    places = [*dimension.values, *dimension.ticks]
    return min(places), max(places)


def _scaled(values: Sequence[float], low: float, high: float) -> list[float]:
    """From 0 at the low end to 1 at the high one."""
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]
