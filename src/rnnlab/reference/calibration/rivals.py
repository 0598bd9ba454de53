"""Other methods on the same results: each says of every two levels whether one is better.

A level is tuned as is usual: the setting with the lowest mean, and all of its seeds. Where the question is asked at
several settings of `within`, each but rliable's has its share of the 5%.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, roots_hermitenorm, roots_legendre, stdtr
from scipy.stats import chi2

from rnnlab.analysis.inference.studentized import critical
from rnnlab.reference.calibration.scenarios import BASE, Array, Scenario
from rnnlab.reference.calibration.sweeps import FAR

Better = NDArray[np.bool_]
"""As (levels, levels): whether the first is said to be better than the second."""

Method = Callable[[Sequence[Array], float], Better]
"""From the results of each level and the error of all comparisons to what is said."""

RESAMPLES = 1_000  # of the bootstrap
NODES = 48  # of each integral


def said(method: Method, samples: Sequence[Array], error: float) -> Better:
    """Return what a method says of levels, of which some may have no result at all."""
    present = [level for level, sample in enumerate(samples) if len(sample)]
    shown = _nothing(len(samples))
    if len(present) > 1:
        shown[np.ix_(present, present)] = method([samples[level] for level in present], error)
    return shown


def tukey(samples: Sequence[Array], error: float) -> Better:
    """Tukey's honestly significant difference (Tukey and Kramer where the numbers of seeds differ)."""
    counts, means, variances = _moments(samples)
    freedom = float((counts - 1).clip(0).sum())
    if freedom < 1:
        return _nothing(len(samples))
    pooled = float(np.nansum(variances * (counts - 1)) / freedom)
    errors = np.sqrt(pooled * (1 / counts[:, None] + 1 / counts))
    return means[None, :] - means[:, None] > critical(np.array([freedom]), len(samples), error) * errors


def games_howell(samples: Sequence[Array], error: float) -> Better:
    """Games and Howell's test of all pairs, under unequal variances."""
    gaps, errors, freedoms = _welch(samples)
    known = np.isfinite(freedoms)
    factors = np.full_like(freedoms, np.inf)
    factors[known] = critical(freedoms[known], len(samples), error)
    return known & (gaps > factors * np.where(known, errors, 1.0))


def welch_holm(samples: Sequence[Array], error: float) -> Better:
    """Welch's test of every two, corrected by Holm."""
    gaps, errors, freedoms = _welch(samples)
    rows = np.triu_indices(len(samples), 1)
    with np.errstate(invalid="ignore"):
        p = 2 * stdtr(freedoms, -np.abs(gaps) / errors)[rows]
    p = np.where(np.isnan(p), 1.0, p)
    order = np.argsort(p, kind="stable")
    holds = np.logical_and.accumulate(p[order] * np.arange(len(p), 0, -1) < error)
    shown = _nothing(len(samples))
    shown[rows[0][order], rows[1][order]] = holds
    return (shown | shown.T) & (gaps > 0)


def dunnett(samples: Sequence[Array], error: float) -> Better:
    """Dunnett's one-sided test of all others against the level with the lowest mean."""
    counts, means, variances = _moments(samples)
    freedom = float((counts - 1).clip(0).sum())
    shown = _nothing(len(samples))
    if freedom < 1:
        return shown
    best = int(means.argmin())
    pooled = float(np.nansum(variances * (counts - 1)) / freedom)
    others = tuple(np.delete(counts, best).astype(int).tolist())
    factor = dunnett_critical(int(counts[best]), tuple(sorted(others)), freedom, error)
    shown[best] = means - means[best] > factor * np.sqrt(pooled * (1 / counts + 1 / counts[best]))
    shown[best, best] = False
    return shown


def rliable(samples: Sequence[Array], _: float) -> Better:
    """The probability of improvement (Agarwal et al. 2021), its bootstrap interval of 95% beyond a half."""
    shown = _nothing(len(samples))
    drawn = [_resamples(len(sample), level) for level, sample in enumerate(samples)]
    starts = np.cumsum([0, *map(len, samples)])
    values, all_drawn = np.concatenate(samples), np.hstack(drawn)
    for first, sample in enumerate(samples[1:], start=1):
        end = starts[first]
        wins = (np.sign(values[:end] - sample[:, None]) + 1) / 2  # the first has the lower loss
        shares = np.add.reduceat((drawn[first] @ wins) * all_drawn[:, :end], starts[:first], axis=1)
        shown[first, :first] = (shares <= 0.5).mean(axis=0) < 0.025
        shown[:first, first] = (shares >= 0.5).mean(axis=0) < 0.025
    return shown


def known(scenario: Scenario, group: int, values: Array, error: float) -> Better:
    """A judge who knows the variances, what diverged and the best settings: one-sided z tests, Bonferroni.

    Args:
        scenario: The scenario.
        group: The index of the group.
        values: The results as (levels, settings, seeds).
        error: Of all comparisons with one level.
    """
    best = scenario.means()[group].argmin(axis=1)
    rows = values[np.arange(len(values)), best]
    usable = np.isfinite(rows) & (rows < BASE + FAR / 2)
    counts = usable.sum(axis=1)
    means = np.where(usable, rows, 0).sum(axis=1) / np.maximum(counts, 1)
    variances = scenario.scales**2 * (1 - scenario.common) / np.maximum(counts, 1)
    factor = -float(ndtri(error / max(len(values) - 1, 2)))
    shown = means[None, :] - means[:, None] > factor * np.sqrt(variances[:, None] + variances)
    return np.asarray(shown & (counts > 0) & (counts[:, None] > 0))


@cache
def dunnett_critical(control: int, others: tuple[int, ...], freedom: float, error: float) -> float:
    """Return the t statistic that the largest of Dunnett's exceeds with this probability, one-sided.

    Args:
        control: The number of seeds of the level that all others are compared with.
        others: Theirs.
        freedom: The degrees of freedom of the pooled variance.
        error: The probability.
    """
    sizes, repeats = np.unique(others, return_counts=True)
    loads = np.sqrt(sizes / (sizes + control))
    z, weights = roots_hermitenorm(NODES)
    weights = weights / weights.sum()
    scales, shares = _scales(freedom)

    def tail(factor: float) -> float:
        ends = (factor * scales[:, None, None] + loads * z[:, None]) / np.sqrt(1 - loads**2)
        return 1 - float(shares @ ((ndtr(ends) ** repeats).prod(axis=2) @ weights)) - error

    return float(brentq(tail, 0.0, 200.0, xtol=1e-6))


def _scales(freedom: float) -> tuple[Array, Array]:
    """Return nodes and weights of the distribution of an estimated over the true standard deviation."""
    nodes, weights = roots_legendre(NODES)
    shares = (nodes + 1) / 2
    return np.sqrt(chi2.ppf(shares, freedom) / freedom), weights / 2


def _moments(samples: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return the numbers, the means and the variances of samples."""
    counts = np.array([len(sample) for sample in samples], dtype=float)
    means = np.array([sample.mean() for sample in samples])
    variances = np.array([sample.var(ddof=1) if len(sample) > 1 else math.nan for sample in samples])
    return counts, means, variances


def _welch(samples: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return by how much the second mean is above the first, the standard errors, and Welch's degrees of freedom."""
    counts, means, variances = _moments(samples)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = variances / counts
        total = squares[:, None] + squares
        parts = squares**2 / (counts - 1)
        freedoms = total**2 / (parts[:, None] + parts)
        return means[None, :] - means[:, None], np.sqrt(total), freedoms


@cache
def _resamples(count: int, level: int) -> Array:
    """Return how often each run is drawn in each resample, as shares."""
    random = np.random.default_rng([count, level])
    return random.multinomial(count, np.full(count, 1 / count), RESAMPLES) / count


def _nothing(levels: int) -> Better:
    return np.zeros((levels, levels), dtype=bool)


METHODS: Mapping[str, Method] = {
    "Tukey": tukey,
    "Games–Howell": games_howell,
    "Dunnett": dunnett,
    "rliable": rliable,
    "Welch–Holm": welch_holm,
}
