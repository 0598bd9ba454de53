"""Findings beside the answer, in sentences: bounds, sizes, metrics and overfitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import Template
from typing import TYPE_CHECKING

import pandas as pd

from rnnlab.analysis.configurations import plain
from rnnlab.analysis.findings.overfitting import Overfit
from rnnlab.analysis.findings.saturation import Saturation
from rnnlab.charts.number_format import loss
from rnnlab.enumeration import joined
from rnnlab.records.metrics import Metric
from rnnlab.report.tables.thresholds import threshold_finding
from rnnlab.report.wording import decimals, interval

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

MOST_NAMED = 3  # configurations that are named before the rest is counted


def findings(comparison: Comparison) -> list[str]:
    """Return the sentences on the bound that was asked for, sizes, the metrics and overfitting, in this order."""
    return [
        *map(threshold_finding, comparison.threshold_reaches),
        *map(_saturation, comparison.saturations),
        *_metric_findings(comparison.metrics, comparison.table),
        *_overfitting(comparison.overfitting, comparison.unit),
    ]


def _saturation(saturation: Saturation) -> str:
    levels = ", ".join(f"{level} for {joined(cells)}" for level, cells in saturation.limits.items())
    return f"{saturation.factor.name} by {saturation.kind}: the smallest that could still be the best is {levels}."


def _metric_findings(metrics: Sequence[Metric], ranking: pd.DataFrame) -> list[str]:
    """Return the sentences that metrics declare, for each data set, on the best configuration there."""
    by = "data" if "data" in ranking else None
    groups = [(plain(name), rows) for name, rows in ranking.groupby(by, sort=False)] if by else [("", ranking)]
    return [
        _metric_finding(metric, metrics, data, rows.iloc[0])
        for metric in metrics
        if metric.finding and metric.column in ranking
        for data, rows in groups
        if not math.isnan(rows[metric.column].iloc[0])
    ]


def _metric_finding(metric: Metric, metrics: Sequence[Metric], data: str, row: pd.Series) -> str:
    values = {other.key: decimals(row[other.column], 3) for other in metrics if other.column in row}
    return Template(metric.finding).safe_substitute(values, of_data=f" of {data}" if data else "")


def _overfitting(cases: Sequence[Overfit], unit: str) -> list[str]:
    if not cases:
        return []
    named = joined([_overfit(case, "" if index else unit) for index, case in enumerate(cases[:MOST_NAMED])])
    more = f"; so do {len(cases) - MOST_NAMED} more, by less" if len(cases) > MOST_NAMED else ""
    return [f"overfitting: {named}{more}."]


def _overfit(case: Overfit, unit: str) -> str:
    rise = " ".join(filter(None, [interval(case.rise), unit]))
    return (
        f"{case.label} ends {rise} above its lowest validation loss, that of epoch {case.best:.3g} of"
        f" {case.epochs:.3g}, while its training loss falls by {loss(case.fall)}"
    )
