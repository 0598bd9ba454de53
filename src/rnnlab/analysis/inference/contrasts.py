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
from rnnlab.analysis.inference.studentized import critical, p_values
from rnnlab.analysis.inference.variances import Array, cautious, fit_prior, moderated

ERROR = 0.05  # of all contrasts of a report together: in one report of twenty without differences one is named
Indices = NDArray[np.intp]
Verdict = Literal["better", "worse", "equal", "undecided"]
OPPOSITE: dict[Verdict, Verdict] = {"better": "worse", "worse": "better", "equal": "equal", "undecided": "undecided"}


@dataclass(frozen=True)
class Pairs:
    """Which results are compared.

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
    starts = np.concatenate([[0], np.cumsum(np.array(alternatives) + 1)])
    rows = []
    for a, b in itertools.combinations(range(len(alternatives)), 2):
        rows.append((starts[a], starts[b], a, b, True, True))
        rows += [(starts[a] + i, starts[b], a, b, True, False) for i in range(1, alternatives[a] + 1)]
        rows += [(starts[a], starts[b] + j, a, b, False, True) for j in range(1, alternatives[b] + 1)]
    table = np.array(rows, dtype=int).reshape(-1, 6)
    return Pairs((table[:, 0], table[:, 1]), (table[:, 2], table[:, 3]), table[:, 4] > 0, table[:, 5] > 0)


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
    """

    first: Indices
    second: Indices
    means: Array
    errors: Array
    freedoms: Array
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]

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
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict


def unpaired(estimates: Sequence[Estimate], spread: Spread, pairs: Pairs | None = None) -> Differences:
    """Return the differences of results whose seeds share nothing (Welch 1938, with moderated variances).

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
    parts = squares**2 / spread.freedoms
    with np.errstate(invalid="ignore", divide="ignore"):
        freedoms = np.where(total > 0, total**2 / (parts[a] + parts[b]), 1.0)
    return pairs.differences(means[a] - means[b], np.sqrt(total), np.minimum(freedoms, spread.most))


def paired(estimates: Sequence[Estimate], levels: int, pairs: Pairs | None = None) -> Differences:
    """Return the differences of results that begin with the same weights and batches at the same seed.

    The luck of the seed is in both and goes out of their difference. The variances of differences are moderated by
    those of all pairs.

    Args:
        estimates: The results.
        levels: The number of levels that they are of, which bounds the degrees of freedom.
        pairs: Those to be compared; None for every two.
    """
    pairs = pairs or every_two(len(estimates))
    values = _table(estimates)
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
    return pairs.differences(means, errors, np.where(several, np.minimum(freedoms, most), math.nan))


def contrasts(names: Sequence[str], differences: Differences, worth: float, tests: int) -> list[Contrast]:
    """Return the contrast of every two levels with its verdict, in their order.

    Args:
        names: The names of the levels.
        differences: Between them.
        worth: The smallest difference worth having.
        tests: The number of such families of contrasts in the report, which share its error.
    """
    levels, statistics = len(names), differences.statistics
    p = np.minimum(1.0, p_values(statistics, differences.freedoms, levels) * tests)
    strict, loose = (_halves(differences, levels, error / tests) for error in (ERROR, 2 * ERROR))
    listed = []
    for a, b in itertools.combinations(range(levels), 2):
        of_pair = (differences.first == a) & (differences.second == b)
        below, above = of_pair & differences.below, of_pair & differences.above
        mean = float(differences.means[below & above][0])
        low, high = _bounds(differences.means, strict, below, above)
        inner = _bounds(differences.means, loose, below, above)
        deciding = above if mean < 0 else below
        against = statistics[deciding] * mean <= 0
        corrected = float(np.where(against, 1.0, p[deciding]).max()) if math.isfinite(low) else math.nan
        listed.append(Contrast(names[a], names[b], mean, low, high, corrected, _verdict(low, high, inner, worth)))
    return listed


def _halves(differences: Differences, levels: int, error: float) -> Array:
    """Return half of the widths of simultaneous intervals."""
    factors = [critical(float(freedom), levels, error) for freedom in differences.freedoms]
    return np.where(differences.errors == 0, 0.0, differences.errors * np.array(factors))


def _bounds(means: Array, halves: Array, below: NDArray[np.bool_], above: NDArray[np.bool_]) -> tuple[float, float]:
    return float((means - halves)[below].min()), float((means + halves)[above].max())


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


def _table(estimates: Sequence[Estimate]) -> Array:
    """Return the values as (levels, seeds), NaN where a level lacks a seed."""
    seeds: list[Hashable] = list(dict.fromkeys(seed for estimate in estimates for seed in estimate.seeds))
    return np.array([[estimate.seeds.get(seed, math.nan) for seed in seeds] for estimate in estimates])
