"""The cost of quality: the time to a loss, and the Pareto front of loss against a cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rnnlab.records.reading import Run


def front(costs: Sequence[float], losses: Sequence[float]) -> list[bool]:
    """Return for each point whether it is on the Pareto front: none has as low a cost and loss, one of them lower.

    A point without a finite cost is not on it.
    """
    known = sorted((cost, loss) for cost, loss in zip(costs, losses, strict=True) if math.isfinite(cost))
    best: list[tuple[float, float]] = []
    for cost, loss in known:
        if not best or loss < best[-1][1]:
            best.append((cost, loss))
    return [point in best for point in zip(costs, losses, strict=True)]


def seconds_to(target: float, run: Run) -> float:
    """Return the seconds of training until the first validation with a loss of at most `target`; NaN without one.

    timing.csv has the seconds of each epoch's end. A validation inside an epoch is placed by its step.
    """
    loss = run.measure.validation
    reached = [row["step"] for row in run.curves("step", loss) if row[loss] <= target]
    clock = [(row["step"], row["seconds"]) for row in run.timing("step", "seconds")]
    if not (reached and clock):
        return math.nan
    steps, elapsed = zip(*clock, strict=True)
    return float(np.interp(reached[0], (0, *steps), (0, *elapsed)))
