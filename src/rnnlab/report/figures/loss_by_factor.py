"""The loss against each factor of numbers, such as the hidden size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from rnnlab.analysis.configurations import number_of, plain
from rnnlab.analysis.criterion import Criterion
from rnnlab.analysis.factors import Factor
from rnnlab.analysis.findings.balance import balanced
from rnnlab.analysis.statistics import Mean, mean
from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.report.figures.grouping import AVERAGED, GROUPED_BY, Look, looks
from rnnlab.report.figures.lines import INTERVAL, MOST_LINES, is_wide, line_of_means
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def loss_by_factor(comparison: Comparison) -> list[Lines]:
    """Draw a chart for each factor of numbers.

    There is none where one setting of a base is changed at a time: it would have one line and a crowd of single points.
    """
    if comparison.base:
        return []
    return [_chart(comparison, factor) for factor in comparison.factors if factor.numeric]


def _chart(comparison: Comparison, factor: Factor) -> Lines:
    """Draw a line for every setting of the rest, or for each cell where those are too many."""
    name = factor.axis
    table = comparison.ranking[comparison.ranking[name].map(lambda value: number_of(value) is not None)]
    others = [setting for setting in comparison.settings if setting not in (name, *factor.others)]
    by = others
    if by and len(table.groupby(by, dropna=False)) > MOST_LINES:
        by = [setting for setting in GROUPED_BY if setting in others][:1]
    criterion, averaged = comparison.criterion, by != others
    if averaged:
        table = balanced(table, [name], by, others)
    groups = list(table.groupby(by, dropna=False)) if by else [((), table)]
    keys = [key if isinstance(key, tuple) else (key,) for key, _ in groups]
    lines = [
        _line(_label(by, key), rows, name, criterion, averaged, look)
        for key, (_, rows), look in zip(keys, groups, looks(by, keys), strict=True)
    ]
    lines.sort(key=lambda line: criterion.sign * mean(line.y))
    caption = f"{capitalized(criterion.title)} against {factor.name}{f', {AVERAGED}' if averaged else f'; {INTERVAL}'}"
    if (left_out := len(lines) - MOST_LINES) > 0:
        caption += f". The {MOST_LINES} {criterion.best} lines are drawn, {left_out} left out"
    ticks = tuple(sorted({float(value) for value in table[name]}))
    return Lines(
        name=f"{criterion.slug}-by-{name}",
        title=f"{capitalized(criterion.noun)} against {name}",
        caption=f"{caption}.",
        x=Axis(name, log=is_wide(ticks), ticks=ticks),
        y=Axis(criterion.title, criterion.metric.unit),
        lines=tuple(lines[:MOST_LINES]),
        legend=", ".join(by),
    )


def _line(label: str, rows: pd.DataFrame, name: str, by: Criterion, averaged: bool, look: Look) -> Line:
    """Draw the mean at each level; it has an interval only where it is of one configuration."""
    means = {}
    for level, at_level in rows.groupby(name):
        half = math.nan if averaged or len(at_level) > 1 else at_level[f"{by.column}_half"].iloc[0]
        means[float(str(level))] = Mean(mean(at_level[by.column]), half, len(at_level))
    return line_of_means(label, means, look, *by.metric.bounds)


def _label(names: Sequence[str], key: Sequence[Any]) -> str:
    pairs = zip(names, key, strict=False)
    return ", ".join(plain(v) if name in GROUPED_BY else f"{name} {plain(v)}" for name, v in pairs) or "mean"
