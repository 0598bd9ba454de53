"""A group of runs with every level tuned: what is estimated of each level, and from which runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.inference.divergence import Run, diverged, worst
from rnnlab.analysis.inference.estimates import Estimate, estimate
from rnnlab.analysis.inference.observations import (
    Configurations,
    Observation,
    Part,
    Seeds,
    Setting,
    by_configuration,
)
from rnnlab.analysis.inference.tuning import Choice, choose


@dataclass(frozen=True)
class TunedGroup:
    """The levels of a group, each at its own best.

    Attributes:
        within: The setting that the group is at.
        choices: The tuned setting of each level, and the seeds that estimate its result.
        estimates: The results of the levels without the runs that diverged, the best first.
        complete: The same with those runs, in the same order.
        others: The results of each level at the other settings that could be its best, without the runs that diverged.
        blocks: For each level the values of all its settings by seed, without the runs that diverged.
        diverged: The runs that diverged.
        edges: The tuned keys of each level whose chosen number is the smallest or largest that it was tried with; of
            drawn settings, the keys whose numbers lie at the edge of the range that they were drawn from.
    """

    within: Setting
    choices: Mapping[str, Choice]
    estimates: tuple[Estimate, ...]
    complete: tuple[Estimate, ...]
    others: Mapping[str, tuple[Estimate, ...]]
    blocks: tuple[tuple[Seeds, ...], ...]
    diverged: frozenset[Run]
    edges: Mapping[str, tuple[str, ...]]

    @property
    def afflicted(self) -> frozenset[str]:
        """The levels whose results leave out runs that diverged."""
        pairs = zip(self.estimates, self.complete, strict=True)
        return frozenset(spared.level for spared, complete in pairs if spared.count < complete.count)

    @property
    def names(self) -> tuple[str, ...]:
        """The levels, the best first."""
        return tuple(estimate.level for estimate in self.estimates)


def tune(within: Setting, runs: Sequence[Observation], chance: float, part: Part = "value") -> TunedGroup:
    """Tune every level of a group by its validation results, and estimate its results on a part of the data.

    Where a setting is chosen, a run that diverged counts as chance, so that no setting is chosen for the seeds that
    survived it.

    Args:
        within: The setting of the group.
        runs: Its runs.
        chance: What a model reaches that has learned nothing; NaN where it is not known.
        part: The part whose results are estimated.
    """
    values = by_configuration(runs)
    accidents = diverged(values, chance)
    bounded = _bounded(values, worst(values, chance))
    choices = {level: choose(_settings(bounded, level)) for level in dict.fromkeys(level for level, _ in bounded)}
    measured = bounded if part == "value" else by_configuration(runs, part)
    spared = without(measured, accidents)
    complete = {level: _at(measured, level, choice) for level, choice in choices.items()}
    complete = {level: seeds for level, seeds in complete.items() if seeds}
    kept = {level: _at(spared, level, choices[level]) or seeds for level, seeds in complete.items()}
    estimates = sorted((estimate(level, seeds) for level, seeds in kept.items()), key=lambda e: (e.mean, e.level))
    return TunedGroup(
        within=within,
        choices=choices,
        estimates=tuple(estimates),
        complete=tuple(estimate(known.level, complete[known.level]) for known in estimates),
        others={
            level: tuple(estimate(level, seeds) for at in choice.others if (seeds := spared.get((level, at))))
            for level, choice in choices.items()
        },
        blocks=tuple(tuple(_settings(spared, level).values()) for level in choices),
        diverged=frozenset(accidents),
        edges={
            level: _edges(level, choice.setting, _settings(bounded, level), runs) for level, choice in choices.items()
        },
    )


def without(configurations: Configurations, runs: Collection[Run]) -> Configurations:
    """Return the configurations without runs; one that would lose all of its runs keeps them."""
    return {
        (level, setting): {s: v for s, v in seeds.items() if (level, setting, s) not in runs} or seeds
        for (level, setting), seeds in configurations.items()
    }


def _bounded(configurations: Configurations, bound: float) -> Configurations:
    """Return the configurations with no value worse than the bound; nothing where there is not one finite value."""
    if math.isnan(bound):
        return {}
    return {
        key: {seed: value if value < bound else bound for seed, value in seeds.items()}
        for key, seeds in configurations.items()
    }


def _settings(configurations: Configurations, level: str) -> dict[Setting, Seeds]:
    return {setting: seeds for (owner, setting), seeds in configurations.items() if owner == level}


def _at(configurations: Configurations, level: str, choice: Choice) -> Seeds:
    seeds = configurations.get((level, choice.setting), {})
    return {seed: seeds[seed] for seed in choice.seeds if seed in seeds}


def _edges(level: str, chosen: Setting, tried: Collection[Setting], runs: Sequence[Observation]) -> tuple[str, ...]:
    """Return the keys whose chosen number lies at an edge of its range.

    Where the setting was drawn, its range is known. Else those are at an edge that have no number below or above them
    among those that were tried.
    """
    drawn = [run.at_edge for run in runs if (run.level, run.tuned) == (level, chosen) and run.at_edge is not None]
    if drawn:
        return tuple(dict.fromkeys(key for keys in drawn for key in keys))
    edges = []
    for index, (key, value) in enumerate(chosen):
        numbers = {setting[index][1] for setting in tried}
        if len(numbers) > 1 and all(_is_number(number) for number in numbers) and value in (min(numbers), max(numbers)):
            edges.append(key)
    return tuple(edges)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
