"""The predictions of the best runs on the test part, as their tasks have drawn them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.charts.values import Lines
from rnnlab.report.sections.examples import read_examples

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def predictions(comparison: Comparison) -> list[Lines]:
    """Return the charts that the best runs left, those of each quantity from the best run that predicts it."""
    best: dict[tuple[str, str], tuple[str, Lines]] = {}
    for label, run in comparison.best_runs:
        for chart in read_examples(run).charts:
            best.setdefault((chart.name, chart.y.label), (label, chart))
    names = [name for name, _ in best]
    return [
        replace(
            chart,
            name=name if names.count(name) == 1 else f"{name}-{re.sub(r'[^a-z0-9]+', '-', quantity.lower())}",
            caption=f"{chart.caption} Of the best run of {label}.",
        )
        for (name, quantity), (label, chart) in best.items()
    ]
