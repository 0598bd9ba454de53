"""A metric along each factor of numbers, for the bound that `holds=` asks about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rnnlab.analysis.findings.threshold import ThresholdReach
from rnnlab.charts.values import Axis, Lines
from rnnlab.report.figures.grouping import looks
from rnnlab.report.figures.lines import MOST_LINES, is_wide, line_of_means

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

UNBOUNDED = (-math.inf, math.inf)


def threshold(comparison: Comparison) -> list[Lines]:
    """Draw the means along each factor; nothing where no bound was asked about."""
    bounds = {name: metric.bounds for metric in comparison.metrics for name in (metric.validation, metric.test)}
    reaches = comparison.threshold_reaches
    return [threshold_chart(reach, bounds.get(reach.threshold.metric, UNBOUNDED)) for reach in reaches]


def threshold_chart(reach: ThresholdReach, bounds: tuple[float, float] = UNBOUNDED) -> Lines:
    """Draw the means along one factor as lines with their intervals, as far as the metric has such values."""
    metric = reach.threshold.metric
    least, most = bounds
    appearance = looks([reach.kind], [[name] for name in reach.rows])
    lines = [
        line_of_means(name or "mean", means, look, least, most)
        for (name, means), look in zip(reach.rows.items(), appearance, strict=True)
    ]
    left_out = max(0, len(lines) - MOST_LINES)
    more = f" The first {MOST_LINES} rows of the table are drawn, {left_out} left out." if left_out else ""
    cut = f", as far as they lie between {least:g} and {most:g}" if bounds != UNBOUNDED else ""
    ticks = tuple(sorted({x for line in lines for x in line.x}))
    return Lines(
        name=f"holds-by-{reach.axis}",
        title=f"{metric} against {reach.axis}",
        caption=f"{metric} against {reach.axis}: means over seeds with their 95% intervals{cut}.{more}",
        x=Axis(reach.axis, log=is_wide(ticks), ticks=ticks),
        y=Axis(metric),
        lines=tuple(lines[:MOST_LINES]),
        legend=reach.kind,
    )
