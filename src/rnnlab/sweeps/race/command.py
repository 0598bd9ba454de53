"""The race that a command asks for: its configurations, checked to be rivals, and the settings of its planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from rnnlab.analysis.question import REPEATS, VALIDATED_ON
from rnnlab.config.keys import flatten
from rnnlab.enumeration import joined
from rnnlab.errors import UserError
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.race.planner import Entrant, RacePlanner
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.search.objective import LOSS, direction_of

SWEEPER = "hydra.sweeper"
Values = Mapping[str, Sequence[str]]
"""The words of every key, such as `{"cell": ["cell=rnn", "cell=gru"]}`."""


@dataclass(frozen=True)
class RaceSettings:
    """The settings of `hydra.sweeper`.

    Attributes:
        first: The number of seeds of every configuration before the first look.
        most: The number of seeds that a configuration has at most.
        seed: The first seed; the others are those that follow it.
        question: `best`, or `all` to decide every pair.
        worth: The smallest difference worth having, in the metric's unit; None for the default of reports.
        within: The swept keys at whose values the question is asked again.
        metric: The validation metric by which configurations are compared.
    """

    first: int
    most: int
    seed: int
    question: str
    worth: float | None
    within: tuple[str, ...]
    metric: str

    def __post_init__(self) -> None:
        if self.most < self.first:
            raise UserError(f"{SWEEPER}.most={self.most}: must be at least {SWEEPER}.first, which is {self.first}")


def race_of(
    cases: Sequence[Values], settings: RaceSettings, loader: ConfigLoader, config: DictConfig
) -> tuple[RacePlanner, SweepCommand]:
    """Return the planner of a race and what makes runs of the planned words.

    Args:
        cases: The words of every key, one mapping for each case of values that vary together.
        settings: Those of the sweeper.
        loader: Composes the configurations of runs.
        config: What was composed for the command.

    Raises:
        UserError: There are no two configurations, one of them is wrong, or some are no rivals.
    """
    jobs = [tuple(words) for case in cases for words in product(*case.values())]
    common = set(jobs[0]).intersection(*jobs)
    keys = list(dict.fromkeys(_key(word) for words in jobs for word in words if word not in common))
    _check_keys([*keys, *(_key(word) for word in common)], keys, settings.within)
    entrants = [entrant_of([word for word in words if word not in common], settings.within) for words in jobs]
    entrants = list(dict.fromkeys(entrants))
    if len(entrants) < 2:
        raise UserError(f"{SWEEPER}: a race needs two configurations; sweep over a key, such as cell=rnn,gru")
    fixed = tuple(word for word in jobs[0] if word in common)
    command = SweepCommand(loader, config, fixed, tuple(keys))
    planned = command.plan([entrant.words for entrant in entrants])  # what is wrong is said before anything is written
    _check_rivals(entrants, planned)
    planner = race_among(entrants, settings, tuple(key for key in keys if key not in settings.within))
    higher = planner.metric is not None and direction_of(planner.metric, None, planned[0]) == "maximize"
    return planner, replace(command, metric=planner.metric, higher_is_better=higher)


def race_among(
    entrants: Sequence[Entrant], settings: RaceSettings, by: tuple[str, ...], tune: tuple[str, ...] = ()
) -> RacePlanner:
    """Return the planner of a race among entrants.

    Args:
        entrants: They are rivals where they have the same words of `settings.within`.
        settings: Of the race.
        by: The keys that are compared.
        tune: The keys whose values were chosen before.
    """
    return RacePlanner(
        entrants=tuple(entrants),
        first=settings.first,
        seeds=tuple(range(settings.seed, settings.seed + settings.most)),
        all_pairs=settings.question == "all",
        worth=settings.worth,
        by=by,
        within=settings.within,
        tune=tune,
        metric=None if settings.metric == LOSS else settings.metric,
    )


def entrant_of(words: Sequence[str], within: Sequence[str]) -> Entrant:
    """Return the entrant that words make, whose group is said by the keys `within`."""
    return Entrant(tuple(words), tuple(word for word in words if _key(word) in within))


def _check_keys(keys: Sequence[str], swept: Sequence[str], within: Sequence[str]) -> None:
    if REPEATS in keys:
        raise UserError(f"{REPEATS}: a race gives seeds itself; leave it out, or give {SWEEPER}.seed the first one")
    if strange := [key for key in within if key not in swept]:
        raise UserError(f"{SWEEPER}.within={strange[0]}: only a swept key can be named, such as {swept[0]}")
    if swept and not set(swept) - set(within):
        raise UserError(f"{SWEEPER}.within: names every swept key, so nothing is left to be compared; leave one out")


def _check_rivals(entrants: Sequence[Entrant], planned: Sequence[PlannedRun]) -> None:
    """Raise UserError where entrants of one group would be validated on different items, or do different tasks."""
    first: dict[Any, tuple[Entrant, Any]] = {}
    for entrant, run in zip(entrants, planned, strict=True):
        config = dict(flatten(run.config))
        items = (run.sha256, config.get("task.name"), *(config.get(key) for key in VALIDATED_ON))
        other, others_items = first.setdefault(entrant.group, (entrant, items))
        if items != others_items:
            keys = [_key(word) for word in entrant.words if word not in other.words]
            raise UserError(
                f"{SWEEPER}.within: runs that differ in {joined(keys)} are validated on different items, so they are no"
                f" rivals; add {keys[0]} to {SWEEPER}.within"
            )


def _key(word: str) -> str:
    return word.partition("=")[0]
