"""Heat maps drawn for paper: one in a figure, or several beside each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rnnlab.charts.values import HeatMap, Panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGIBLE = 12  # columns and rows of a heat map whose values can be read
SCALE = "viridis"  # even steps for every eye; dark is a low loss
CENTRED = "RdBu_r"  # white at 0, red above, blue below
MOST_ROWS, MOST_COLUMNS = 45, 64  # that are named; of more, every second, third, …
WIDE = 25  # columns from which heat maps stand below each other
SHORT = 3  # characters of a name that need not stand upright
INCHES_A_ROW, TALLEST = 0.17, 9.0


def heat_map(chart: HeatMap, figure: Figure) -> None:
    """One heat map; where there are many rows, the figure becomes as tall as they need."""
    _grow(figure, len(chart.rows))
    _draw(chart, figure, figure.add_subplot())


def panels(chart: Panels, figure: Figure) -> None:
    """Heat maps beside each other, or below each other where they are wide."""
    _grow(figure, max(len(panel.rows) for panel in chart.panels))
    count = len(chart.panels)
    if max(len(panel.columns) for panel in chart.panels) > WIDE:
        figure.set_figheight(figure.get_figheight() * max(1.0, 0.75 * count))
        several = figure.subplots(count, 1, squeeze=False)[:, 0]
    else:
        figure.set_figwidth(figure.get_figwidth() * max(1.0, 0.62 * count))
        several = figure.subplots(1, count, squeeze=False)[0]
    for panel, axes in zip(chart.panels, several, strict=True):
        _draw(panel, figure, axes)
        axes.set_title(panel.title, fontsize="medium", parse_math=False)


def _grow(figure: Figure, rows: int) -> None:
    if rows > LEGIBLE:
        figure.set_figheight(max(figure.get_figheight(), min(TALLEST, 1.4 + INCHES_A_ROW * rows)))


def _draw(chart: HeatMap, figure: Figure, axes: Axes) -> None:
    known = [abs(value) for row in chart.values for value in row if not math.isnan(value)]
    bound = max(known, default=0.0) or 1.0
    scale: dict[str, Any] = {"cmap": CENTRED, "vmin": -bound, "vmax": bound} if chart.centred else {"cmap": SCALE}
    image = axes.imshow(chart.values, aspect="auto", interpolation="nearest", **scale)
    _name(axes.set_xticks, chart.columns, MOST_COLUMNS, upright=len(chart.columns) > LEGIBLE)
    _name(axes.set_yticks, chart.rows, MOST_ROWS)
    axes.set_xlabel(chart.x, parse_math=False)
    axes.set_ylabel(chart.y, parse_math=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes).set_label(chart.unit, parse_math=False)
    if max(len(chart.columns), len(chart.rows)) > LEGIBLE:
        return
    middle = (image.norm.vmin + image.norm.vmax) / 2  # type: ignore[operator]  # known once it is drawn
    for row, values in enumerate(chart.values):
        for column, value in enumerate(values):
            if not math.isnan(value):
                dark = abs(value) > 0.6 * bound if chart.centred else value < middle
                style: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if dark else "black"}
                if chart.centred:
                    axes.text(column, row, f"{value:.2g}", fontsize="small", **style)
                else:
                    axes.text(column, row, f"{value:.4f}", **style)


def _name(set_ticks: Callable[..., object], names: Sequence[str], most: int, upright: bool = False) -> None:
    """Names along an axis, as many as there is room for; long ones stand upright where they would meet."""
    every = -(-len(names) // most)
    style: dict[str, Any] = {"fontsize": "small"} if len(names) > LEGIBLE else {}
    if upright and sum(len(name) > SHORT for name in names) * 2 > len(names):
        style["rotation"] = 90
    set_ticks(range(0, len(names), every), names[::every], parse_math=False, **style)
