"""Charts drawn for paper, without pyplot: no window, no state shared between figures."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from rnnlab.charts.paper_heat_maps import SCALE, heat_map, panels
from rnnlab.charts.values import Axis, Changes, Chart, HeatMap, Line, Lines, Panels, Parallel, Scatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours (2008), told apart by colour-blind readers; their yellow is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#777777")
# Dashes and markers as well, for a print in grey.
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
MARKERS = "osD^vPX*"
INCHES = (7.5, 4.5)
DPI = 160
LONGEST_LABEL = 40  # characters that leave room for curves
FEW = 3  # points of a line that are marked


def draw(chart: Chart) -> bytes:
    """A chart as a PNG; the same values give the same bytes, for nothing but the picture is in the file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure_of(chart))
    stream = io.BytesIO()
    canvas.print_figure(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def figure_of(chart: Chart, dpi: int = DPI) -> Figure:
    """Draw a chart as a figure of matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=dpi, layout="constrained")
    _fill(chart, figure)
    return figure


@singledispatch
def _fill(chart: Any, figure: Figure) -> None:
    raise TypeError(f"{figure}: there is no drawing of {type(chart).__name__}")


@_fill.register(Lines)
def _lines(chart: Lines, figure: Figure) -> None:
    axes = figure.add_subplot()
    for index, line in enumerate(chart.lines):
        _draw_line(axes, line, index, marked=bool(chart.x.ticks))
    _dress(axes, chart.x, chart.y)
    if not any(line.x for line in chart.lines):
        axes.text(0.5, 0.5, "no run has a metrics.csv", ha="center", transform=axes.transAxes)
    if len(chart.lines) > 1 or chart.legend == "best mean first":
        _explain(figure, axes, chart.legend, [line.label for line in chart.lines])


@_fill.register(Scatter)
def _scatter(chart: Scatter, figure: Figure) -> None:
    axes = figure.add_subplot()
    groups = list(dict.fromkeys(point.group for point in chart.points))
    for index, group in enumerate(groups):
        its = [point for point in chart.points if point.group == group]
        x, y = [point.x for point in its], [point.y for point in its]
        style: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "zorder": 3}
        axes.errorbar(x, y, yerr=[_bar(point.half) for point in its], fmt="none", elinewidth=1, alpha=0.6, **style)
        axes.plot(x, y, MARKERS[index % len(MARKERS)], label=group, **style)
    front = sorted((point.x, point.y) for point in chart.points if point.on_front)
    axes.step(*zip(*front, strict=True), where="post", color="#777777", linewidth=1.2, zorder=2, label="Pareto front")
    _dress(axes, chart.x, chart.y)
    axes.margins(0.08)
    _explain(figure, axes, "", groups)


@_fill.register(Changes)
def _changes(chart: Changes, figure: Figure) -> None:
    axes = figure.add_subplot()
    places, bars = range(len(chart.labels)), [_bar(half) for half in chart.halves]
    axes.axvline(chart.base, color="#777777", linewidth=1.2, linestyle="--", zorder=2)
    axes.errorbar(chart.losses, places, xerr=bars, fmt="o", color=COLOURS[0], elinewidth=1.6, capsize=3, zorder=3)
    _dress(axes, chart.x, Axis(""))
    axes.set_yticks(places, [textwrap.fill(label, LONGEST_LABEL) for label in chart.labels], parse_math=False)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    figure.set_figheight(max(INCHES[1], 0.35 * len(chart.labels) + 1))


_fill.register(HeatMap, heat_map)
_fill.register(Panels, panels)


@_fill.register(Parallel)
def _parallel(chart: Parallel, figure: Figure) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes = figure.add_subplot()
    colours = ScalarMappable(Normalize(min(chart.losses), max(chart.losses)), SCALE)
    scaled = [_scaled(dimension.values) for dimension in chart.dimensions]
    for index in sorted(range(len(chart.losses)), key=lambda index: -chart.losses[index]):  # the best on top
        heights = [values[index] for values in scaled]
        colour = colours.to_rgba(chart.losses[index])  # type: ignore[arg-type]  # a number will do
        axes.plot(range(len(scaled)), heights, color=colour, linewidth=1.3, alpha=0.85)
    for place, dimension in enumerate(chart.dimensions):
        axes.axvline(place, color="#555555", linewidth=0.8, zorder=5)
        _name_ticks(axes, place, dimension.values, dimension.ticks, dimension.names)
    axes.set_xticks(range(len(scaled)), [dimension.label for dimension in chart.dimensions], parse_math=False)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    figure.colorbar(colours, ax=axes).set_label(chart.unit, parse_math=False)


def _name_ticks(axes: Axes, place: int, values: Sequence[float], ticks: Sequence[float], names: Sequence[str]) -> None:
    ends = sorted({min(values), max(values)})
    marks = list(zip(ticks, names, strict=True)) or [(value, f"{value:.4g}") for value in ends]
    heights = _scaled([*values, *(tick for tick, _ in marks)])[len(values) :]
    for height, (_, name) in zip(heights, marks, strict=True):
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
        axes.text(place + 0.03, height, name, fontsize="small", va="center", zorder=6, bbox=box, parse_math=False)


def _scaled(values: Sequence[float]) -> list[float]:
    """From 0 for the lowest to 1 for the highest."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]


def _draw_line(axes: Axes, line: Line, index: int, marked: bool) -> None:
    colour = COLOURS[index % len(COLOURS)]
    on_top = 20 - index  # the best is drawn over the others
    axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0, zorder=on_top - 10)
    axes.plot(
        line.x,
        line.y,
        color=colour,
        linestyle=DASHES[index % len(DASHES)],
        linewidth=2.2 if index == 0 else 1.6,
        marker=MARKERS[index % len(MARKERS)] if marked or len(line.x) < FEW else None,
        markersize=4,
        label=line.label,
        zorder=on_top,
    )


def _dress(axes: Axes, x: Axis, y: Axis) -> None:
    from matplotlib.ticker import MaxNLocator, NullLocator

    axes.set_xlabel(x.label, parse_math=False)
    axes.set_ylabel(y.label, parse_math=False)
    if x.log:
        axes.set_xscale("log")
    if y.log:
        axes.set_yscale("log")
    if x.ticks:
        axes.set_xticks(x.ticks, [f"{tick:g}" for tick in x.ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    elif x.label == "epoch":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _bar(half: float) -> float:
    return 0.0 if math.isnan(half) else half


def _explain(figure: Figure, axes: Axes, title: str, labels: Sequence[str]) -> None:
    """A legend among the curves; below them where its labels would cover them."""
    settings: dict[str, Any] = {
        "title": title, "frameon": False, "handlelength": 3.2, "fontsize": "small",
        "title_fontsize": "small", "alignment": "left",
    }  # fmt: skip
    if max(map(len, labels), default=0) <= LONGEST_LABEL and len(labels) <= FEW:
        legend = axes.legend(**settings)
    else:
        columns = 2 if max(map(len, labels)) <= LONGEST_LABEL else 1
        figure.set_figheight(INCHES[1] + 0.2 * math.ceil(len(labels) / columns))
        legend = figure.legend(loc="outside lower left", ncols=columns, **settings)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a $ in a path is a dollar
