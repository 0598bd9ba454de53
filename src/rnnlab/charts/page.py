"""Charts drawn for the page: figures of plotly, which plotly.js draws in a reader's browser."""

from __future__ import annotations

import html
import json
import math
import textwrap
from collections.abc import Sequence
from typing import Any, assert_never

import plotly.graph_objects as go
from plotly.colors import sample_colorscale, unlabel_rgb
from plotly.subplots import make_subplots

from rnnlab.charts import palette
from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.charts.palette import SEQUENTIAL, colour_of, dash, marker
from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    Dimension,
    HeatMap,
    Interval,
    IntervalChart,
    IntervalPanel,
    IntervalRow,
    Line,
    Lines,
    Panels,
    Parallel,
    Point,
    Scatter,
    zero_for_nan,
)

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK, GREY, PALE, WHITE = palette.INK.light, palette.GREY.light, palette.PALE.light, palette.GROUND.light
# Of parallel coordinates, from low to high: the lowest loss stands out most from each ground.
STEPS = [step / 10 for step in range(11)]
ON_WHITE = sample_colorscale(SEQUENTIAL, [0.85 * step for step in STEPS])
IN_THE_DARK = sample_colorscale(SEQUENTIAL, [1 - 0.7 * step for step in STEPS])
# Pixels
HEIGHT = 420  # of a figure
ON_PAPER = 360  # of a figure whose height is free, so that two fit on a sheet
TOOLS = 32  # above a figure, where its buttons cover nothing
LEGEND_ROW, FEW_ROWS = 20, 3  # of a legend, and how many leave room for the curves
CELL_WIDTH, CELL_HEIGHT, BESIDE = 64, 34, 190  # of a heat map's cells, and of what stands beside them
DIMENSION = 120  # of an axis of parallel coordinates
CHANGE, CHANGE_LINE = 18, 16  # between two names of changes, and of a line of a name
LEVEL, LEVEL_LINE = 16, 16  # between two levels, and of a line of a level's name
PANEL_TITLE, PANEL_AXIS = 30, 46  # between two panels that share an axis, and what an axis of each needs more
# Characters
LEGEND_WIDTH = 48  # of a row of the legend that a telephone shows
LEVEL_WIDTH = 18  # of a line of a level's name, which leaves a telephone room for the dots
HOVER_WIDTH = 60
SECOND = 0.3  # of the distance of two levels, by which the second estimate lies below the first
MOST_MARKS = 10  # on a line whose points lie close together
FEW_EPOCHS = 12  # each of which is marked
DECADES = 4.0  # from which a logarithmic axis names powers of ten only
MARGIN = 0.06  # above and below parallel coordinates, as a share of their height


def figure(chart: Chart) -> dict[str, Any]:
    """Draw a chart for plotly.js.

    Returns:
        `{"data": […], "layout": {…}}`, which JSON can hold. Its colours are those for a white ground; the page replaces
        them by `palette.in_the_dark` and by `layout.meta.dark`, those of this figure alone. `layout.meta` also has
        `least`, the pixels that it needs across, `paper`, its height on paper where that is another one, and whether it
        `highlights` the line under the mouse.
    """
    match chart:
        case Lines():
            figure = _lines(chart)
        case Scatter():
            figure = _scatter(chart)
        case Changes():
            figure = _changes(chart)
        case HeatMap():
            figure = _heat_map(chart)
        case Panels():
            figure = _panels(chart)
        case Parallel():
            figure = _parallel(chart)
        case IntervalChart():
            figure = _intervals(chart)
        case _:
            assert_never(chart)
    figure.layout.template = None  # everything is said here
    content: dict[str, Any] = json.loads(figure.to_json(engine="json"))
    return content


def _layout(height: float = HEIGHT, **settings: Any) -> go.Layout:
    """Build the layout of a figure; the page has the title and the caption beside it."""
    return go.Layout(
        height=height,
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=WHITE,
        plot_bgcolor=WHITE,
        hovermode="closest",
        hoverlabel={"align": "left", "bgcolor": WHITE, "font": {"color": INK, "size": 13}},
        uirevision="kept",  # a reader's zoom survives new colours
        modebar={"bgcolor": _transparent(WHITE, 0.01), "color": GREY, "activecolor": INK},
        **{"margin": {"l": 62, "r": 14, "t": TOOLS, "b": 52}, "showlegend": False, **settings},
    )


def _lines(chart: Lines) -> go.Figure:
    count = len(chart.lines)
    bands = [_band(chart.lines[place], place, opacity=0.6 / (len(chart.banded) + 2)) for place in chart.banded]
    lines = [_line(chart, line, index, on_top=count - index) for index, line in enumerate(chart.lines)]
    has_legend = count > 1 or bool(chart.legend)
    legend, height = _legend([line.label for line in chart.lines])
    figure = go.Figure(
        [*bands, *lines],
        _layout(
            HEIGHT + (height if has_legend else 0),
            xaxis=_axis(chart.x, [place for line in chart.lines for place in line.x]),
            yaxis=_axis(chart.y),
            meta={"paper": _on_paper(height if has_legend else 0)},
            **({"showlegend": True, "legend": legend} if has_legend else {}),
        ),
    )
    if not any(line.x for line in chart.lines):
        figure.add_annotation(
            text="no run has a metrics.csv", showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5
        )
    return figure


def _line(chart: Lines, line: Line, index: int, on_top: int) -> go.Scatter:
    heading = f"<b>{text(line.label, HOVER_WIDTH)}</b><br>{text(chart.x.label)} "
    halves = [(high - low) / 2 or math.nan for low, high in zip(line.low, line.high, strict=True)]
    halves = halves or [math.nan] * len(line.y)
    shade, style = colour_of(line.colour, index), index if line.style is None else line.style
    return go.Scatter(
        mode="lines+markers" if chart.is_marked(index) else "lines",
        x=line.x,
        y=line.y,
        name=text(line.label, LEGEND_WIDTH),
        legendgroup=str(index),
        legendrank=index + 1,
        zorder=on_top,
        line={
            "color": shade,
            "dash": dash(style).plotly,
            "width": 1.1 if chart.is_thin(index) else 2.6 if index == 0 else 1.8,
        },
        marker={
            "color": shade,
            "symbol": marker(style).plotly,
            "size": 5 if chart.is_thin(index) else 7,
            "maxdisplayed": 0 if chart.x.ticks else MOST_MARKS,
        },
        hoverinfo="text",
        hovertext=[
            f"{heading}{x:g}<br>{_measured(chart.y, y, half)}"
            for x, y, half in zip(line.x, line.y, halves, strict=True)
        ],
    )


def _band(line: Line, index: int, opacity: float) -> go.Scatter:
    """Build the band around a line, which the legend hides together with the line."""
    return go.Scatter(
        mode="lines",
        x=[*line.x, *reversed(line.x)],
        y=[*line.high, *reversed(line.low)],
        fill="toself",
        fillcolor=_transparent(colour_of(line.colour, index), round(opacity, 3)),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=str(index),
    )


def _scatter(chart: Scatter) -> go.Figure:
    """Draw points with their intervals; those on the Pareto front have a ring."""
    legend, height = _legend([*filter(None, chart.groups), *chart.styles, "Pareto front"])
    points = [
        _points(chart, [point for point in chart.points if point.group == group], index)
        for index, group in enumerate(chart.groups)
    ]
    styles = [_explained(name, marker(number).plotly, GREY, 8) for name, number in chart.styles.items()]
    if styles:  # a marker says something else than the colour, and the legend has both apart
        for trace in points:
            trace.showlegend = False
        colours = [
            _explained(trace.name, "square", trace.marker.color, 10).update(legendgroup=trace.legendgroup)
            for trace in points
        ]
        styles = colours + styles
    return go.Figure(
        [_front([point for point in chart.points if point.on_front]), *points, *styles],
        _layout(
            HEIGHT + height,
            xaxis=_axis(chart.x, [point.x for point in chart.points]),
            yaxis=_axis(chart.y),
            meta={"paper": _on_paper(height)},
            showlegend=True,
            legend=legend,
        ),
    )


def _points(chart: Scatter, points: Sequence[Point], index: int) -> go.Scatter:
    shade = colour_of(points[0].colour, index)
    return go.Scatter(
        mode="markers",
        x=[point.x for point in points],
        y=[point.y for point in points],
        error_y={
            "array": [zero_for_nan(point.half) for point in points],
            "color": _transparent(shade, 0.45),
            "thickness": 1.2,
            "width": 3,
        },
        marker={
            "color": shade,
            "symbol": [marker(chart.marker_of(point)).plotly for point in points],
            "size": 8,
        },
        name=text(points[0].group, LEGEND_WIDTH),
        legendgroup=str(index),
        showlegend=bool(points[0].group),
        zorder=2,
        hoverinfo="text",
        hovertext=[_hover(chart, point) for point in points],
    )


def _hover(chart: Scatter, point: Point) -> str:
    cost = f"{point.x:,.0f}" if point.x >= 1000 else f"{point.x:.3g}"
    front = "<br>on the Pareto front" if point.on_front else ""
    measured = _measured(chart.y, point.y, point.half)
    return (
        f"<b>{text(point.label, HOVER_WIDTH)}</b><br>{measured}<br>{cost} {text(chart.x.unit or chart.x.name)}{front}"
    )


def _front(points: Sequence[Point]) -> go.Scatter:
    ordered = sorted(points, key=lambda point: point.x)
    return go.Scatter(
        mode="lines+markers",
        x=[point.x for point in ordered],
        y=[point.y for point in ordered],
        line={"color": GREY, "width": 1.4, "shape": "hv"},
        marker={"color": GREY, "symbol": "circle-open", "size": 15, "line": {"width": 1.4}},
        name="Pareto front",
        legendrank=2000,
        hoverinfo="skip",
    )


def _changes(chart: Changes) -> go.Figure:
    """Draw points with their intervals below each other, the best on top, and a broken line at the base's loss."""
    names = _named_axis("", chart.labels, LEGEND_WIDTH // 2)
    row = CHANGE + CHANGE_LINE * max(name.count("<br>") + 1 for name in names["ticktext"])
    points = [
        _dot(
            Interval(value, value - zero_for_nan(half), value + zero_for_nan(half)),
            place,
            colour_of(chart.colours[place] if chart.colours else ""),
            symbol=marker(0).plotly,
            size=8,
            hovertext=f"<b>{text(label, HOVER_WIDTH)}</b><br>{_measured(chart.x, value, half)}",
        )
        for place, (label, value, half) in enumerate(zip(chart.labels, chart.losses, chart.halves, strict=True))
    ]
    height = max(HEIGHT, row * len(chart.labels) + 80)
    figure = go.Figure(points, _layout(height, xaxis=_axis(chart.x), yaxis={**names, "autorange": "reversed"}))
    figure.add_vline(chart.base, layer="below", line={"color": GREY, "width": 1.2, "dash": "dash"})
    return figure


def _intervals(chart: IntervalChart) -> go.Figure:
    """Draw dots with their intervals in panels below each other; a marked one is filled, the others are rings."""
    axes = [_named_axis("", [row.label for row in panel.rows], LEVEL_WIDTH) for panel in chart.panels]
    heights = [
        sum(LEVEL + LEVEL_LINE * (name.count("<br>") + 1) for name in names["ticktext"]) or LEVEL for names in axes
    ]
    gap = PANEL_TITLE + (0 if chart.shared else PANEL_AXIS)
    total = sum(heights) + gap * (len(heights) - 1)
    figure = make_subplots(
        rows=len(chart.panels),
        cols=1,
        shared_xaxes=chart.shared,
        row_heights=heights,
        vertical_spacing=gap / total if len(heights) > 1 else 0,
        subplot_titles=[f"<b>{text(panel.title)}</b>" if panel.title else "" for panel in chart.panels],
    )
    for number, (panel, names) in enumerate(zip(chart.panels, axes, strict=True), start=1):
        _add_levels(figure, chart, panel, names, number)
    last = figure.get_subplot(len(chart.panels), 1).xaxis
    last.title = {"text": text(chart.x.label), "standoff": 10, "font": {"size": 13}}
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": INK})
    explained = _explained_marks(chart)
    figure.add_traces(explained)
    legend, height = _legend([trace.name for trace in explained])
    top = TOOLS + (PANEL_TITLE if chart.panels[0].title else 0)
    layout = _layout(total + top + 62 + (height if explained else 0), margin={"l": 62, "r": 14, "t": top, "b": 52})
    figure.update_layout(layout)
    if explained:
        figure.update_layout(showlegend=True, legend={**legend, "itemclick": False, "itemdoubleclick": False})
    return figure


def _add_levels(
    figure: go.Figure, chart: IntervalChart, panel: IntervalPanel, names: dict[str, Any], number: int
) -> None:
    """Draw the levels of a panel and dress its axes."""
    for place, row in enumerate(panel.rows):
        if row.second:
            figure.add_trace(_second_estimate(chart, row, row.second, place + SECOND), row=number, col=1)
        figure.add_trace(_estimate(chart, row, place), row=number, col=1)
    named = [f"<b>{name}</b>" if row.marked else name for row, name in zip(panel.rows, names["ticktext"], strict=True)]
    extent = chart.extent(panel)
    lowest = number == len(chart.panels) or not chart.shared
    figure.update_xaxes(
        {**_axis(Axis("", log=chart.x.log), extent), "range": _padded(extent, chart.x.log), "showticklabels": lowest},
        row=number,
        col=1,
    )
    range_ = [len(panel.rows) - 0.4, -0.6]
    figure.update_yaxes({**names, "ticktext": named, "range": range_, "fixedrange": True}, row=number, col=1)


def _estimate(chart: IntervalChart, row: IntervalRow, place: float) -> go.Scatter:
    return _dot(
        row.main,
        place,
        colour_of(row.colour),
        symbol="circle",
        size=11 if row.marked else 9,
        filled=row.marked,
        hovertext="<br>".join(
            [
                f"<b>{text(row.label, HOVER_WIDTH)}</b>",
                f"{text(chart.x.name)} {text(row.text or loss(row.main.value))} {text(chart.x.unit)}".rstrip(),
                *([text(chart.mark)] if row.marked and chart.mark else []),
                *([text(row.note, HOVER_WIDTH)] if row.note else []),
            ]
        ),
    )


def _second_estimate(chart: IntervalChart, row: IntervalRow, second: Interval, place: float) -> go.Scatter:
    low, high = second.ends
    between = f" ({loss(low)} to {loss(high)})" if low < high else ""
    return _dot(
        second,
        place,
        GREY,
        symbol="diamond",
        size=5,
        hovertext=f"<b>{text(row.label, HOVER_WIDTH)}</b><br>{text(chart.second)}: {loss(second.value)}{between}",
    )


def _dot(
    estimate: Interval, place: float, shade: str, symbol: str, size: int, hovertext: str, filled: bool = True
) -> go.Scatter:
    """Build a dot with the interval around it; nothing but the row's name where the value is not known."""
    low, high = estimate.ends
    thin = size < 7
    known = math.isfinite(estimate.value)
    return go.Scatter(
        mode="markers",
        x=[estimate.value if known else None],
        y=[place],
        error_x={
            "type": "data",
            "visible": low < high,
            "symmetric": False,
            "array": [high - estimate.value if known else 0],
            "arrayminus": [estimate.value - low if known else 0],
            "color": shade,
            "thickness": 1.2 if thin else 2.2,
            "width": 0 if thin else 4,
        },
        marker={
            "color": shade if filled else WHITE,
            "symbol": symbol,
            "size": size,
            "line": {"width": 0 if thin else 2, "color": shade},
        },
        showlegend=False,
        hoverinfo="text",
        hovertext=hovertext,
    )


def _explained_marks(chart: IntervalChart) -> list[go.Scatter]:
    """Build traces without points that explain the marks in the legend."""
    rows = [row for panel in chart.panels for row in panel.rows]
    marks = [(chart.mark, "circle", 10, INK, any(row.marked for row in rows))]
    marks += [(chart.unmarked, "circle", 9, WHITE, not all(row.marked for row in rows))]
    marks += [(chart.second, "diamond", 6, GREY, any(row.second for row in rows))]
    return [
        _explained(label, symbol, face, size, INK if symbol == "circle" else "")
        for label, symbol, size, face, needed in marks
        if label and needed
    ]


def _explained(label: str, symbol: str, face: str, size: int, edge: str = "") -> go.Scatter:
    """Build a trace without points, which explains a marker in the legend."""
    return go.Scatter(
        mode="markers",
        x=[None],
        y=[None],
        name=text(label, LEGEND_WIDTH),
        hoverinfo="skip",
        marker={
            "color": face,
            "symbol": symbol,
            "size": size,
            "line": {"width": 2 if edge else 0, "color": edge or face},
        },
    )


def _padded(extent: tuple[float, float], log: bool) -> list[float]:
    """Return the range of an axis with room at both ends, as plotly has it: in powers of ten on a logarithmic one."""
    low, high = (math.log10(end) for end in extent) if log else extent
    room = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return [low - room, high + room]


def _heat_map(chart: HeatMap) -> go.Figure:
    return go.Figure(
        [_cells(chart), _written_values(chart)],
        _layout(
            _height(chart),
            xaxis=_named_axis(chart.x, chart.columns),
            yaxis={**_named_axis(chart.y, chart.rows), "autorange": "reversed"},
            meta={"least": CELL_WIDTH * len(chart.columns) + BESIDE},
        ),
    )


def _panels(chart: Panels) -> go.Figure:
    """Draw heat maps below each other, each with its own colours."""
    count = len(chart.panels)
    figure = make_subplots(rows=count, cols=1, subplot_titles=[text(panel.title) for panel in chart.panels])
    for row, panel in enumerate(chart.panels, start=1):
        figure.add_traces([_written_values(panel), _cells(panel)], rows=row, cols=1)
        figure.update_xaxes(_named_axis(panel.x, panel.columns), row=row, col=1)
        figure.update_yaxes({**_named_axis(panel.y, panel.rows), "autorange": "reversed"}, row=row, col=1)
        top, bottom = figure.get_subplot(row, 1).yaxis.domain[::-1]
        figure.data[-1].colorbar.update(len=top - bottom, y=(top + bottom) / 2)
    least = CELL_WIDTH * max(len(panel.columns) for panel in chart.panels) + BESIDE
    margin = {"l": 62, "r": 14, "t": TOOLS + PANEL_TITLE, "b": 52}
    figure.update_layout(_layout(sum(map(_height, chart.panels)), meta={"least": least}, margin=margin))
    return figure


def _cells(chart: HeatMap) -> go.Heatmap:
    texts = [["" if math.isnan(value) else loss(value) for value in row] for row in chart.values]
    bound = max((abs(value) for row in chart.values for value in row if not math.isnan(value)), default=1.0)
    scale = {"colorscale": "RdBu_r", "zmin": -bound, "zmax": bound} if chart.centred else {"colorscale": "Viridis"}
    return go.Heatmap(
        x=list(range(len(chart.columns))),
        y=list(range(len(chart.rows))),
        z=chart.values,
        text=texts,
        zorder=0,
        hoverinfo="text",
        hovertext=[
            [
                f"{text(chart.y)} {text(row)}, {text(chart.x)} {text(column)}<br><b>{value or 'no run'}</b>"
                for column, value in zip(chart.columns, values, strict=True)
            ]
            for row, values in zip(chart.rows, texts, strict=True)
        ],
        colorbar=_colour_bar(chart.unit),
        xgap=2,
        ygap=2,
        **scale,
    )


def _written_values(chart: HeatMap) -> go.Scatter:
    """Build a trace of the values in their cells, black or white, whichever stands out: plotly writes in grey."""
    known = [
        (row, column, value)
        for row, values in enumerate(chart.values)
        for column, value in enumerate(values)
        if math.isfinite(value)
    ]
    losses = [value for _, _, value in known]
    bound = max(map(abs, losses), default=1.0) or 1.0
    low, high = (-bound, bound) if chart.centred else (min(losses, default=0.0), max(losses, default=1.0))
    grounds = sample_colorscale("RdBu_r" if chart.centred else SEQUENTIAL, _scaled(losses, low, high))
    inks = ["white" if palette.is_dark(unlabel_rgb(ground)) else "black" for ground in grounds]
    return go.Scatter(
        mode="text",
        x=[column for _, column, _ in known],
        y=[row for row, _, _ in known],
        text=[loss(value) for value in losses],
        textfont={"size": 14, "color": inks},
        zorder=1,
        hoverinfo="skip",
        showlegend=False,
    )


def _height(chart: HeatMap) -> int:
    return max(HEIGHT - 60, CELL_HEIGHT * len(chart.rows) + 100)


def _parallel(chart: Parallel) -> go.Figure:
    """A line for each configuration, the best on top, and a bar that explains the colours.

    plotly's own trace of that name needs WebGL, which not every browser has and no printer, and labels no line.
    """
    low, high = min(chart.losses), max(chart.losses)
    places = _scaled(chart.losses, low, high)
    colours, dark = (sample_colorscale(scale, places) for scale in (ON_WHITE, IN_THE_DARK))
    heights = [_scaled(dimension.values, *_ends(dimension)) for dimension in chart.dimensions]
    worst_first = sorted(range(len(chart.losses)), key=lambda index: -chart.losses[index])
    last = len(chart.dimensions) - 1
    figure = go.Figure(
        [
            *(_across(chart, index, [places[index] for places in heights], colours[index]) for index in worst_first),
            _explained_colours(chart.unit, low, high),
        ],
        _layout(
            HEIGHT + 20,
            margin={"l": 14, "r": 14, "t": TOOLS, "b": 40},
            xaxis={
                "range": [-0.15, last + 0.45],
                "tickmode": "array",
                "tickvals": list(range(last + 1)),
                "ticktext": [text(dimension.label) for dimension in chart.dimensions],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "automargin": True,
            },
            yaxis={"range": [-MARGIN, 1 + MARGIN], "visible": False, "fixedrange": True},
            meta={
                "least": DIMENSION * (last + 1),
                "highlights": True,
                "dark": {**dict(zip(colours, dark, strict=True)), **dict(zip(ON_WHITE, IN_THE_DARK, strict=True))},
            },
        ),
    )
    for place, dimension in enumerate(chart.dimensions):
        figure.add_shape(type="line", x0=place, x1=place, y0=0, y1=1, line={"color": GREY, "width": 1}, layer="below")
        _name_dimension(figure, place, dimension)
    return figure


def _across(chart: Parallel, index: int, heights: Sequence[float], shade: str) -> go.Scatter:
    label = chart.labels[index] if chart.labels else ""
    return go.Scatter(
        mode="lines+markers",
        x=list(range(len(heights))),
        y=list(heights),
        line={"color": shade, "width": 1.6},
        marker={"color": shade, "size": 5},
        name=text(label),
        hoverinfo="text",
        hovertext=f"<b>{text(label, HOVER_WIDTH)}</b><br>validation loss {loss(chart.losses[index])}",
    )


def _explained_colours(unit: str, low: float, high: float) -> go.Scatter:
    """Build a trace without points, which has the colour bar."""
    return go.Scatter(
        mode="markers",
        x=[None],
        y=[None],
        hoverinfo="skip",
        marker={
            "color": [low],
            "colorscale": ON_WHITE,
            "cmin": low,
            "cmax": high if high > low else low + 1e-9,
            "showscale": True,
            "colorbar": _colour_bar(unit),
        },
    )


def _name_dimension(figure: go.Figure, place: int, dimension: Dimension) -> None:
    low, high = _ends(dimension)
    named = list(zip(dimension.ticks, dimension.names, strict=True)) or [
        (value, f"{value:.4g}") for value in dict.fromkeys((low, high))
    ]
    heights = _scaled([tick for tick, _ in named], low, high)
    for height, (_, name) in zip(heights, named, strict=True):
        figure.add_annotation(
            x=place,
            y=height,
            text=text(name),
            showarrow=False,
            xanchor="left",
            xshift=6,
            bgcolor=_transparent(WHITE, 0.8),
            font={"size": 12, "color": INK},
        )


def _ends(dimension: Dimension) -> tuple[float, float]:
    places = [*dimension.values, *dimension.ticks]
    return min(places), max(places)


def _scaled(values: Sequence[float], low: float, high: float) -> list[float]:
    """Scale values to 0 at the low end and 1 at the high one."""
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]


def _legend(labels: Sequence[str]) -> tuple[dict[str, Any], int]:
    """Build a legend below a figure; return it and the pixels that it adds with one label a line."""
    rows = sum(text(label, LEGEND_WIDTH).count("<br>") + 1 for label in labels)
    share_a_row = max(map(len, labels), default=0) * 3 <= LEGEND_WIDTH
    place = {"x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"}
    legend = {"orientation": "h", "traceorder": "normal", "font": {"size": 12}, **place}
    return legend, LEGEND_ROW * (1 if share_a_row else rows)


def _on_paper(legend: int) -> int:
    """Return the height on paper of a figure with a legend that is so high."""
    return ON_PAPER + max(0, legend - FEW_ROWS * LEGEND_ROW)


def _axis(axis: Axis, values: Sequence[float] = ()) -> dict[str, Any]:
    """Build an axis with its unit and with ticks that suit its values."""
    settings = {**_plain_axis(axis.label), **_ticks(axis, values)}
    return {**settings, "type": "log"} if axis.log else settings


def _named_axis(label: str, names: Sequence[str], width: int | None = None) -> dict[str, Any]:
    """Build an axis of names, which stand at 0, 1, 2, …, wrapped at `width` characters."""
    return {
        **_plain_axis(label),
        "showgrid": False,
        "showline": False,
        "ticks": "",
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [text(name, width) for name in names],
    }


def _plain_axis(label: str) -> dict[str, Any]:
    return {
        "title": {"text": text(label), "standoff": 10, "font": {"size": 13}},
        "automargin": True,
        "showline": True,
        "linecolor": GREY,
        "ticks": "outside",
        "tickcolor": GREY,
        "ticklen": 4,
        "gridcolor": PALE,
        "zeroline": False,
    }


def _ticks(axis: Axis, values: Sequence[float]) -> dict[str, Any]:
    if axis.ticks:
        named = [f"{tick:g}" for tick in axis.ticks]
        return {"tickmode": "array", "tickvals": list(axis.ticks), "ticktext": named}
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return {}
    thousands = {"tickformat": "~s"} if max(known) >= 1000 else {}  # 20k parameters
    if axis.log:
        decades = math.log10(max(known) / min(known))
        return {"tickformat": "~g", **thousands, "dtick": 1 if decades > DECADES else "D2"}
    whole = all(float(value).is_integer() for value in known)
    return {**thousands, "dtick": 1} if whole and max(known) - min(known) <= FEW_EPOCHS else thousands


def _colour_bar(label: str) -> dict[str, Any]:
    """Build the colour bar of a heat map."""
    return {
        "title": {"text": text(label), "side": "right", "font": {"size": 13}},
        "thickness": 14,
        "outlinewidth": 0,
        "tickformat": ".4~f",
    }


def text(content: object, width: int | None = None) -> str:
    """Escape text for plotly, which reads tags in labels; a label comes from a user's files.

    Args:
        content: The text.
        width: The characters of a line; None for one line.
    """
    lines = textwrap.wrap(str(content), width) if width else [str(content)]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def _measured(axis: Axis, value: float, half: float) -> str:
    """Format a measured value, such as `validation loss 2.8770 ± 0.1020 nats per token`."""
    return f"{text(axis.name)} {plus_minus(value, half)} {text(axis.unit)}".rstrip().replace("<0", "&lt;0")


def _transparent(hexadecimal: str, opacity: float) -> str:
    """Return a transparent version of a colour of six hexadecimal digits."""
    red, green, blue = (int(hexadecimal[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
