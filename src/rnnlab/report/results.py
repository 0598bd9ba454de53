"""The result of a run in words: what it is ranked by, then its test beside chance."""

from __future__ import annotations

import math

from rnnlab.analysis.criterion import Criterion
from rnnlab.charts.number_format import loss, three_digits
from rnnlab.records.metrics import shown_in_tables
from rnnlab.records.reading import Run


def result_of(run: Run, by: Criterion) -> str:
    """Return such as `validation loss 0.5928 nats per word; test: accuracy 0.8018 (chance 0.164), loss 0.6013`."""
    metrics = [metric for metric in (*shown_in_tables(run.declared), run.measure) if not metric.baseline_of]
    tested = []
    for metric in metrics:
        value, chance = run.value(metric.test), run.chance(metric.test)
        if math.isfinite(value):
            beside = f" (chance {three_digits(chance)})" if math.isfinite(chance) else ""
            tested.append(f"{metric.title.removeprefix('test ')} {loss(value)}{beside}")
    unit = f" {by.metric.unit}" if by.metric.unit else ""
    ranked = f"{by.title} {loss(run.value(by.name))}{unit}"
    return f"{ranked}; test: {', '.join(tested)}" if tested else ranked
