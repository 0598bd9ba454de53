"""Races: seeds go to the levels that could still be the best, and each look at the results has a part of the error.

A race looks after `first` seeds of every level and after each further one. Two levels are compared at a look if both
have all of its seeds, and what is shown at one look stands. These are some of the looks at a sweep in which all levels
have all seeds. Whatever rule gives the seeds out, a race therefore shows no more that is false than looking at that
sweep would, and the error of those looks is what `spending` keeps. Lower is better.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rnnlab.analysis.inference.contrasts import ERROR, Contrast, reversed_
from rnnlab.analysis.inference.divergence import Run
from rnnlab.analysis.inference.estimates import luck
from rnnlab.analysis.inference.judgement import Group, Judgement, Rules, default_worth, levels_of, tested_levels
from rnnlab.analysis.inference.observations import Observation, Seeds, Setting, by_group
from rnnlab.analysis.inference.spending import errors_of_looks
from rnnlab.analysis.inference.tuned_groups import TunedGroup, tune
from rnnlab.analysis.inference.verdicts import Family, Rivals, verdicts

Ending = Literal["", "best", "equal", "decided", "alone", "most"]
"""Why a race is over: one level is the best, those that could be are equal, every pair is decided, runs of all others
failed, or every seed is used. Empty while it goes on."""


@dataclass(frozen=True)
class Race:
    """The plan of a race.

    Attributes:
        first: The number of seeds of every level before the first look, at least 2.
        seeds: The seeds in the order in which levels get them; there are no others.
        levels: The number of levels that start, by setting of `within`.
        all_pairs: True if seeds go to the pairs that are undecided, and not only to levels that could be the best.
    """

    first: int
    seeds: tuple[Hashable, ...]
    levels: Mapping[Setting, int]
    all_pairs: bool = False

    @property
    def counts(self) -> range:
        """The numbers of seeds after which the race looks."""
        return range(self.first, len(self.seeds) + 1)


@dataclass(frozen=True)
class Standing:
    """The state of the race of one group.

    Attributes:
        group: The levels and their verdicts; only seeds of looks that were taken count.
        looks: The number of looks that were taken.
        counted: The number of seeds that count, by level.
        contenders: The levels that get further seeds while the race goes on, the best first.
        failed: The levels that get none because a run of theirs failed or diverged.
        ending: Why the race is over; empty while it goes on.
        worth: The smallest difference that counts as one.
        error: The error of the last look.
        diverged: The runs that diverged.
    """

    group: Group
    looks: int
    counted: Mapping[str, int]
    contenders: tuple[str, ...]
    failed: tuple[str, ...]
    ending: Ending
    worth: float
    error: float
    diverged: frozenset[Run]


def standings(
    observations: Iterable[Observation], rules: Rules, race: Race, failures: Mapping[Setting, Collection[Run]]
) -> list[Standing]:
    """Take the looks that the results allow, from the first on, in each group of a race.

    The results decide and not the order in which they came; those ahead of the next look change nothing.

    Args:
        observations: The runs that ended, also those that diverged. Runs of other seeds than the race's have chosen the
            settings of levels.
        rules: How levels are judged.
        race: The plan.
        failures: The runs that failed otherwise, by setting of `within`.
    """
    runs = by_group(observations)
    fields = [_Field(within, group, rules, race, failures.get(within, ())) for within, group in runs.items()]
    return [standing for field in fields if (standing := field.standing())]


def judgement_of(every: Sequence[Standing]) -> Judgement:
    """Return the verdicts of a race as those of any sweep, in which each group has its own."""
    return Judgement(
        groups=tuple(standing.group for standing in every),
        interaction=math.nan,
        overall=None,
        worth=min((standing.worth for standing in every), default=math.nan),
        diverged={standing.group.within: standing.diverged for standing in every},
    )


class _Field:
    """The levels of one group while looks are taken."""

    def __init__(
        self, within: Setting, runs: Sequence[Observation], rules: Rules, race: Race, failures: Collection[Run]
    ) -> None:
        self.within, self.rules, self.race, self.failures = within, rules, race, failures
        place = {seed: index for index, seed in enumerate(race.seeds)}
        raced = [run for run in runs if run.seed in place]
        self.raced = sorted(raced, key=lambda run: (run.level, place[run.seed]))  # the order of runs changes no digit
        self.trials = _trials(runs, race)
        self.results: dict[str, Seeds] = {}
        for run in self.raced:
            self.results.setdefault(run.level, {}).setdefault(run.seed, run.value)
        self.names = sorted({*self.results, *(level for level, _, _ in failures)})
        self.contenders, self.candidates = list(self.names), list(self.names)
        self.failed: list[str] = []
        self.counted = dict.fromkeys(self.names, 0)
        self.contrasts: dict[frozenset[str], Contrast] = {}  # of two levels the latest, or the one that decided
        self.looks, self.error = 0, ERROR
        self.ending: Ending = ""

    def standing(self) -> Standing | None:
        """Take all looks and return how the group stands; None without any result."""
        self._take_looks()
        tuned = self._tuned([*self.trials, *self._counting()])
        if not tuned.estimates:
            return None
        group = self._group(tuned)
        ranked = dict.fromkeys([*(level.name for level in group.levels), *self.contenders])
        return Standing(
            group=group,
            looks=self.looks,
            counted=self.counted,
            contenders=tuple(name for name in ranked if name in self.contenders),
            failed=tuple(self.failed),
            ending=self.ending,
            worth=self._worth(tuned),
            error=self.error,
            diverged=tuned.diverged,
        )

    @property
    def levels(self) -> int:
        """The number of levels that started."""
        return max(self.race.levels.get(self.within, 0), len(self.names))

    def _take_looks(self) -> None:
        error = ERROR / max(1, len(self.race.levels))
        errors = errors_of_looks(self.race.counts, error, max(1, math.comb(self.levels, 2)))
        for count, part in zip(self.race.counts, errors, strict=True):
            broken = self._broken(count)
            ready = [name for name in self.contenders if name not in broken]
            if self.ending or len(self.names) < self.levels or not all(self._has(name, count) for name in ready):
                return
            self._look(count, ready, part)

    def _has(self, name: str, count: int) -> bool:
        return all(seed in self.results.get(name, {}) for seed in self.race.seeds[:count])

    def _before_failure(self, name: str) -> int:
        return next(count for count in range(len(self.race.seeds), -1, -1) if self._has(name, count))

    def _broken(self, count: int) -> set[str]:
        """Return the levels of which one of so many runs failed and has no value at all."""
        return {level for level, _, seed in self.failures if seed in self.race.seeds[:count]}

    def _look(self, count: int, ready: list[str], error: float) -> None:
        self.looks, self.error = self.looks + 1, error
        self.counted.update(dict.fromkeys(ready, count))
        for name in self.names:  # of those that failed before the first look all that there is
            self.counted[name] = self.counted[name] or self._before_failure(name)
        tuned = self._tuned(self._counting())
        rivals = _only(tuned, ready)
        known = luck(list(tuned.blocks))
        family = Family(known, self._worth(tuned), ERROR / error, self.rules.pairs, self.levels)
        result = verdicts(rivals, family)
        for contrast in result.contrasts:
            pair = frozenset((contrast.first, contrast.second))
            if not self._is_decided(pair):
                self.contrasts[pair] = contrast
        self.candidates = [name for name in self.candidates if name not in ready or name in result.candidates]
        self._drop(ready, count)
        self.ending = self._ending(count)

    def _drop(self, ready: Sequence[str], count: int) -> None:
        """Keep the contenders that the question needs and whose runs all ended with a number."""
        diverging = [name for name in ready if not all(map(math.isfinite, self._values(name, count)))]
        self.failed += [name for name in self.contenders if name not in ready or name in diverging]
        rest = [name for name in ready if name not in diverging]
        if self.race.all_pairs:
            undecided = {name for pair in _pairs(rest) if not self._is_decided(pair) for name in pair}
            self.contenders = [name for name in rest if name in undecided]
        else:
            self.contenders = [name for name in rest if name in self.candidates]

    def _ending(self, count: int) -> Ending:
        if self.race.all_pairs:
            over: Ending = "" if self.contenders else "decided"
        elif self.candidates == self.contenders and len(self.contenders) == 1:
            over = "best"
        elif len(self.contenders) < 2:
            over = "alone"
        else:
            over = "equal" if all(self._is_equal(pair) for pair in _pairs(self.contenders)) else ""
        return over or ("most" if count == len(self.race.seeds) else "")

    def _values(self, name: str, count: int) -> list[float]:
        return [self.results[name][seed] for seed in self.race.seeds[:count]]

    def _is_decided(self, pair: frozenset[str]) -> bool:
        return pair in self.contrasts and self.contrasts[pair].verdict != "undecided"

    def _is_equal(self, pair: frozenset[str]) -> bool:
        return pair in self.contrasts and self.contrasts[pair].verdict == "equal"

    def _counting(self) -> list[Observation]:
        """Return the runs whose seeds count; before the first look all that there are."""
        seeds = {name: self.race.seeds[: self.counted[name]] for name in self.names}
        return [run for run in self.raced if not self.looks or run.seed in seeds[run.level]]

    def _tuned(self, runs: Sequence[Observation]) -> TunedGroup:
        return tune(self.within, runs, self._chance, self.rules.part)

    @property
    def _chance(self) -> float:
        return (self.rules.chance or {}).get(self.within, math.nan) if self.rules.accidents else math.nan

    def _worth(self, tuned: TunedGroup) -> float:
        return default_worth([tuned], self.rules.chance or {}) if self.rules.worth is None else self.rules.worth

    def _group(self, tuned: TunedGroup) -> Group:
        known = luck(list(tuned.blocks))
        used = {(level, choice.setting, seed) for level, choice in tuned.choices.items() for seed in choice.seeds}
        every = (*self.trials, *self._counting())
        runs = [run for run in every if (run.level, run.tuned, run.seed) in used]
        tested = tested_levels({self.within: runs}, self.rules.chance or {}).get(self.within, {})
        levels = levels_of(tuned, known, tested)
        means = {level.name: level.value.value for level in levels}
        return Group(
            within=self.within,
            levels=levels,
            candidates=tuple(name for name in means if name in self.candidates),
            contrasts=tuple(self._contrast(a, b, means) for a, b in itertools.combinations(means, 2)),
        )

    def _contrast(self, first: str, second: str, means: Mapping[str, float]) -> Contrast:
        known = self.contrasts.get(frozenset((first, second)))
        if known is None:  # never compared
            gap = means[first] - means[second]
            return Contrast(first, second, gap, math.nan, math.nan, math.nan, "undecided")
        return known if known.first == first else reversed_(known)


def _trials(runs: Sequence[Observation], race: Race) -> list[Observation]:
    """Return the runs that chose the setting of a level; further seeds of the same setting are no part of a race."""
    raced = {(run.level, run.tuned) for run in runs if run.seed in race.seeds}
    tried = [run for run in runs if run.seed not in race.seeds]
    tuned = {run.level for run in tried if (run.level, run.tuned) not in raced}
    return [run for run in tried if run.level in tuned]


def _pairs(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(pair) for pair in itertools.combinations(names, 2)]


def _only(tuned: TunedGroup, names: Collection[str]) -> Rivals:
    """Return some levels of a group."""
    return Rivals(
        [known for known in tuned.estimates if known.level in names],
        [known for known in tuned.complete if known.level in names],
        tuned.others,
    )
