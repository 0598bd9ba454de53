"""The studentised range: how far apart the outermost of equal levels lie, by luck (Tukey 1949).

Every pair of levels is held to one error rate by its distribution, each pair with degrees of freedom of its own (Games
and Howell 1976). SciPy integrates it in some milliseconds, so a table of each is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
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
    values = np.full(len(sizes), math.nan)
    for freedom, rows in _by_table(freedoms, sizes):
        places, tails = _table(freedom, levels)
        logs = np.interp(np.log(np.maximum(sizes[rows], 1e-9)), np.log(places), np.log(np.maximum(tails, 1e-300)))
        values[rows] = np.exp(logs)
    return np.minimum(np.where(values < LEAST_TAIL, bound, np.minimum(values, bound)), 1.0)


def critical(freedoms: Array, levels: int, error: float) -> Array:
    """Return the t statistics that a pair exceeds with p-values below the error, one for each number of freedoms."""
    pairs = levels * (levels - 1) / 2
    bounds = -stdtrit(freedoms, error / (2 * pairs))
    if levels == 2 or error < LEAST_TAIL:
        return np.asarray(bounds)
    for freedom, rows in _by_table(freedoms, freedoms):
        sizes, tails = _table(freedom, levels)
        inside = tails > LEAST_TAIL
        if tails[inside].min() <= error:
            size = np.exp(np.interp(-math.log(error), -np.log(tails[inside]), np.log(sizes[inside])))
            bounds[rows] = np.minimum(size, bounds[rows])
    return np.asarray(bounds)


def _by_table(freedoms: Array, values: Array) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """Yield the degrees of freedom of each table that is needed, and where; nothing where a value is NaN."""
    known = np.flatnonzero(~np.isnan(freedoms) & ~np.isnan(values))
    places = np.maximum(np.searchsorted(FREEDOMS, freedoms[known] + 1e-9) - 1, 0)
    for place in np.unique(places):
        yield float(FREEDOMS[place]), known[places == place]


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
