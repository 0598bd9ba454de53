"""Contrasts: every two levels, held to one error rate over a whole report, and what may be said of each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnnlab.analysis.inference.estimates import Estimate, Spread
from rnnlab.analysis.inference.studentized import critical, critical_bounds, p_bounds, p_values
from rnnlab.analysis.inference.variances import Array, cautious, fit_prior, moderated

ERROR = 0.05  # of all contrasts of a report together: in one report of twenty without differences one is named
Indices = NDArray[np.intp]
Verdict = Literal["better", "worse", "equal", "undecided"]
OPPOSITE: dict[Verdict, Verdict] = {"better": "worse", "worse": "better", "equal": "equal", "undecided": "undecided"}


@dataclass(frozen=True)
class Pairs:
    """The pairs of results that are compared.

    Attributes:
        units: The indices of the first and the second results.
        levels: The indices of their levels.
        below: Where the difference bounds that of the levels from below.
        above: Where it does so from above.
    """

    units: tuple[Indices, Indices]
    levels: tuple[Indices, Indices]
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]

    def differences(self, means: Array, errors: Array, freedoms: Array) -> Differences:
        """Return the differences of these pairs."""
        return Differences(*self.levels, means, errors, freedoms, self.below, self.above)


def every_two(count: int) -> Pairs:
    """Return every pair of so many results, each of a level of its own."""
    a, b = np.triu_indices(count, 1)
    both = np.ones(len(a), dtype=bool)
    return Pairs((a, b), (a, b), both, both)


def with_alternatives(alternatives: Sequence[int]) -> Pairs:
    """Return the pairs of levels of which each comes first and is followed by so many results at other settings.

    The first results of both bound the difference on both sides; the alternatives of a level bound it on the side
    where the level is the better one.
    """
    counts = np.array(alternatives, dtype=int)
    starts = np.concatenate([[0], np.cumsum(counts + 1)])
    a, b = np.triu_indices(len(counts), 1)
    sizes = 1 + counts[a] + counts[b]
    pair = np.repeat(np.arange(len(a)), sizes)
    place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # within the pair: 0 for the first two
    a, b = a[pair], b[pair]
    below, above = place <= counts[a], (place == 0) | (place > counts[a])
    units = starts[a] + np.where(below, place, 0), starts[b] + np.where(below, 0, place - counts[a])
    return Pairs(units, (a, b), below, above)


@dataclass(frozen=True)
class Differences:
    """Differences between levels, first minus second, several of a pair where a level could be tuned otherwise.

    A level is shown to be worse than another if it is worse at every setting that could be its best, so each difference
    bounds the pair's from below, from above, or from both sides.

    Attributes:
        first: The indices of the first levels.
        second: The indices of the second levels, each larger than the first.
        means: The differences of the means.
        errors: Their standard errors; NaN where there are too few seeds.
        freedoms: The degrees of freedom of these.
        below: True where a difference bounds that of its pair from below: the first level may be tuned otherwise.
        above: True where it does so from above: the second level may be.
        ranged: Whether the largest of them is held to the studentised range, or else to Bonferroni's bound.
    """

    first: Indices
    second: Indices
    means: Array
    errors: Array
    freedoms: Array
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]
    ranged: bool = True

    @property
    def pair(self) -> Indices:
        """The index of the pair of each difference, in the order of the levels."""
        levels = int(self.second.max(initial=0)) + 1
        return self.first * levels - self.first * (self.first + 1) // 2 + self.second - self.first - 1

    @property
    def pairs(self) -> int:
        """The number of pairs of levels."""
        levels = int(self.second.max(initial=0)) + 1
        return levels * (levels - 1) // 2

    @property
    def statistics(self) -> Array:
        """The differences over their standard errors; NaN without a test."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = np.where(self.errors > 0, self.means / self.errors, np.copysign(math.inf, self.means))
        ratios = np.where((self.errors == 0) & (self.means == 0), 0.0, ratios)
        return np.where(np.isnan(self.errors), math.nan, ratios)


@dataclass(frozen=True)
class Contrast:
    """Two levels, and what the seeds support of them.

    Attributes:
        first: The name of the first level.
        second: The name of the second level.
        difference: The expected result of the first minus that of the second; lower is better.
        low: The lower end of the interval, which holds for all contrasts of the report together in 95% of cases; NaN
            without a test.
        high: The upper end.
        p: The p-value, corrected for all contrasts of the report; NaN without a test.
        verdict: On the first level.
        error: The standard error of the difference; NaN without a test.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict
    error: float = math.nan


def unpaired(estimates: Sequence[Estimate], spread: Spread, pairs: Pairs | None = None) -> Differences:
    """Return the differences of results whose seeds share nothing, with moderated variances.

    Of two levels the degrees of freedom are Welch's (1938). Of more, where the largest of many differences decides,
    these find too much at three seeds and a noisy level; there the two variances lend theirs by their shares of the
    sum, as in Dunnett's test C (1980), which never does.

    Args:
        estimates: The results.
        spread: Their variances.
        pairs: Those to be compared; None for every two.
    """
    pairs = pairs or every_two(len(estimates))
    counts = np.array([estimate.count for estimate in estimates], dtype=float)
    means, squares = np.array([estimate.mean for estimate in estimates]), spread.variances / counts
    a, b = pairs.units
    total = squares[a] + squares[b]
    power = 2 if pairs.levels[1].max(initial=0) < 2 else 1
    parts = squares**power / spread.freedoms
    with np.errstate(invalid="ignore", divide="ignore"):
        freedoms = np.where(total > 0, total**power / (parts[a] + parts[b]), 1.0)
    return pairs.differences(means[a] - means[b], np.sqrt(total), np.minimum(freedoms, spread.most))


def paired(estimates: Sequence[Estimate], levels: int, pairs: Pairs | None = None) -> Differences:
    """Return the differences of results that begin with the same weights and batches at the same seed.

    The luck of the seed is in both and goes out of their difference. The variances of differences are moderated by
    those of all pairs. Each pair keeps a part of its own, so that the largest statistic of three levels at five seeds
    exceeds the studentised range in 6% of sweeps without a difference; Bonferroni's bound, in 5%.

    Args:
        estimates: The results.
        levels: The number of levels that they are of, which bounds the degrees of freedom.
        pairs: Those to be compared; None for every two.
    """
    pairs = pairs or every_two(len(estimates))
    values = table(estimates)
    gaps = values[pairs.units[0]] - values[pairs.units[1]]  # (pairs, seeds), NaN where a side lacks the seed
    common = np.isfinite(gaps)
    counts = common.sum(axis=1).astype(float)
    means = np.where(common, gaps, 0.0).sum(axis=1) / np.maximum(counts, 1.0)
    squares = np.where(common, (gaps - means[:, None]) ** 2, 0.0).sum(axis=1)
    several, freedoms = counts > 1, counts - 1
    variances = squares / np.maximum(freedoms, 1.0)
    if several.any():
        prior = fit_prior(variances[several], freedoms[several], cautious(max(1, levels - 1)))
        variances[several], freedoms[several] = moderated(variances[several], freedoms[several], prior)
    most = (levels - 1) * max(counts.max(initial=1.0) - 1, 1.0)
    errors = np.sqrt(np.where(several, variances, math.nan) / np.maximum(counts, 1.0))
    unbounded = pairs.differences(means, errors, np.where(several, np.minimum(freedoms, most), math.nan))
    return replace(unbounded, ranged=False)


def contrasts(
    names: Sequence[str], differences: Differences, worth: float, tests: float, rivals: int | None = None
) -> list[Contrast]:
    """Return the contrast of every two levels with its verdict, in their order.

    Args:
        names: The names of the levels.
        differences: Between them.
        worth: The smallest difference worth having.
        tests: The number of such families of contrasts in the report, which share its error; 2.5 for one that has
            1/2.5 of it.
        rivals: The number of levels that the error is for, where some of them dropped out before; None for these.
    """
    levels, statistics = rivals or len(names), differences.statistics
    if len(names) < 2:
        return []
    corrected_p = p_values if differences.ranged else p_bounds
    p = np.minimum(1.0, corrected_p(statistics, differences.freedoms, levels) * tests)
    low, high = _bounds(differences, _halves(differences, levels, ERROR / tests))
    inner_low, inner_high = _bounds(differences, _halves(differences, levels, 2 * ERROR / tests))
    both = differences.below & differences.above
    mean, errors = differences.means[both], differences.errors[both].tolist()
    corrected = np.where(np.isfinite(low), _corrected(differences, p, mean), math.nan)
    rows = zip(mean.tolist(), low.tolist(), high.tolist(), corrected.tolist(), strict=True)
    inner = zip(inner_low.tolist(), inner_high.tolist(), strict=True)
    return [
        Contrast(first, second, *row, _verdict(row[1], row[2], between, worth), known)
        for (first, second), row, between, known in zip(
            itertools.combinations(names, 2), rows, inner, errors, strict=True
        )
    ]


def _halves(differences: Differences, levels: int, error: float) -> Array:
    """Return half of the widths of simultaneous intervals."""
    factors = critical if differences.ranged else critical_bounds
    with np.errstate(invalid="ignore"):
        halves = differences.errors * factors(differences.freedoms, levels, error)
    return np.where(differences.errors == 0, 0.0, halves)


def _bounds(differences: Differences, halves: Array) -> tuple[Array, Array]:
    """Return the lower and the upper bound of every pair; NaN without a test."""
    below, above, pair, count = differences.below, differences.above, differences.pair, differences.pairs
    low, high = np.full(count, math.inf), np.full(count, -math.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(low, pair[below], (differences.means - halves)[below])
        np.maximum.at(high, pair[above], (differences.means + halves)[above])
    return low, high


def _corrected(differences: Differences, p: Array, mean: Array) -> Array:
    """Return the p-value of every pair: the largest of those differences that bound it on the side of its mean."""
    pair = differences.pair
    deciding = np.where(mean[pair] < 0, differences.above, differences.below)
    largest = np.zeros(differences.pairs)
    with np.errstate(invalid="ignore"):
        against = differences.statistics * mean[pair] <= 0
        np.maximum.at(largest, pair[deciding], np.where(against, 1.0, p)[deciding])
    return largest


def reversed_(contrast: Contrast) -> Contrast:
    """Return the contrast with its sides exchanged."""
    return replace(
        contrast,
        first=contrast.second,
        second=contrast.first,
        difference=-contrast.difference,
        low=-contrast.high,
        high=-contrast.low,
        verdict=OPPOSITE[contrast.verdict],
    )


def _verdict(low: float, high: float, inner: tuple[float, float], worth: float) -> Verdict:
    """Return what the seeds support: two one-sided tests say that a difference is smaller than one worth having."""
    if -worth < inner[0] and inner[1] < worth:
        return "equal"
    if high < 0:
        return "better"
    return "worse" if low > 0 else "undecided"


def table(estimates: Sequence[Estimate]) -> Array:
    """Return the values as (levels, seeds), NaN where a level lacks a seed."""
    seeds: list[Hashable] = list(dict.fromkeys(seed for estimate in estimates for seed in estimate.seeds))
    return np.array([[estimate.seeds.get(seed, math.nan) for seed in seeds] for estimate in estimates])
