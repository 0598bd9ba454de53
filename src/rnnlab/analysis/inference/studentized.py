"""The studentised range: how far apart the outermost of equal levels lie, by luck (Tukey 1949).

Every pair of levels is held to one error rate by its distribution, each pair with degrees of freedom of its own (Games
and Howell 1976). SciPy integrates it in some milliseconds, so a table of each is kept.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import stdtr, stdtrit

from rnnlab.analysis.inference.variances import Array

# Degrees of freedom that have a table; others are rounded down, which errs on the side of no difference.
FREEDOMS = np.array([1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9, 10, 12, 14, 17, 20, 25, 30, 40, 60, 120, math.inf])
POINTS = 28  # of a table
LEAST_TAIL = 1e-7  # below it the integral is less exact than Bonferroni's bound


def p_values(statistics: Array, freedoms: Array, levels: int) -> Array:
    """Return the p-value of each pair's t statistic, corrected for every pair of so many levels.

    Args:
        statistics: Differences over their standard errors.
        freedoms: Their degrees of freedom.
        levels: The number of levels, at least 2.
    """
    sizes = np.abs(statistics)
    bound = 2 * stdtr(freedoms, -sizes) * (levels * (levels - 1) / 2)
    if levels == 2:
        return np.minimum(bound, 1.0)
    values = np.array([_tail(size, freedom, levels) for size, freedom in zip(sizes, freedoms, strict=True)])
    return np.minimum(np.where(values < LEAST_TAIL, bound, np.minimum(values, bound)), 1.0)


def critical(freedom: float, levels: int, error: float) -> float:
    """Return the t statistic that a pair exceeds with p-values below the error."""
    pairs = levels * (levels - 1) / 2
    bound = -float(stdtrit(freedom, error / (2 * pairs)))
    if levels == 2 or error < LEAST_TAIL:
        return bound
    sizes, tails = _table(_rounded(freedom), levels)
    inside = tails > LEAST_TAIL
    size = float(np.exp(np.interp(-math.log(error), -np.log(tails[inside]), np.log(sizes[inside]))))
    return min(size, bound) if tails[inside].min() <= error else bound


def _tail(size: float, freedom: float, levels: int) -> float:
    if math.isnan(size) or math.isnan(freedom):
        return math.nan
    sizes, tails = _table(_rounded(freedom), levels)
    return float(np.exp(np.interp(math.log(max(size, 1e-9)), np.log(sizes), np.log(np.maximum(tails, 1e-300)))))


def _rounded(freedom: float) -> float:
    return float(FREEDOMS[max(0, int(np.searchsorted(FREEDOMS, freedom + 1e-9)) - 1)])


@cache
def _table(freedom: float, levels: int) -> tuple[Array, Array]:
    """Return t statistics and the probability that the largest of all pairs exceeds each."""
    from scipy.stats import studentized_range  # takes a second to import

    sizes = np.geomspace(0.25, 60, POINTS)
    tails = studentized_range.sf(sizes * math.sqrt(2), levels, min(freedom, 1e5))
    return _fine(sizes, np.minimum.accumulate(np.clip(tails, 0.0, 1.0)))


def _fine(sizes: Array, tails: Array) -> tuple[Array, Array]:
    """Interpolate a table smoothly, so that what is read between its points is exact to a part in a thousand."""
    inside = tails > LEAST_TAIL / 10
    if inside.sum() < 3:
        return sizes, tails
    smooth = PchipInterpolator(np.log(sizes[inside]), np.log(tails[inside]))
    fine = np.geomspace(sizes[inside][0], sizes[inside][-1], 400)
    return fine, np.exp(smooth(np.log(fine)))
