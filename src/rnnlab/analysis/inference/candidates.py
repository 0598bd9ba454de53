"""Candidates: the levels that could still be the best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from rnnlab.analysis.inference.contrasts import ERROR, Differences, Indices


def candidates(
    names: Sequence[str], differences: Differences, tests: float = 1, rivals: int | None = None
) -> list[str]:
    """Return the levels that no other is shown to be better than, in 95% of cases the true best among them.

    This is Hsu's comparison with the best (Hsu 1984) under unequal variances: a level drops out if one of the others is
    better by a one-sided test at 5% over the number of others. Of two levels, either is tested at half of 5%, so that
    of two equal ones a winner is named no more often than that; of more the names of a sole winner, which has to beat
    each other level, are rarer still.

    Args:
        names: The levels.
        differences: Of every two of them.
        tests: The number of such sets in the report, which share its error; 2.5 for one that has 1/2.5 of it.
        rivals: The number of levels that the error is for, where some of them dropped out before; None for these.
    """
    out = dropped(differences, ERROR / max((rivals or len(names)) - 1, 2) / tests)
    return [name for index, name in enumerate(names) if index not in out]


def dropped(differences: Differences, error: float) -> set[int]:
    """Return the indices of the levels that another is better than, by one-sided tests at this error each."""
    statistics = np.where(np.isnan(differences.errors), 0.0, differences.statistics)
    freedoms = np.where(np.isnan(differences.freedoms), 1.0, differences.freedoms)
    above, below = differences.above, differences.below
    return {
        *_losers(differences.second[above], differences.first[above], stdtr(freedoms, statistics)[above] < error),
        *_losers(differences.first[below], differences.second[below], stdtr(freedoms, -statistics)[below] < error),
    }


def _losers(worse: Indices, better: Indices, shown: NDArray[np.bool_]) -> set[int]:
    """Return those levels that lose by every difference to one other."""
    unsure = set(zip(worse[~shown].tolist(), better[~shown].tolist(), strict=True))
    return {a for a, b in zip(worse[shown].tolist(), better[shown].tolist(), strict=True) if (a, b) not in unsure}
