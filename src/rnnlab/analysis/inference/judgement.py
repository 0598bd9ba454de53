"""The judgement of a sweep: its levels at their own best, their contrasts, and whether one verdict holds.

Everything is in the direction of a loss: lower is better.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.analysis.inference.divergence import Run
from rnnlab.analysis.inference.estimates import Estimate, Luck, estimate, half_width, luck, spread
from rnnlab.analysis.inference.interaction import interaction
from rnnlab.analysis.inference.observations import Observation, Part, Seeds, Setting, by_group
from rnnlab.analysis.inference.tuned_groups import TunedGroup, tune
from rnnlab.analysis.inference.tuning import Choice
from rnnlab.analysis.inference.verdicts import Family, Rivals, verdicts

DEPENDS = 0.05  # below this p-value of the interaction the order is said to depend on `within`
SHARE_WORTH = 0.005  # of the distance from chance to the best


@dataclass(frozen=True)
class Rules:
    """The rules by which a sweep is judged.

    Attributes:
        worth: The smallest difference worth having; None for half a percent of the way from chance to the best.
        chance: By setting of `within`, what a model reaches that has learned nothing; missing where it is not known.
        pairs: Whether the levels begin with equal weights and batches at equal seeds.
        part: The part of the data whose results are compared; settings are chosen on validation in any case.
        pools: Whether results of several groups may be averaged.
        accidents: Whether a value worse than chance, where its siblings have learned, is taken for an accident of
            training: a loss is, and a share of few items may lie there by their luck.
        divisor: By how much the error of the report is divided, such as among looks at growing results.
    """

    worth: float | None = None
    chance: Mapping[Setting, float] | None = None
    pairs: bool = False
    part: Part = "value"
    pools: bool = True
    accidents: bool = True
    divisor: float = 1.0


@dataclass(frozen=True)
class Interval:
    """An expected result and its 95% interval, whose ends are NaN where one seed is all there is."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Level:
    """A level at its own best.

    Attributes:
        name: The level.
        choice: The setting that it is tuned to, and the seeds that its results are of.
        value: The expected result.
        test: The expected result on the test part; None where it is not known.
        seeds: The number of runs that `value` is the mean of.
        diverged: The number of runs at that setting that diverged.
        at_edge: The tuned keys whose chosen number is the smallest or largest that the level was tried with.
    """

    name: str
    choice: Choice
    value: Interval
    test: Interval | None
    seeds: int
    diverged: int
    at_edge: tuple[str, ...]

    @property
    def is_lost(self) -> bool:
        """True if every run diverged: `value` is then chance, or the worst result of the others, and no measurement."""
        return 0 < self.seeds <= self.diverged


@dataclass(frozen=True)
class Group:
    """The levels at one setting of `within`.

    Attributes:
        within: The setting.
        levels: The levels, the best first.
        candidates: The levels that could still be the best, in that order.
        contrasts: Every two levels, in that order.
    """

    within: Setting
    levels: tuple[Level, ...]
    candidates: tuple[str, ...]
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Overall:
    """The verdict on the mean over all groups.

    Attributes:
        levels: The levels and the mean of their results, the best first.
        candidates: The levels that could still be the best, in that order.
        contrasts: Every two levels, in that order.
    """

    levels: Mapping[str, float]
    candidates: tuple[str, ...]
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True)
class Judgement:
    """The verdicts that a sweep supports.

    Attributes:
        groups: One a setting of `within`.
        interaction: The p-value of no interaction of levels and groups; NaN without a test.
        overall: The verdict on the mean over the groups; None where the order depends on the group, where the groups
            have no two levels in common, where a level that some of them lack could be the best of another, or where
            their results must not be averaged.
        worth: The smallest difference that counts as one.
        diverged: The runs that diverged, by setting of `within`.
    """

    groups: tuple[Group, ...]
    interaction: float
    overall: Overall | None
    worth: float
    diverged: Mapping[Setting, frozenset[Run]]


def judge(observations: Iterable[Observation], rules: Rules) -> Judgement:
    """Judge the results of a sweep.

    Args:
        observations: Its runs.
        rules: How they are judged.
    """
    runs = by_group(observations)
    chances = rules.chance or {}
    known_chances = chances if rules.accidents else {}
    tuned = [tune(at, group, known_chances.get(at, math.nan), rules.part) for at, group in runs.items()]
    tuned = [group for group in tuned if group.estimates]
    known = luck([block for group in tuned for block in group.blocks])
    worth = default_worth(tuned, chances) if rules.worth is None else rules.worth
    p = _interaction(tuned, known) if rules.pools else math.nan
    averages = _averages(tuned) if rules.pools and not p < DEPENDS else None
    shared = 2 if averages and len(tuned) > 1 else 1  # the groups, and their mean
    family = Family(known, worth, len(tuned) * shared * rules.divisor, rules.pairs)
    tested = tested_levels(runs, chances)
    groups = tuple(_group(group, family, tested.get(group.within, {})) for group in tuned)
    if averages and not _averages_hold(averages.names, groups):
        averages = None
    return Judgement(
        groups=groups,
        interaction=p,
        overall=_overall(averages, Family(known, worth, shared * rules.divisor, rules.pairs)) if averages else None,
        worth=worth,
        diverged={group.within: group.diverged for group in tuned},
    )


def tested_levels(
    runs: Mapping[Setting, Sequence[Observation]], chances: Mapping[Setting, float]
) -> dict[Setting, dict[str, Interval]]:
    """Return the expected result of each level on the test part, by setting of `within` where there is any."""
    known_at = {at: group for at, group in runs.items() if any(math.isfinite(run.test) for run in group)}
    tuned = [tune(at, group, chances.get(at, math.nan), "test") for at, group in known_at.items()]
    known = luck([block for group in tuned for block in group.blocks])
    return {group.within: dict(zip(group.names, _intervals(group.estimates, known), strict=True)) for group in tuned}


def _group(tuned: TunedGroup, family: Family, tested: Mapping[str, Interval]) -> Group:
    result = verdicts(Rivals(tuned.estimates, tuned.complete, tuned.others), family)
    return Group(tuned.within, levels_of(tuned, family.known, tested), result.candidates, result.contrasts)


def levels_of(tuned: TunedGroup, known: Luck, tested: Mapping[str, Interval]) -> tuple[Level, ...]:
    """Return the levels of a group, the best first.

    Args:
        tuned: The group.
        known: What all configurations say of the luck of seeds.
        tested: The expected result of each level on the test part, where it is known.
    """
    intervals = _intervals(tuned.estimates, known)
    return tuple(
        Level(
            name=result.level,
            choice=tuned.choices[result.level],
            value=interval,
            test=tested.get(result.level),
            seeds=result.count,
            diverged=_count(tuned, result.level),
            at_edge=tuned.edges[result.level],
        )
        for result, interval in zip(tuned.estimates, intervals, strict=True)
    )


def _count(tuned: TunedGroup, level: str) -> int:
    setting = tuned.choices[level].setting
    return sum(owner == level and at == setting for owner, at, _ in tuned.diverged)


def _intervals(estimates: Sequence[Estimate], known: Luck) -> list[Interval]:
    luck_of = spread(estimates, known, known.best)
    halves = [
        half_width(float(variance), float(freedom), level.count)
        for level, variance, freedom in zip(estimates, luck_of.variances, luck_of.freedoms, strict=True)
    ]
    return [
        Interval(level.mean, level.mean - half, level.mean + half)
        for level, half in zip(estimates, halves, strict=True)
    ]


def default_worth(tuned: Sequence[TunedGroup], chances: Mapping[Setting, float]) -> float:
    """Return half a percent of the way from chance to the best, or of the best where chance is not known."""
    best = {group.within: group.estimates[0].mean for group in tuned}
    known = {at: abs(chances[at] - value) for at, value in best.items() if math.isfinite(chances.get(at, math.nan))}
    distances = known.values() or [abs(value) for value in best.values()]
    return SHARE_WORTH * min(distances, default=math.nan)


def _interaction(tuned: Sequence[TunedGroup], known: Luck) -> float:
    """Return the p-value of no interaction of levels and groups, over the levels that all groups have."""
    names = _common(tuned)
    if len(tuned) < 2 or len(names) < 2:
        return math.nan
    estimates = [[next(e for e in group.estimates if e.level == name) for name in names] for group in tuned]
    spreads = [spread(row, known, known.cautious) for row in estimates]
    counts = np.array([[e.count for e in row] for row in estimates])
    return interaction(
        np.array([[e.mean for e in row] for row in estimates]),
        np.array([row.variances for row in spreads]) / counts,
        np.array([row.freedoms for row in spreads]),
    )


def _common(tuned: Sequence[TunedGroup]) -> list[str]:
    """Return the levels that every group has, in the order of the first."""
    return [name for name in tuned[0].names if all(name in group.names for group in tuned)] if tuned else []


def _averages(tuned: Sequence[TunedGroup]) -> Rivals | None:
    """Return the means over all groups of the levels that all have; None where these are not two."""
    names = _common(tuned)
    if len(names) < min(2, len(tuned[0].names) if tuned else 2):
        return None
    spared = {name: _average([_of(group.estimates, name) for group in tuned]) for name in names}
    complete = {name: _average([_of(group.complete, name) for group in tuned]) for name in names}
    order = sorted(names, key=lambda name: (spared[name].mean, name))
    others = {name: _alternatives(tuned, name) for name in names}
    return Rivals([spared[name] for name in order], [complete[name] for name in order], others)


def _averages_hold(names: Sequence[str], groups: Sequence[Group]) -> bool:
    """Return False where a level that has no average could be the best of a group: averages would pass over it."""
    return all(set(group.candidates) <= {*names} for group in groups)


def _alternatives(tuned: Sequence[TunedGroup], name: str) -> list[Estimate]:
    """Return the mean of a level over all groups with each of its alternatives in one of them."""
    chosen = [_of(group.estimates, name) for group in tuned]
    return [
        _average([*chosen[:index], other, *chosen[index + 1 :]])
        for index, group in enumerate(tuned)
        for other in group.others.get(name, ())
    ]


def _of(estimates: Sequence[Estimate], name: str) -> Estimate:
    return next(known for known in estimates if known.level == name)


def _average(groups: Sequence[Estimate]) -> Estimate:
    """Return the mean over groups by seed, over the seeds that all groups have.

    Seeds may share their luck over groups, so that their means, and not their runs, are independent. Without a seed in
    common the runs of each group are taken in order.
    """
    common = [seed for seed in groups[0].seeds if all(seed in group.seeds for group in groups)]
    if common:
        rows: dict[Hashable, list[float]] = {seed: [group.seeds[seed] for group in groups] for seed in common}
    else:
        rows = dict(enumerate(map(list, zip(*(group.seeds.values() for group in groups), strict=False))))
    return estimate(groups[0].level, {seed: math.fsum(row) / len(row) for seed, row in rows.items()})


def _overall(averages: Rivals, family: Family) -> Overall:
    seeds: list[list[Seeds]] = [[known.seeds] for known in averages.spared]
    result = verdicts(averages, Family(luck(seeds), family.worth, family.tests, family.pairs))
    return Overall({known.level: known.mean for known in averages.spared}, result.candidates, result.contrasts)
