"""Planning seeds: about how many of them decide what is open, by the luck that was seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.analysis.inference.studentized import critical
from rnnlab.analysis.inference.variances import Array

Decided = NDArray[np.bool_]

POWER = 0.8  # the chance with which the planned seeds decide, if the true differences are those that were seen
MOST = 50  # seeds beyond which a difference is not worth the training


def planned_seeds(
    rivals: Sequence[Contrast], counts: Mapping[str, int], worth: float, levels: int, error: float
) -> int:
    """Return about how many seeds decide between the best level and each rival; `MOST` + 1 for more than `MOST`.

    A rival is decided once the best is shown to be better, or both to differ by less than `worth`: whichever takes
    fewer seeds. All rivals together are decided with probability `POWER`.

    Args:
        rivals: The contrasts of the best level with the others that could be best, with standard errors.
        counts: The seeds of each level, from which those errors are.
        worth: The smallest difference worth having.
        levels: The number of levels that are compared.
        error: That of all these contrasts together.
    """
    seeds = np.arange(2, MOST + 1)
    freedoms = np.maximum(levels * (seeds - 1.0), 1.0)
    missed = (1 - POWER) / max(1, len(rivals))
    apart = -stdtrit(freedoms, error / max(levels - 1, 2)) + float(-ndtri(missed))
    alike = critical(freedoms, levels, 2 * error) + float(-ndtri(missed / 2))
    enough = [_decided(rival, counts, worth, np.sqrt(seeds), apart, alike) for rival in rivals]
    all_decided = np.logical_and.reduce(enough) if enough else np.ones(len(seeds), dtype=bool)
    return int(seeds[all_decided][0]) if all_decided.any() else MOST + 1


def _decided(
    rival: Contrast, counts: Mapping[str, int], worth: float, roots: Array, apart: Array, alike: Array
) -> Decided:
    """Return for each number of seeds whether it decides; `apart` and `alike` are distances in standard errors."""
    first, second = counts[rival.first], counts[rival.second]
    alone = rival.error * math.sqrt(2 / (1 / first + 1 / second))  # the standard error from one seed of each level
    gap = abs(rival.difference)
    decided: Decided = (gap * roots >= apart * alone) | ((worth - gap) * roots >= alike * alone)
    return decided
