"""The statistics of a ranking: means with intervals. What may be said of differences is `rnnlab.analysis.inference`.

Student's t throughout: a percentile bootstrap of 3 seeds covers the true mean in 76 of 100 cases where it says 95.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import stdtrit  # Student's distribution; scipy.stats takes a second to import

CONFIDENCE = 0.95

Seeds = Mapping[Any, float]
"""The values of one setting, by seed."""


@dataclass(frozen=True)
class Mean:
    """A mean with the half width of its 95% interval, which is NaN for a single value.

    Attributes:
        value: The mean.
        half: Half the width of the interval.
        values: The number of values.
    """

    value: float
    half: float
    values: int


def mean(values: Iterable[float]) -> float:
    """Return the mean of the finite values; NaN where there are none."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan


def sample_sd(values: Sequence[float]) -> float:
    """Return the sample standard deviation (divided by n - 1) of the finite values; NaN for fewer than two."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.stdev(known) if len(known) > 1 else math.nan


def mean_of(settings: Sequence[Seeds]) -> Mean:
    """Compute the mean over settings of the mean over their seeds, with Student's interval.

    A seed brings the same initial weights and order of batches to several settings, so its runs are not independent:
    each seed is averaged over the settings first, and the means of the seeds are what the interval is made of.

    Args:
        settings: The values of each setting by seed; values that are not finite do not count.
    """
    known = [{seed: value for seed, value in seeds.items() if math.isfinite(value)} for seeds in settings]
    count = sum(map(len, known))
    if not all(known):
        return Mean(mean(mean(seeds.values()) for seeds in known), math.nan, count)
    repeated = _repetitions(known)
    variance, freedom = _variance(repeated)
    return Mean(mean(map(mean, repeated)), _half(variance, freedom), count)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number, so that they bound the chance of any false positive (Holm 1979)."""
    ascending = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(ascending):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        corrected[index] = largest
    return corrected


def _repetitions(settings: Sequence[Seeds]) -> list[list[float]]:
    """Return one mean for each seed that all settings have; where those are too few, the values of each setting.

    Settings that share no seeds share no luck either, and count as independent.
    """
    shared = [seed for seed in settings[0] if all(seed in seeds for seeds in settings)]
    if len(shared) > 1:
        return [[mean(seeds[seed] for seeds in settings) for seed in shared]]
    return [list(seeds.values()) for seeds in settings]


def _variance(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the variance of a mean of means, and its degrees of freedom (Satterthwaite 1946)."""
    parts = [(sample_sd(values) ** 2 / len(values) / len(groups) ** 2, len(values) - 1) for values in groups]
    total = math.fsum(part for part, _ in parts)  # NaN where a group has one value
    weighted = math.fsum(part**2 / freedom for part, freedom in parts if freedom and part > 0)
    return total, total**2 / weighted if weighted else math.nan


def _half(variance: float, freedom: float) -> float:
    if variance == 0:
        return 0.0
    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2)) * math.sqrt(variance) if freedom > 0 else math.nan
