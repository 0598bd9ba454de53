"""The sentences that metrics declare about the best configuration, such as how it compares with naive forecasts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import Template

import pandas as pd

from rnnlab.analysis.configurations import plain
from rnnlab.records.metrics import Metric
from rnnlab.report.wording import decimals


def metric_findings(metrics: Sequence[Metric], ranking: pd.DataFrame) -> list[str]:
    """Return a sentence for each metric that declares one and each data set, on the best configuration there."""
    by = "data" if "data" in ranking else None
    groups = [(plain(name), rows) for name, rows in ranking.groupby(by, sort=False)] if by else [("", ranking)]
    return [
        _sentence(metric, metrics, data, rows.iloc[0])
        for metric in metrics
        if metric.finding and metric.column in ranking
        for data, rows in groups
        if not math.isnan(rows[metric.column].iloc[0])
    ]


def _sentence(metric: Metric, metrics: Sequence[Metric], data: str, row: pd.Series) -> str:
    values = {other.key: decimals(row[other.column], 3) for other in metrics if other.column in row}
    return Template(metric.finding).safe_substitute(values, of_data=f" of {data}" if data else "")
