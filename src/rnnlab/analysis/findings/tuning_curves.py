"""Tuning curves: the best result after so many trials, and how sure one can be of it.

The curve of a level is the median, over all tunings with k random trials, of the best result among them. Its band
comes from simultaneous confidence bands of the distribution of one trial (Learned-Miller and DeStefano 2008, *IEEE
Transactions on Information Theory* 54), so that it holds at every k at once (Lourie, Cho and He 2024, *Show Your Work
with Confidence: Confidence Bands for Tuning Curves*, NAACL). Independent draws are all that it asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

CONFIDENCE = 0.95
FEWEST = 3  # trials of which a curve says something
SEED = 0  # of the simulation that finds how wide bands of so many trials are


@dataclass(frozen=True)
class TuningCurve:
    """The best result after 1, 2, … trials; lower is better.

    Attributes:
        median: The median of the best result after so many trials; infinite where half of the trials gave none.
        low: The lower edge of the band; minus infinity where so few trials leave open how good the best may be.
        high: The upper edge; infinity where they leave open how bad it may be.
    """

    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def tuning_curve(values: Sequence[float]) -> TuningCurve:
    """Return the tuning curve of the results of independent trials, up to their number.

    Args:
        values: One a trial, of which lower is better; NaN for a trial without a result, which is worse than all others.
    """
    ordered = sorted(math.inf if math.isnan(value) else value for value in values)
    edges = [-math.inf, *ordered, math.inf]
    low, median, high = _places(len(ordered))
    return TuningCurve(*(tuple(edges[place] for place in places) for places in (median, low, high)))


@cache
def _places(trials: int) -> tuple[tuple[int, ...], ...]:
    """Return the places, in order from 1, of the results that are the lower edge, the curve and the upper edge.

    They depend on the number of trials alone: 0 stands for minus infinity and one more than the trials for infinity.
    """
    import numpy as np
    from opda.nonparametric import EmpiricalDistribution  # a second to import, which few reports need

    ranks, numbers = np.arange(1.0, trials + 1), np.arange(1, trials + 1)
    bands = EmpiricalDistribution.confidence_bands(
        ranks, CONFIDENCE, generator=np.random.default_rng(SEED), method="ld_equal_tailed", n_jobs=1
    )
    upper, middle, lower = (band.quantile_tuning_curve(numbers, minimize=True) for band in bands)
    return tuple(
        tuple(int(min(max(place, 0), trials + 1)) for place in places.tolist()) for places in (lower, middle, upper)
    )
