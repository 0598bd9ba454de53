"""The verdict on levels, with the runs that diverged and without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnnlab.analysis.inference.candidates import candidates
from rnnlab.analysis.inference.contrasts import (
    Contrast,
    Differences,
    contrasts,
    paired,
    table,
    unpaired,
    with_alternatives,
)
from rnnlab.analysis.inference.estimates import Estimate, Luck, Spread, spread
from rnnlab.analysis.inference.variances import Prior


@dataclass(frozen=True)
class Family:
    """A family of contrasts and its test.

    Attributes:
        known: What all configurations say of the luck of seeds.
        worth: The smallest difference worth having.
        tests: The number of families that share the error of the report; 2.5 for one that has 1/2.5 of it.
        pairs: Whether equal seeds begin with equal weights and batches.
        rivals: The number of levels that the error is for, where some dropped out before; None for those compared.
    """

    known: Luck
    worth: float
    tests: float
    pairs: bool
    rivals: int | None = None


@dataclass(frozen=True)
class Verdicts:
    """Verdicts on levels.

    Attributes:
        candidates: Those that could still be the best, in the order of the levels.
        contrasts: Every two levels.
    """

    candidates: tuple[str, ...]
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Rivals:
    """Levels that are compared.

    Attributes:
        spared: Their results without the runs that diverged, the best first.
        complete: Their results with them.
        others: The results at settings that could be the best of a level instead, by level.
    """

    spared: Sequence[Estimate]
    complete: Sequence[Estimate]
    others: Mapping[str, Sequence[Estimate]]

    @property
    def names(self) -> list[str]:
        """The levels."""
        return [known.level for known in self.spared]

    @property
    def afflicted(self) -> set[str]:
        """The levels whose results leave out runs that diverged."""
        pairs = zip(self.spared, self.complete, strict=True)
        return {spared.level for spared, complete in pairs if spared.count < complete.count}


def verdicts(rivals: Rivals, family: Family) -> Verdicts:
    """Compare every two levels; where runs diverged, both ways of counting them have to agree.

    Args:
        rivals: The levels.
        family: How they are tested.
    """
    names, afflicted = rivals.names, rivals.afflicted
    differences = _differences(rivals.spared, rivals.others, family)
    first = contrasts(names, differences, family.worth, family.tests, family.rivals)
    remaining = candidates(names, differences, family.tests, family.rivals)
    if not afflicted:
        return Verdicts(tuple(remaining), tuple(first))
    other = _differences(rivals.complete, rivals.others, family, afflicted)
    second = contrasts(names, other, family.worth, family.tests, family.rivals)
    again = set(candidates(names, other, family.tests, family.rivals)) - _lost_without_accidents(
        names, remaining, afflicted
    )
    return Verdicts(
        tuple(name for name in names if name in remaining or name in again),
        tuple(_agreed(a, b, afflicted) for a, b in zip(first, second, strict=True)),
    )


def _lost_without_accidents(names: Sequence[str], remaining: Sequence[str], afflicted: Collection[str]) -> set[str]:
    """Return the levels that dropped out although their worst runs were left out: with these they are no better."""
    if any(name in afflicted for name in remaining):
        return set()
    return {name for name in names if name in afflicted and name not in remaining}


def _agreed(without: Contrast, with_: Contrast, afflicted: Collection[str]) -> Contrast:
    """Return the contrast without the runs that diverged, undecided where these turn it round.

    A level that is worse without its own diverged runs is no better with them, however much they scatter.
    """
    loser = {"better": without.second, "worse": without.first}.get(without.verdict, "")
    winner = {"better": without.first, "worse": without.second}.get(without.verdict, "")
    if without.verdict == with_.verdict or (loser in afflicted and winner not in afflicted):
        return without
    return replace(without, verdict="undecided")


def _differences(
    levels: Sequence[Estimate],
    others: Mapping[str, Sequence[Estimate]],
    family: Family,
    alone: Collection[str] = (),
) -> Differences:
    """Return the differences of levels; of those in `alone`, which hold accidents, the variances are their own."""
    alternatives = [others.get(level.level, ()) for level in levels]
    units = [known for level, rest in zip(levels, alternatives, strict=True) for known in (level, *rest)]
    pairs = with_alternatives([len(rest) for rest in alternatives])
    if family.pairs and _share_seeds(units):
        return paired(units, len(levels), pairs)
    shrunk = spread(units, family.known, family.known.cautious)
    if alone:
        own = spread(units, family.known, Prior(0.0, 0.0))
        mask = np.array([known.level in alone for known in units])
        variances = np.where(mask, own.variances, shrunk.variances)
        shrunk = Spread(variances, np.where(mask, own.freedoms, shrunk.freedoms), shrunk.most)
    return unpaired(units, shrunk, pairs)


def _share_seeds(estimates: Sequence[Estimate]) -> bool:
    """Return True if every two results have two seeds in common."""
    has = np.isfinite(table(estimates)).astype(int)
    common = has @ has.T
    return bool((common[np.triu_indices(len(common), 1)] > 1).all())
