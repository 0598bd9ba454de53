"""An order over data sets, of which each is one observation: losses on different data are in no common unit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rnnlab.analysis.statistics import holm

ERROR = 0.05


@dataclass(frozen=True)
class AcrossContrast:
    """Two levels over data sets.

    Attributes:
        first: The first level.
        second: The second level.
        wins: The number of data sets on which the first is better.
        sets: The number of data sets that have both and on which they differ.
        p: The p-value of a sign test, corrected for all pairs (Holm 1979).
        verdict: On the first level.
    """

    first: str
    second: str
    wins: int
    sets: int
    p: float
    verdict: Literal["better", "worse", "undecided"]


@dataclass(frozen=True)
class Across:
    """The levels over data sets.

    Attributes:
        key: The key whose values are the data sets.
        sets: The number of data sets.
        ranks: The mean rank of each level, 1 for the best on every data set, the best first.
        contrasts: Every two levels, in that order.
    """

    key: str
    sets: int
    ranks: Mapping[str, float]
    contrasts: tuple[AcrossContrast, ...]

    @property
    def least(self) -> int:
        """The number of data sets from which on a sign test of two levels can tell them apart."""
        pairs = max(1, len(self.contrasts))
        return next(sets for sets in itertools.count(1) if 2 * 0.5**sets * pairs < ERROR)


def across(key: str, values: Sequence[Mapping[str, float]]) -> Across:
    """Return the order of levels over data sets (Demšar 2006 on why ranks and signs, and not means of losses).

    Args:
        key: The key whose values are the data sets.
        values: The results of the levels on each data set; lower is better.
    """
    names = list(dict.fromkeys(name for one in values for name in one))
    ranks = {name: _mean([_rank(one, name) for one in values if name in one]) for name in names}
    order = sorted(names, key=lambda name: (ranks[name], name))
    pairs = [(a, b, *_wins(a, b, values)) for a, b in itertools.combinations(order, 2)]
    corrected = holm([_sign_test(wins, sets) for _, _, wins, sets in pairs])
    contrasts = tuple(
        AcrossContrast(a, b, wins, sets, p, _verdict(wins, sets, p))
        for (a, b, wins, sets), p in zip(pairs, corrected, strict=True)
    )
    return Across(key, len(values), {name: ranks[name] for name in order}, contrasts)


def _rank(values: Mapping[str, float], name: str) -> float:
    """Return the rank of a level on a data set; equal values share their mean rank."""
    below = sum(value < values[name] for value in values.values())
    equal = sum(value == values[name] for value in values.values())
    return below + (equal + 1) / 2


def _wins(first: str, second: str, values: Sequence[Mapping[str, float]]) -> tuple[int, int]:
    both = [(one[first], one[second]) for one in values if first in one and second in one]
    return sum(a < b for a, b in both), sum(a != b for a, b in both)


def _sign_test(wins: int, sets: int) -> float:
    """Return the two-sided p-value of so many wins, if either side is as likely to win."""
    fewer = min(wins, sets - wins)
    return min(1.0, 2 * math.fsum(math.comb(sets, count) for count in range(fewer + 1)) * 0.5**sets)


def _verdict(wins: int, sets: int, p: float) -> Literal["better", "worse", "undecided"]:
    if p >= ERROR:
        return "undecided"
    return "better" if 2 * wins > sets else "worse"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
