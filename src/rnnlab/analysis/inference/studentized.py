"""The studentised range: how far apart the outermost of equal levels lie, by luck (Tukey 1949).

Every pair of levels is held to one error rate by its distribution, each pair with degrees of freedom of its own (Games
and Howell 1976). SciPy's integral takes a quarter of a second for each table that is made here in milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from rnnlab.analysis.inference.variances import Array

# Degrees of freedom that have a table; others are rounded down, which errs on the side of no difference.
FREEDOMS = np.unique([*range(1, 31), *np.geomspace(1, 120, 60), 1e3, math.inf])
POINTS = 500  # of a table
NODES = 400  # of an integral
LEAST_TAIL = 1e-7  # below it the integral is less exact than Bonferroni's bound


def p_values(statistics: Array, freedoms: Array, levels: int) -> Array:
    """Return the p-value of each pair's t statistic, corrected for every pair of so many levels.

    Args:
        statistics: Differences over their standard errors.
        freedoms: Their degrees of freedom.
        levels: The number of levels, at least 2.
    """
    sizes = np.abs(statistics)
    bound = p_bounds(statistics, freedoms, levels)
    if levels == 2:
        return bound
    values = np.full(len(sizes), math.nan)
    for freedom, rows in _by_table(freedoms, sizes):
        places, tails = _table(freedom, levels)
        logs = np.interp(np.log(np.maximum(sizes[rows], 1e-9)), np.log(places), np.log(np.maximum(tails, 1e-300)))
        values[rows] = np.exp(logs)
    return np.minimum(np.where(values < LEAST_TAIL, bound, np.minimum(values, bound)), 1.0)


def critical(freedoms: Array, levels: int, error: float) -> Array:
    """Return the t statistics that a pair exceeds with p-values below the error, one for each number of freedoms."""
    bounds = critical_bounds(freedoms, levels, error)
    if levels == 2 or error < LEAST_TAIL:
        return bounds
    for freedom, rows in _by_table(freedoms, freedoms):
        sizes, tails = _table(freedom, levels)
        inside = tails > LEAST_TAIL
        if tails[inside].min() <= error:
            size = np.exp(np.interp(-math.log(error), -np.log(tails[inside]), np.log(sizes[inside])))
            bounds[rows] = np.minimum(size, bounds[rows])
    return bounds


def p_bounds(statistics: Array, freedoms: Array, levels: int) -> Array:
    """Return the p-value of each pair's t statistic times the number of pairs (Bonferroni), at most 1.

    It needs no variance that the pairs have in common. The arguments are those of `p_values`.
    """
    return np.minimum(2 * stdtr(freedoms, -np.abs(statistics)) * (levels * (levels - 1) / 2), 1.0)


def critical_bounds(freedoms: Array, levels: int, error: float) -> Array:
    """Return the t statistics of which `p_bounds` are the error, one for each number of freedoms."""
    return np.asarray(-stdtrit(freedoms, error / (levels * (levels - 1))))


def _by_table(freedoms: Array, values: Array) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """Yield the degrees of freedom of each table that is needed, and where; nothing where a value is NaN."""
    known = np.flatnonzero(~np.isnan(freedoms) & ~np.isnan(values))
    places = np.maximum(np.searchsorted(FREEDOMS, freedoms[known] * (1 + 1e-9), side="right") - 1, 0)
    for place in np.unique(places):
        yield float(FREEDOMS[place]), known[places == place]


@cache
def _table(freedom: float, levels: int) -> tuple[Array, Array]:
    """Return t statistics and the probability that the largest of all pairs exceeds each.

    The range of normal values is averaged over the distribution of the estimated standard deviation, whose logarithm
    has the density exp(freedom * x - freedom * exp(2 x) / 2) but for a factor.
    """
    sizes = np.geomspace(0.25, 3000, POINTS)
    ranges, tails = _normal_range(levels)
    if math.isinf(freedom):
        return sizes, np.interp(sizes * math.sqrt(2), ranges, tails, right=0.0)
    width = 8 / math.sqrt(2 * freedom)
    logs = np.linspace(-22 / freedom - width, min(width, 0.5 * math.log(1 + 90 / freedom)), NODES)
    density = np.exp(freedom * (logs - np.expm1(2 * logs) / 2))
    at = np.interp(sizes[:, None] * math.sqrt(2) * np.exp(logs), ranges, tails, right=0.0)
    return sizes, np.minimum.accumulate(at @ density / density.sum())


@cache
def _normal_range(levels: int) -> tuple[Array, Array]:
    """Return ranges and the probability that so many standard normal values spread wider than each."""
    ranges = np.linspace(0, 14, NODES * 4)
    places = np.linspace(-9, 9, NODES // 2)
    density = np.exp(-(places**2) / 2)
    inside = ndtr(places + ranges[:, None]) - ndtr(places)
    step = (places[1] - places[0]) / math.sqrt(2 * math.pi)
    return ranges, np.clip(1 - levels * step * (inside ** (levels - 1) @ density), 0.0, 1.0)
