"""Error spending: at which error each look of a race is tested, so that all looks together keep one error.

Who looks at a growing number of seeds until something is significant finds differences that are not there. Each look
spends a part of the error instead (Lan and DeMets 1983, "Discrete sequential boundaries for clinical trials",
*Biometrika* 70), here with the power family of Kim and DeMets (1987, *Biometrika* 74): after a share t of the seeds the
share t**POWER of the error. The error of a look is that of a normal statistic with the same spending, found by
numerical integration (Armitage, McPherson and Rowe 1969), and is applied to the p-values of t statistics (Jennison and
Turnbull 1999, *Group Sequential Methods*, chapter 11).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, roots_legendre

from rnnlab.analysis.inference.variances import Array

POWER = 2.0  # spends little at few seeds, whose variances say little, and leaves most for the last look
NODES = 160  # of an integral
WIDEST = 9.0  # standard deviations: no boundary lies further out


def errors_of_looks(counts: Sequence[int], error: float, comparisons: float = 1) -> tuple[float, ...]:
    """Return the error at which each look is tested.

    Args:
        counts: The number of seeds of each look, rising; the last one is that of the longest race.
        error: The error of all looks together.
        comparisons: The number of comparisons that share the error. The looks of a stricter test depend less on each
            other, so that each has a smaller part.
    """
    return tuple(error * share for share in _shares(tuple(counts), error / comparisons))


@cache
def _shares(counts: tuple[int, ...], error: float) -> tuple[float, ...]:
    """Return the error of each look of one two-sided test as a share of the error of all."""
    times = np.array(counts, dtype=float) / counts[-1]
    spent = np.diff(error * times**POWER, prepend=0.0)
    bounds: list[float] = []
    places, density = np.zeros(1), np.ones(1)  # of the statistic's Brownian motion, where it has crossed no bound yet
    time = 0.0
    for now, part in zip(times.tolist(), spent.tolist(), strict=True):
        scale = math.sqrt(now - time)
        bounds.append(_bound(places, density, scale, part) / math.sqrt(now))
        nodes, weights = roots_legendre(max(NODES, int(8 * bounds[-1] * math.sqrt(now) / scale)))
        ends = bounds[-1] * math.sqrt(now)
        steps = (ends * nodes[:, None] - places) / scale
        density = ends * weights * (np.exp(-(steps**2) / 2) @ density) / (scale * math.sqrt(2 * math.pi))
        places, time = ends * nodes, now
    return tuple(2 * float(ndtr(-bound)) / error for bound in bounds)


def _bound(places: Array, density: Array, scale: float, part: float) -> float:
    """Return the bound that the motion crosses in either direction, for the first time now, with a probability."""

    def crosses(bound: float) -> float:
        beyond = ndtr((places - bound) / scale) + ndtr((-places - bound) / scale)
        return float(beyond @ density) - part

    return float(brentq(crosses, 0.0, float(np.abs(places).max()) + WIDEST * scale, xtol=1e-10))
