"""Charts in words, for readers who listen to a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import assert_never

from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    HeatMap,
    IntervalChart,
    IntervalRow,
    Line,
    Lines,
    Panels,
    Parallel,
    Scatter,
)

MOST = 8  # lines, points or rows that are read out


def in_words(chart: Chart) -> str:
    """Say what a chart shows: its axes, then its lines or its points with their values, the first eight of them."""
    match chart:
        case Lines():
            said = _lines(chart)
        case Scatter():
            said = _scatter(chart)
        case Changes():
            said = _changes(chart)
        case HeatMap():
            said = _heat_map(chart)
        case Panels():
            said = " ".join(f"{panel.title}: {_heat_map(panel)}" for panel in chart.panels)
        case Parallel():
            said = _parallel(chart)
        case IntervalChart():
            said = _intervals(chart)
        case _:
            assert_never(chart)
    return said


def _lines(chart: Lines) -> str:
    return f"{chart.y.label} against {chart.x.label}. {_listed([_line(chart.x, line) for line in chart.lines])}"


def _line(x: Axis, line: Line) -> str:
    known = [(place, value) for place, value in zip(line.x, line.y, strict=True) if math.isfinite(value)]
    if not known:
        return f"{line.label}: no point"
    first, last = known[0], known[-1]
    if first == last:
        return f"{line.label}: {loss(first[1])} at {x.name} {first[0]:g}"
    return f"{line.label}: from {loss(first[1])} at {x.name} {first[0]:g} to {loss(last[1])} at {last[0]:g}"


def _scatter(chart: Scatter) -> str:
    front = sorted((point for point in chart.points if point.on_front), key=lambda point: point.x)
    named = [f"{point.label} with {point.x:,.4g}: {plus_minus(point.y, point.half)}" for point in front]
    return (
        f"{chart.y.label} against {chart.x.label} of {_number(len(chart.points), 'configuration')}."
        f" On the Pareto front: {_listed(named)}"
    )


def _changes(chart: Changes) -> str:
    named = [
        f"{label}: {plus_minus(value, half)}"
        for label, value, half in zip(chart.labels, chart.losses, chart.halves, strict=True)
    ]
    return f"{chart.x.label}; the base has {loss(chart.base)}. {_listed(named)}"


def _heat_map(chart: HeatMap) -> str:
    known = [
        (value, row, column)
        for row, values in zip(chart.rows, chart.values, strict=True)
        for column, value in zip(chart.columns, values, strict=True)
        if math.isfinite(value)
    ]
    said = f"{chart.unit} for {chart.y} in {_number(len(chart.rows), 'row')} and {chart.x} in" + (
        f" {_number(len(chart.columns), 'column')}."
    )
    if not known:
        return said
    named = [
        f"{which} {loss(value)} at {chart.y} {row}, {chart.x} {column}"
        for which, (value, row, column) in (
            ("lowest", min(known, key=lambda cell: cell[0])),
            ("highest", max(known, key=lambda cell: cell[0])),
        )
    ]
    return f"{said} {_listed(named)}"


def _parallel(chart: Parallel) -> str:
    names = ", ".join(dimension.label for dimension in chart.dimensions)
    said = f"{_number(len(chart.losses), 'configuration')} across {names}."
    if not chart.labels:
        return said
    ranked = sorted(zip(chart.losses, chart.labels, strict=True))
    return f"{said} Lowest first: {_listed([f'{label}: {loss(value)}' for value, label in ranked])}"


def _intervals(chart: IntervalChart) -> str:
    panels = [
        f"{panel.title}: {rows}" if panel.title else rows
        for panel in chart.panels
        for rows in [_listed([_row(chart, row) for row in panel.rows])]
    ]
    return f"{chart.x.label}. {' '.join(panels)}"


def _row(chart: IntervalChart, row: IntervalRow) -> str:
    if not math.isfinite(row.main.value):
        return f"{row.label}: not known"
    low, high = row.main.ends
    said = row.text or (f"{loss(row.main.value)}, {loss(low)} to {loss(high)}" if low < high else loss(row.main.value))
    mark = chart.mark if row.marked else chart.unmarked
    return f"{row.label}: {said}{f', {mark}' if mark else ''}"


def _listed(parts: Sequence[str]) -> str:
    left_out = len(parts) - MOST
    return "; ".join([*parts[:MOST], *([f"{left_out} more"] if left_out > 0 else [])]) + "."


def _number(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
