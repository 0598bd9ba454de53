"""Estimates: the expected result of each level of a group, with the variance of its seeds."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # Student's distribution; scipy.stats takes a second to import

from rnnlab.analysis.inference.observations import Seeds, in_order
from rnnlab.analysis.inference.variances import Array, Prior, cautious_of, fit_prior, freedom_of_pool, moderated

CONFIDENCE = 0.95
CAUTION = 0.5  # of intervals: without any those of the noisiest levels are too narrow


@dataclass(frozen=True)
class Estimate:
    """The expected result of a level at its tuned setting.

    Attributes:
        level: The level.
        seeds: The values that the mean is of, by seed.
        mean: Their mean.
    """

    level: str
    seeds: Seeds
    mean: float

    @property
    def count(self) -> int:
        """The number of seeds."""
        return len(self.seeds)


@dataclass(frozen=True)
class Luck:
    """The variance of a seed, as all configurations of a comparison tell it.

    Attributes:
        best: A prior that describes it well, for intervals.
        cautious: A prior that trusts the agreement of few variances less, for tests.
        freedom: The degrees of freedom that no variance can have more of.
    """

    best: Prior
    cautious: Prior
    freedom: float


@dataclass(frozen=True)
class Spread:
    """The variance of a seed at each level.

    Attributes:
        variances: One a level; NaN where one seed is all there is and no other configuration has several.
        freedoms: Their degrees of freedom.
        most: The degrees of freedom that no combination of them can have more of.
    """

    variances: Array
    freedoms: Array
    most: float


def estimate(level: str, seeds: Mapping[Hashable, float]) -> Estimate:
    """Return the estimate of a level from the values of its seeds."""
    return Estimate(level, dict(seeds), math.fsum(seeds.values()) / len(seeds))


def luck(blocks: Sequence[Sequence[Seeds]]) -> Luck:
    """Learn the variance of a seed from all configurations.

    Args:
        blocks: The values of configurations by seed; the luck of a seed may be shared within a block.
    """
    samples = [np.array(list(seeds.values())) for block in blocks for seeds in block if len(seeds) > 1]
    variances = np.array([sample.var(ddof=1) for sample in samples])
    freedoms = np.array([len(sample) - 1.0 for sample in samples])
    if not samples:
        return Luck(Prior(math.nan, 0.0), Prior(math.nan, 0.0), 0.0)
    best, careful = (fit_prior(variances, freedoms, caution) for caution in (CAUTION, cautious_of(freedoms)))
    return Luck(best, careful, freedom_of_pool([array for block in blocks for array in _arrays(block)]))


def spread(estimates: Sequence[Estimate], known: Luck, prior: Prior) -> Spread:
    """Return the variance of each level, shrunk towards the prior's; that of a level with one seed is the prior's."""
    samples = [np.array(list(estimate.seeds.values())) for estimate in estimates]
    variances = np.array([sample.var(ddof=1) if len(sample) > 1 else math.nan for sample in samples])
    freedoms = np.array([len(sample) - 1.0 for sample in samples])
    alone = freedoms == 0
    shrunk, total = moderated(np.where(alone, 0.0, variances), freedoms, prior)
    nothing = alone & (prior.freedom == 0)
    # What all configurations say together is bounded by what they share; what each says of itself is not, and runs
    # that diverged can be all that a level repeats.
    most = math.inf if prior.freedom == 0 or known.freedom == 0 else known.freedom
    return Spread(np.where(nothing, math.nan, shrunk), np.minimum(np.where(nothing, math.nan, total), most), most)


def half_width(variance: float, freedom: float, count: int) -> float:
    """Return half of the 95% interval of a mean (Student's t).

    It is NaN without a variance, and with one of which less than a degree of freedom is known: so little do other
    configurations then say of a single seed's luck that the interval would be thousands wide.
    """
    if variance == 0:
        return 0.0
    if freedom < 1:
        return math.nan
    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2)) * math.sqrt(variance / count)


def _arrays(block: Sequence[Seeds]) -> list[Array]:
    """Return the values of a block as (configurations, seeds), one array for each set of seeds."""
    by_seeds: dict[tuple[Hashable, ...], list[list[float]]] = {}
    for seeds in block:
        if len(seeds) > 1:
            order = tuple(in_order(seeds))
            by_seeds.setdefault(order, []).append([seeds[seed] for seed in order])
    return [np.array(rows) for rows in by_seeds.values()]
