"""The planner of a tuning: draws for every group, anew from a grown range where the best lies at an edge, fresh seeds.

Only the draws of a group's last range count for it. They are as many as every other group has, and independent of each
other; draws of the smaller range among them would be a second helping, and would break the bands of tuning curves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from optuna.distributions import CategoricalDistribution

from rnnlab.errors import UserError
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Planner, Round, Words
from rnnlab.sweeps.search.space import Space, trial_overrides
from rnnlab.sweeps.tune.draws import Drawn, Parameters, Sampler
from rnnlab.sweeps.tune.groups import Group
from rnnlab.sweeps.tune.ranges import Edge, edges_of, grown

ATTEMPTS = 1000  # to draw a setting that fits


@dataclass(frozen=True)
class TunedGroup:
    """A group as far as it is tuned.

    Attributes:
        group: What is tuned.
        trials: The number of draws that it has.
        space: The distributions that it draws from.
        stage: How often its range has grown.
        drawn: The draws from this range that have ended.
    """

    group: Group
    trials: int
    space: Space
    stage: int = 0
    drawn: tuple[Drawn, ...] = ()

    @property
    def best(self) -> Drawn | None:
        """The best draw, the first of equally good ones; None before one is complete."""
        complete = [drawn for drawn in self.drawn if math.isfinite(drawn.value)]
        return min(complete, key=lambda drawn: drawn.value) if complete else None

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges at which the best draw lies."""
        return () if self.best is None else edges_of(self.best.parameters, self.space)

    @property
    def words(self) -> Words:
        """The overrides of the best draw."""
        assert self.best is not None
        return (*self.group.words, *trial_overrides(self.best.parameters))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for reports: the chosen setting, its range and whether it lies at an edge."""
        best = self.best
        return {
            "group": self.group.label,
            "words": list(self.group.words),
            "stage": self.stage,
            "trials": self.trials,
            "range": range_to_json(self.space),
            "chosen": None if best is None else best.parameters,
            "value": None if best is None else best.value,
            "edges": [[edge.key, edge.side] for edge in self.edges],
        }


@dataclass(frozen=True)
class Tuning:
    """Tunes groups, then has the best setting of each confirmed.

    Attributes:
        groups: What is tuned.
        trials: The number of draws of each group.
        space: The distributions that all groups begin with.
        sampler: What draws.
        confirm: Makes the planner that trains chosen settings with fresh seeds.
        confirmed: How many runs it asks for at most.
        extend: How often a range may grow.
        fits: Whether a run of these words may be trained; another setting is drawn in place of one that may not.
    """

    groups: tuple[Group, ...]
    trials: tuple[int, ...]
    space: Space
    sampler: Sampler
    confirm: Callable[[tuple[Words, ...]], Planner]
    confirmed: int
    extend: int = 2
    fits: Callable[[Words], bool] = field(default=lambda _: True)

    def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
        tuned = [TunedGroup(group, n, self.space) for group, n in zip(self.groups, self.trials, strict=True)]
        at = 0
        while draws := [self._next(group) for group in tuned]:
            count = sum(map(len, draws))
            runs = ended[at : at + count]
            if not count:
                break
            if not runs:
                return self._round(tuned, draws)
            tuned = self._after(tuned, draws, [run.value for run in runs])
            at += count
        return self._confirmation(tuned, ended[at:])

    def _next(self, group: TunedGroup) -> list[Parameters]:
        """Return the settings that a group tries next; none where it is tuned."""
        done = len(group.drawn)
        left = group.trials - done
        if self.sampler.is_sequence:
            return self._sequence(group)[done:] if left else []
        if not self.sampler.is_random:
            left = min(left, max(1, self.sampler.at_first - done))
        return [self._draw(group, done + number) for number in range(left)]

    def _sequence(self, group: TunedGroup) -> list[Parameters]:
        """Return the settings of a group from a sequence, without those that do not fit."""
        fitting = (
            parameters
            for parameters in self.sampler.sequence(group.space)
            if self.fits((*group.group.words, *trial_overrides(parameters)))
        )
        settings = list(itertools.islice(fitting, group.trials))
        if len(settings) < group.trials:
            raise UserError(
                f"hydra.sweeper.trials={group.trials}: the sampler has {len(settings)} settings for"
                f" {group.group.label}; give fewer trials, or more choices"
            )
        return settings

    def _draw(self, group: TunedGroup, number: int) -> Parameters:
        purpose = f"{' '.join(group.group.words)}/{group.stage}/{number}"
        for attempt in range(ATTEMPTS):
            parameters = self.sampler.draw(group.space, group.drawn, f"{purpose}/{attempt}" if attempt else purpose)
            if self.fits((*group.group.words, *trial_overrides(parameters))):
                return parameters
        raise UserError(
            f"hydra.sweeper.most_parameters: of {ATTEMPTS} draws for {group.group.label} none is as small;"
            " give a larger number, or smaller ranges"
        )

    def _after(
        self, tuned: Sequence[TunedGroup], draws: Sequence[Sequence[Parameters]], values: Sequence[float]
    ) -> list[TunedGroup]:
        """Return the groups with what their draws reached; one at an edge begins anew with a grown range."""
        reached = iter(values)
        after = []
        for group, settings in zip(tuned, draws, strict=True):
            drawn = tuple(Drawn(parameters, next(reached)) for parameters in settings)
            after.append(self._extended(replace(group, drawn=(*group.drawn, *drawn))) if drawn else group)
        return after

    def _extended(self, group: TunedGroup) -> TunedGroup:
        if len(group.drawn) < group.trials or group.stage >= self.extend:
            return group
        space = grown(group.space, group.edges)
        return group if space == group.space else TunedGroup(group.group, group.trials, space, group.stage + 1)

    def _round(self, tuned: Sequence[TunedGroup], draws: Sequence[Sequence[Parameters]]) -> Round:
        """Return the round that trains the next draws of all groups."""
        runs, notes = list[Words](), []
        for group, settings in zip(tuned, draws, strict=True):
            if settings:
                edges = [[edge.key for edge in edges_of(parameters, group.space)] for parameters in settings]
                places = range(len(runs), len(runs) + len(settings))
                notes.append(
                    {**group.to_json(), "runs": list(places), "at_edge": edges, "random": self.sampler.is_random}
                )
            runs += [(*group.group.words, *trial_overrides(parameters)) for parameters in settings]
        grown_already = any(group.stage for group, settings in zip(tuned, draws, strict=True) if settings)
        return Round(
            name="tuning from grown ranges" if grown_already else "tuning",
            runs=tuple(runs),
            open=tuple(_label(group) for group, settings in zip(tuned, draws, strict=True) if settings),
            at_most=self._may_follow(tuned, draws),
            record={"tuning": notes},
        )

    def _may_follow(self, tuned: Sequence[TunedGroup], draws: Sequence[Sequence[Parameters]]) -> int:
        """Return how many runs can follow a round at most: every range grows as often as it may."""
        more = 0
        for group, settings in zip(tuned, draws, strict=True):
            if settings:
                more += group.trials * (self.extend - group.stage + 1) - len(group.drawn) - len(settings)
        return more + self.confirmed

    def _confirmation(self, tuned: Sequence[TunedGroup], ended: Sequence[EndedRun]) -> Round | Done:
        """Return the next round of the chosen settings with fresh seeds."""
        record = {"chosen": [group.to_json() for group in tuned], "random": self.sampler.is_random}
        chosen = [group for group in tuned if group.best is not None]
        if not chosen:
            return Done("no trial is complete, so that no setting can be chosen", record)
        step = self.confirm(tuple(group.words for group in chosen))(ended)
        record = {**step.record, **record}
        if isinstance(step, Round):
            return replace(step, record=record, open=step.open or tuple(map(_label, chosen)))
        return Done(step.reason + _edges_in_words(chosen), record)


@dataclass(frozen=True)
class FreshSeeds:
    """Trains configurations with seeds that had no part in choosing them.

    Attributes:
        configurations: The overrides of each.
        seeds: The seeds.
    """

    configurations: tuple[Words, ...]
    seeds: tuple[int, ...]

    def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
        if ended:
            return Done(f"every level is tuned, and confirmed by {len(self.seeds)} fresh seeds")
        runs = tuple((*words, f"seed={seed}") for seed in self.seeds for words in self.configurations)
        return Round("confirmation by fresh seeds", runs, at_most=0)


def range_to_json(space: Space) -> dict[str, Any]:
    """Return what keys are drawn from as plain values: `low`, `high` and `log`, or `choices`."""
    return {
        key: {"choices": list(d.choices)}
        if isinstance(d, CategoricalDistribution)
        else {name: getattr(d, name) for name in ("low", "high", "log")}
        for key, d in space.items()
    }


def _label(group: TunedGroup) -> str:
    best = group.best
    if best is None:
        return group.group.label
    return f"{group.group.label} ({', '.join(_setting(key, value) for key, value in best.parameters.items())})"


def _edges_in_words(tuned: Sequence[TunedGroup]) -> str:
    """Say which settings lie at the edge of a range that grows no more."""
    said = [
        f"{group.group.label} is best at the edge of its range, {_setting(edge.key, group.best.parameters[edge.key])}"
        for group in tuned
        for edge in group.edges
        if group.best is not None
    ]
    return "".join(f"; {words}" for words in said)


def _setting(key: str, value: Any) -> str:
    return f"{key.rpartition('.')[2]}={value}"
