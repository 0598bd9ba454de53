"""Which charts a comparison gives, worked out from its ranking."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from rnnlab.analysis.configurations import number_of, plain
from rnnlab.analysis.curves import LEARNING, learning_curves
from rnnlab.analysis.factors import Factor
from rnnlab.analysis.overfitting import OVERFITTING, overfitting_chart
from rnnlab.analysis.statistics import mean
from rnnlab.charts.values import Axis, Changes, Chart, HeatMap, Line, Lines, Point, Scatter
from rnnlab.report.changes import changes
from rnnlab.report.examples import example_charts
from rnnlab.report.parallel import parallel_coordinates

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

MOST_LINES = 8  # as many as colours and dashes still tell apart
MANY = 3  # settings from which lines across parallel axes say more than a table
WIDE = 8.0  # a range of costs whose ends are so many times apart is shown on a logarithmic axis
GROUPED_BY = ("cell", "task", "data")  # what lines and points are told apart by, the first of them that varied
AVERAGED = "averaged over the other settings, those that all of them have"
INTERVAL = "bars and bands are 95% intervals of the mean over seeds"


def charts(comparison: Comparison) -> list[Chart]:
    """Learning curves always; the others as far as something was forecast, or varied, that they could show."""
    numeric = [factor for factor in comparison.factors if factor.numeric]
    found: list[Chart] = [learning_curves(comparison), *overfitting_chart(comparison), *example_charts(comparison)]
    found += [each.chart() for each in comparison.holdings]
    # Where one setting is changed at a time, a chart of each would have one line and a crowd of single points.
    found += [changes(comparison)] if comparison.base else [_against(comparison, factor) for factor in numeric]
    costs = [cost for cost in ("parameters", "seconds") if comparison.ranking[cost].notna().any()]
    if len(comparison.ranking) > 1:
        found += [_against_cost(comparison, cost) for cost in costs]
    if comparison.base:
        return found
    found += _heat_map(comparison)
    if len(comparison.settings) >= MANY:
        found.append(parallel_coordinates(comparison))
    return found


def telling_charts(comparison: Comparison) -> list[Chart]:
    """Those that a page of text has room for: forecasts, loss against what varied and time, learning curves."""
    drawn, last = charts(comparison), (LEARNING, OVERFITTING, "loss-and-seconds")
    by = [chart for chart in drawn if isinstance(chart, Lines | Changes) and chart.name not in last]
    return [*by, *(chart for chart in drawn if chart.name in last)]


def _against(comparison: Comparison, factor: Factor) -> Lines:
    """Loss against a factor of numbers, a line for every setting of the rest, or for each cell where that is many."""
    name = factor.axis
    table = comparison.ranking[comparison.ranking[name].map(lambda value: number_of(value) is not None)]
    others = [each for each in comparison.settings if each not in (name, *factor.others)]
    by = others
    if by and len(table.groupby(by, dropna=False)) > MOST_LINES:
        by = [each for each in GROUPED_BY if each in others][:1]
    if by != others:
        table = _balanced(table, [name], by, others)
    groups = list(table.groupby(by, dropna=False)) if by else [((), table)]
    lines = [_line(_called(by, key), rows, name, complete=by == others) for key, rows in groups]
    lines.sort(key=lambda line: mean(line.y))
    shown = f"; {INTERVAL}" if by == others else f", {AVERAGED}"
    if (left_out := len(lines) - MOST_LINES) > 0:
        shown += f". The {MOST_LINES} lowest lines are drawn, {left_out} left out"
    ticks = tuple(sorted({float(value) for value in table[name]}))
    return Lines(
        name=f"loss-by-{name}",
        title=f"Loss against {name}",
        caption=f"Validation loss against {factor.name}{shown}.",
        x=Axis(name, log=_wide(ticks), ticks=ticks),
        y=Axis("validation loss", comparison.unit),
        lines=tuple(lines[:MOST_LINES]),
        legend=", ".join(by),
    )


def _balanced(table: pd.DataFrame, along: list[str], within: list[str], others: list[str]) -> pd.DataFrame:
    """The rows at settings that every level has, so that a mean compares like with like; all where there are none.

    Args:
        table: The ranking.
        along: The factors whose levels are compared.
        within: What has a comparison of its own.
        others: Every setting but those of `along`.
    """
    rest = [name for name in others if name not in within]
    if not rest:
        return table
    key, level, group = (_joined(table, names) for names in (rest, along, within))
    shared = table[level.groupby([group, key]).transform("nunique") == level.groupby(group).transform("nunique")]
    return table if shared.empty else shared


def _joined(table: pd.DataFrame, names: list[str]) -> pd.Series[str]:
    """Each row's values of some columns as one."""
    return table[names].apply(lambda row: json.dumps([str(value) for value in row]), axis=1)


def _line(label: str, rows: pd.DataFrame, name: str, complete: bool) -> Line:
    """The means at each level; a band only where a point is one configuration."""
    levels = [(float(str(level)), of) for level, of in rows.groupby(name)]
    y = [mean(of["val_loss"]) for _, of in levels]
    half = [of["val_loss_half"].iloc[0] if complete and len(of) == 1 else math.nan for _, of in levels]
    known = [0.0 if math.isnan(each) else each for each in half]
    return Line(
        label=label,
        x=tuple(level for level, _ in levels),
        y=tuple(y),
        low=tuple(value - each for value, each in zip(y, known, strict=True)),
        high=tuple(value + each for value, each in zip(y, known, strict=True)),
    )


def _against_cost(comparison: Comparison, cost: str) -> Scatter:
    table = comparison.ranking[comparison.ranking[cost].notna()]
    by = next((name for name in GROUPED_BY if name in comparison.settings), None)
    points = tuple(
        Point(
            label=row["label"],
            group=plain(row[by]) if by else "",
            x=row[cost],
            y=row["val_loss"],
            half=row["val_loss_half"],
            on_front=row[f"on_{cost}_front"],
        )
        for row in table.to_dict("records")
    )
    label = {"parameters": "trainable parameters", "seconds": "training time (seconds)"}[cost]
    return Scatter(
        name=f"loss-and-{cost}",
        title=f"Loss against {label.partition(' (')[0]}",
        caption=f"Every configuration by its {label.partition(' (')[0]} and its validation loss. Nothing lies below"
        f" and left of the line, the Pareto front; {INTERVAL}.",
        x=Axis(label, log=_wide([point.x for point in points])),
        y=Axis("validation loss", comparison.unit),
        points=points,
    )


def _heat_map(comparison: Comparison) -> list[HeatMap]:
    """The mean loss over two factors; the cell and the factor of most levels where there are more."""
    varied = comparison.factors
    if len(varied) < 2:
        return []
    rows = next((factor for factor in varied if factor.axis in GROUPED_BY), varied[0])
    columns = max((factor for factor in varied if factor is not rows), key=lambda factor: len(factor.levels))
    told = (rows.axis, columns.axis, *rows.others, *columns.others)
    others = [name for name in comparison.settings if name not in told]
    shared = _balanced(comparison.ranking, [rows.axis, columns.axis], [], others)
    table = shared.pivot_table("val_loss", rows.axis, columns.axis, aggfunc="mean", sort=True)
    rest = f", {AVERAGED}" if others else ""
    return [
        HeatMap(
            name="heat-map",
            title=f"Loss over {rows.axis} and {columns.axis}",
            caption=f"Mean validation loss for each {rows.axis} and {columns.axis}{rest}.",
            x=columns.axis,
            y=rows.axis,
            columns=tuple(map(plain, table.columns)),
            rows=tuple(map(plain, table.index)),
            values=tuple(tuple(map(float, row)) for row in table.to_numpy()),
            unit=f"validation loss ({comparison.unit})",
        )
    ]


def _called(names: Sequence[str], key: Any) -> str:
    values = key if isinstance(key, tuple) else (key,)
    pairs = zip(names, values, strict=False)
    return ", ".join(plain(v) if name in GROUPED_BY else f"{name} {plain(v)}" for name, v in pairs) or "mean"


def _wide(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) >= WIDE
