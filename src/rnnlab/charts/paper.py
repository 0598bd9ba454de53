"""Charts drawn for paper by matplotlib: PNG, SVG and PDF files, and the figures of TensorBoard.

matplotlib takes a while to load, so it is imported where a figure is drawn. Without pyplot there is no window and no
state that figures share.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, assert_never

from rnnlab.charts.palette import DIVERGING, SEQUENTIAL, colour_of, dash, marker
from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    HeatMap,
    Interval,
    IntervalChart,
    IntervalPanel,
    Line,
    Lines,
    Panels,
    Parallel,
    Scatter,
    zero_for_nan,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES = (7.5, 4.5)
DPI = 160
LONGEST_LABEL = 40  # characters that leave room for curves
FEW_LABELS = 3  # that a legend among the curves has room for
MOST_MARKS = 10  # on a line whose points lie close together
GREY, GRID = "#777777", "#DDDDDD"
INCHES_A_LEVEL, INCHES_A_PANEL = 0.26, 0.3  # of a level, and of a panel's title
SECOND = 0.3  # of the distance of two levels, by which the second estimate lies below the first
# Heat maps
LEGIBLE = 12  # columns and rows of a heat map whose values can be read
MOST_ROWS, MOST_COLUMNS = 45, 64  # that are named; of more, every second, third, …
WIDE = 25  # columns from which heat maps stand below each other
SHORT = 3  # characters of a name that need not stand upright
INCHES_A_ROW, TALLEST = 0.17, 9.0


# What no picture says of its making, so that the same values give the same bytes, by the suffix of its file.
PICTURES: Mapping[str, Mapping[str, None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def png(chart: Chart) -> bytes:
    """Draw a chart as a PNG; the same values give the same bytes, for nothing but the picture is in the file."""
    return _saved(_laid_out(chart), ".png")


def svg(chart: Chart) -> bytes:
    """Draw a chart as an SVG that needs no font; the same values give the same bytes."""
    return _saved(_laid_out(chart), ".svg")


def pdf(chart: Chart) -> bytes:
    """Draw a chart as a PDF with embedded TrueType fonts; the same values give the same bytes."""
    return _saved(_laid_out(chart), ".pdf")


def pictures(chart: Chart) -> dict[str, bytes]:
    """Draw a chart once, as a file for each suffix of `PICTURES`."""
    figure = _laid_out(chart)
    return {suffix: _saved(figure, suffix) for suffix in PICTURES}


def _laid_out(chart: Chart) -> Figure:
    """Return a chart whose parts have their places: to find these takes longer than to draw."""
    figure = draw(chart)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)
    figure.set_layout_engine(None)  # "none" leaves a placeholder, for which savefig draws every picture twice
    return figure


def _saved(figure: Figure, suffix: str) -> bytes:
    from matplotlib import rc_context

    stream = io.BytesIO()
    # Identifiers in an SVG are random without a salt; journals refuse PDFs with matplotlib's own kind of fonts, type 3.
    with rc_context({"svg.hashsalt": "rnnlab", "pdf.fonttype": 42}):
        figure.savefig(stream, format=suffix.removeprefix("."), metadata=dict(PICTURES[suffix]))
    return stream.getvalue()


def draw(chart: Chart, dpi: int = DPI, titled: bool = False) -> Figure:
    """Draw a chart as a figure of matplotlib.

    Args:
        chart: The chart.
        dpi: Pixels per inch.
        titled: Whether to draw the title above the chart; a report has it beside the picture.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    if titled:
        figure.suptitle(chart.title, fontsize="medium", parse_math=False)
    _fill(figure, chart)
    return figure


def _fill(figure: Figure, chart: Chart) -> None:
    """Draw a chart into an empty figure."""
    match chart:
        case Lines():
            _lines(chart, figure)
        case Scatter():
            _scatter(chart, figure)
        case Changes():
            _changes(chart, figure)
        case HeatMap():
            _heat_map(chart, figure)
        case Panels():
            _panels(chart, figure)
        case Parallel():
            _parallel(chart, figure)
        case IntervalChart():
            _intervals(chart, figure)
        case _:
            assert_never(chart)


def _lines(chart: Lines, figure: Figure) -> None:
    axes = figure.add_subplot()
    for index, line in enumerate(chart.lines):
        _line(axes, chart, line, index)
    _dress(axes, chart.x, chart.y)
    if not any(line.x for line in chart.lines):
        axes.text(0.5, 0.5, "no run has a metrics.csv", ha="center", transform=axes.transAxes)
    if len(chart.lines) > 1 or chart.legend:
        _legend(figure, axes, chart.legend, [line.label for line in chart.lines])


def _line(axes: Axes, chart: Lines, line: Line, index: int) -> None:
    on_top = 20 - index  # the best is drawn over the others
    shade, style = colour_of(line.colour, index), index if line.style is None else line.style
    if index in chart.banded:
        axes.fill_between(line.x, line.low, line.high, color=shade, alpha=0.15, linewidth=0, zorder=on_top - 10)
    axes.plot(
        line.x,
        line.y,
        color=shade,
        linestyle=dash(style).matplotlib,
        linewidth=1 if chart.is_thin(index) else 2.2 if index == 0 else 1.6,
        marker=marker(style).matplotlib if chart.is_marked(index) else None,
        markersize=3 if chart.is_thin(index) else 4,
        markevery=1 if chart.x.ticks else -(-len(line.x) // MOST_MARKS) or None,
        label=line.label,
        zorder=on_top,
    )


def _scatter(chart: Scatter, figure: Figure) -> None:
    axes = figure.add_subplot()
    for index, group in enumerate(chart.groups):
        points = [point for point in chart.points if point.group == group]
        style: dict[str, Any] = {"color": colour_of(points[0].colour, index), "zorder": 3, "linestyle": "none"}
        for number, point in enumerate(points):
            style["label"] = group if number == 0 and not chart.styles else None
            style["marker"] = marker(chart.marker_of(point)).matplotlib
            axes.errorbar([point.x], [point.y], yerr=[zero_for_nan(point.half)], elinewidth=1, **style)
    _explain_styles(chart, axes)
    front = sorted((point.x, point.y) for point in chart.points if point.on_front)
    axes.step(*zip(*front, strict=True), where="post", color=GREY, linewidth=1.2, zorder=2, label="Pareto front")
    _dress(axes, chart.x, chart.y)
    axes.margins(0.08)
    _legend(figure, axes, "", [*chart.groups, *chart.styles])


def _explain_styles(chart: Scatter, axes: Axes) -> None:
    """Name colours and markers in the legend where they mean different things."""
    if not chart.styles:
        return
    for index, group in enumerate(chart.groups):
        name = next(point.colour for point in chart.points if point.group == group)
        axes.plot([], [], "s", markersize=8, color=colour_of(name, index), label=group)
    for name, number in chart.styles.items():
        axes.plot([], [], marker(number).matplotlib, color=GREY, label=name)


def _changes(chart: Changes, figure: Figure) -> None:
    axes = figure.add_subplot()
    places, bars = range(len(chart.labels)), [zero_for_nan(half) for half in chart.halves]
    axes.axvline(chart.base, color=GREY, linewidth=1.2, linestyle="--", zorder=2)
    for place, (value, bar) in enumerate(zip(chart.losses, bars, strict=True)):
        shade = colour_of(chart.colours[place] if chart.colours else "")
        axes.errorbar([value], [place], xerr=[bar], fmt="o", color=shade, elinewidth=1.6, capsize=3, zorder=3)
    _dress(axes, chart.x, Axis(""))
    axes.set_yticks(places, [textwrap.fill(label, LONGEST_LABEL) for label in chart.labels], parse_math=False)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    figure.set_figheight(max(INCHES[1], 0.35 * len(chart.labels) + 1))


def _intervals(chart: IntervalChart, figure: Figure) -> None:
    """Draw dots with their intervals in panels below each other; a marked one is filled, the others are rings."""
    levels = [max(len(panel.rows), 1) for panel in chart.panels]
    panels = INCHES_A_PANEL * len(levels) * (1 if chart.shared else 2)
    figure.set_figheight(INCHES_A_LEVEL * sum(levels) + panels + 0.8)
    several = figure.subplots(
        len(levels), 1, squeeze=False, sharex="all" if chart.shared else "none", height_ratios=levels
    )[:, 0]
    for panel, axes in zip(chart.panels, several, strict=True):
        _levels(chart, panel, axes)
        axes.set_title(panel.title, loc="left", fontsize="medium", parse_math=False)
    several[-1].set_xlabel(chart.x.label, parse_math=False)
    _explain_marks(chart, figure)


def _levels(chart: IntervalChart, panel: IntervalPanel, axes: Axes) -> None:
    for place, row in enumerate(panel.rows):
        if row.second:
            _estimate(axes, row.second, place + SECOND, GREY, fmt="D", markersize=2.5, elinewidth=0.9, zorder=2)
        face = {} if row.marked else {"markerfacecolor": "white", "markeredgewidth": 1.6}
        shade = colour_of(row.colour)
        _estimate(axes, row.main, place, shade, fmt="o", markersize=7, elinewidth=1.8, capsize=2.5, zorder=3, **face)
    names = [textwrap.fill(row.label, LONGEST_LABEL) for row in panel.rows]
    _dress(axes, Axis("", log=chart.x.log), Axis(""))
    axes.set_yticks(range(len(names)), names, parse_math=False)
    for label, row in zip(axes.get_yticklabels(), panel.rows, strict=True):
        label.set_fontweight("bold" if row.marked else "normal")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)


def _estimate(axes: Axes, estimate: Interval, place: float, shade: str, **style: Any) -> None:
    """Draw a dot with the interval around it; nothing where the value is not known."""
    if math.isfinite(estimate.value):
        low, high = estimate.ends
        bars = [[estimate.value - low], [high - estimate.value]]
        axes.errorbar([estimate.value], [place], xerr=bars, color=shade, **style)


def _explain_marks(chart: IntervalChart, figure: Figure) -> None:
    from matplotlib.lines import Line2D

    rows = [row for panel in chart.panels for row in panel.rows]
    style: dict[str, Any] = {"linestyle": "none", "color": "black"}
    handles = []
    if chart.mark and any(row.marked for row in rows):
        handles.append(Line2D([], [], marker="o", label=chart.mark, **style))
    if chart.unmarked and not all(row.marked for row in rows):
        handles.append(Line2D([], [], marker="o", markerfacecolor="white", label=chart.unmarked, **style))
    if chart.second and any(row.second for row in rows):
        handles.append(Line2D([], [], marker="D", markersize=3, label=chart.second, **{**style, "color": GREY}))
    if handles:
        legend = figure.legend(
            handles=handles, loc="outside lower left", ncols=len(handles), frameon=False, fontsize="small"
        )
        for text in legend.get_texts():
            text.set_parse_math(False)


def _heat_map(chart: HeatMap, figure: Figure) -> None:
    _grow(figure, len(chart.rows))
    _cells(chart, figure, figure.add_subplot())


def _panels(chart: Panels, figure: Figure) -> None:
    """Draw heat maps beside each other, or below each other where they are wide."""
    _grow(figure, max(len(panel.rows) for panel in chart.panels))
    count = len(chart.panels)
    if max(len(panel.columns) for panel in chart.panels) > WIDE:
        figure.set_figheight(figure.get_figheight() * max(1.0, 0.75 * count))
        several = figure.subplots(count, 1, squeeze=False)[:, 0]
    else:
        figure.set_figwidth(figure.get_figwidth() * max(1.0, 0.62 * count))
        several = figure.subplots(1, count, squeeze=False)[0]
    for panel, axes in zip(chart.panels, several, strict=True):
        _cells(panel, figure, axes)
        axes.set_title(panel.title, fontsize="medium", parse_math=False)


def _grow(figure: Figure, rows: int) -> None:
    """Make a figure as tall as many rows need."""
    if rows > LEGIBLE:
        figure.set_figheight(max(figure.get_figheight(), min(TALLEST, 1.4 + INCHES_A_ROW * rows)))


def _cells(chart: HeatMap, figure: Figure, axes: Axes) -> None:
    known = [abs(value) for row in chart.values for value in row if not math.isnan(value)]
    bound = max(known, default=0.0) or 1.0
    scale: dict[str, Any] = (
        {"cmap": DIVERGING, "vmin": -bound, "vmax": bound} if chart.centred else {"cmap": SEQUENTIAL}
    )
    image = axes.imshow(chart.values, aspect="auto", interpolation="nearest", **scale)
    _name_ticks(axes.set_xticks, chart.columns, MOST_COLUMNS, upright=len(chart.columns) > LEGIBLE)
    _name_ticks(axes.set_yticks, chart.rows, MOST_ROWS)
    axes.set_xlabel(chart.x, parse_math=False)
    axes.set_ylabel(chart.y, parse_math=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes).set_label(chart.unit, parse_math=False)
    if max(len(chart.columns), len(chart.rows)) <= LEGIBLE:
        middle = (image.norm.vmin + image.norm.vmax) / 2  # type: ignore[operator]  # known once it is drawn
        _write_values(chart, axes, bound, middle)


def _write_values(chart: HeatMap, axes: Axes, bound: float, middle: float) -> None:
    """Write every value into its cell, white on dark colours."""
    for row, values in enumerate(chart.values):
        for column, value in enumerate(values):
            if math.isnan(value):
                continue
            dark = abs(value) > 0.6 * bound if chart.centred else value < middle
            style: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if dark else "black"}
            style["in_layout"] = False  # it lies in its cell, so that no room has to be found for it
            if chart.centred:
                axes.text(column, row, f"{value:.2g}", fontsize="small", **style)
            else:
                axes.text(column, row, f"{value:.4f}", **style)


def _name_ticks(set_ticks: Callable[..., object], names: Sequence[str], most: int, upright: bool = False) -> None:
    """Write names along an axis, as many as there is room for; long ones stand upright where they would meet."""
    every = -(-len(names) // most)
    style: dict[str, Any] = {"fontsize": "small"} if len(names) > LEGIBLE else {}
    if upright and sum(len(name) > SHORT for name in names) * 2 > len(names):
        style["rotation"] = 90
    set_ticks(range(0, len(names), every), names[::every], parse_math=False, **style)


def _parallel(chart: Parallel, figure: Figure) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axes = figure.add_subplot()
    colours = ScalarMappable(Normalize(min(chart.losses), max(chart.losses)), SEQUENTIAL)
    scaled = [_scaled(dimension.values) for dimension in chart.dimensions]
    for index in sorted(range(len(chart.losses)), key=lambda index: -chart.losses[index]):  # the best on top
        heights = [values[index] for values in scaled]
        shade = colours.to_rgba(chart.losses[index])  # type: ignore[arg-type]  # a number will do
        axes.plot(range(len(scaled)), heights, color=shade, linewidth=1.3, alpha=0.85)
    for place, dimension in enumerate(chart.dimensions):
        axes.axvline(place, color="#555555", linewidth=0.8, zorder=5)
        _name_dimension(axes, place, dimension.values, dimension.ticks, dimension.names)
    axes.set_xticks(range(len(scaled)), [dimension.label for dimension in chart.dimensions], parse_math=False)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    figure.colorbar(colours, ax=axes).set_label(chart.unit, parse_math=False)


def _name_dimension(
    axes: Axes, place: int, values: Sequence[float], ticks: Sequence[float], names: Sequence[str]
) -> None:
    ends = sorted({min(values), max(values)})
    marks = list(zip(ticks, names, strict=True)) or [(value, f"{value:.4g}") for value in ends]
    heights = _scaled([*values, *(tick for tick, _ in marks)])[len(values) :]
    for height, (_, name) in zip(heights, marks, strict=True):
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
        axes.text(place + 0.03, height, name, fontsize="small", va="center", zorder=6, bbox=box, parse_math=False)


def _scaled(values: Sequence[float]) -> list[float]:
    """Scale values to 0 for the lowest and 1 for the highest."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]


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
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure, axes: Axes, title: str, labels: Sequence[str]) -> None:
    """Draw a legend among the curves, or below them where its labels would cover them."""
    settings: dict[str, Any] = {
        "title": title,
        "frameon": False,
        "handlelength": 3.2,
        "fontsize": "small",
        "title_fontsize": "small",
        "alignment": "left",
    }
    longest = max(map(len, labels), default=0)
    if longest <= LONGEST_LABEL and len(labels) <= FEW_LABELS:
        legend = axes.legend(**settings)
    else:
        columns = 2 if longest <= LONGEST_LABEL else 1
        figure.set_figheight(INCHES[1] + 0.2 * math.ceil(len(labels) / columns))
        legend = figure.legend(loc="outside lower left", ncols=columns, **settings)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a $ in a path is a dollar
