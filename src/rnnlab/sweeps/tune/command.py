"""From the words of a tuning to its planner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from rnnlab.errors import UserError
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.race.command import RaceSettings, entrant_of, race_among
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.rounds.planner import Planner, Words
from rnnlab.sweeps.search.objective import LOSS, direction_of
from rnnlab.sweeps.tune.budget import Costs, ParameterLimit
from rnnlab.sweeps.tune.draws import Sampler
from rnnlab.sweeps.tune.groups import Asked, asked_of
from rnnlab.sweeps.tune.planner import FreshSeeds, Tuning

RACE = "race"  # the value of `confirm` with which seeds go only where they decide
Settings = Mapping[str, Any]


def tuning(
    loader: ConfigLoader, config: DictConfig, overrides: Iterable[Override], settings: Settings
) -> tuple[Tuning, SweepCommand]:
    """Return what plans a tuning, and what makes runs of its words.

    Args:
        loader: Composes the configurations of runs.
        config: What was composed for the command.
        overrides: The words of the command, swept ones included.
        settings: The node `hydra.sweeper`.

    Raises:
        UserError: A word or a setting is wrong.
    """
    asked = asked_of(overrides, settings["by"])
    sampler = Sampler.of(settings["sampler"])
    command = SweepCommand(
        loader=loader,
        config=config,
        fixed=(*asked.fixed, *_question(config, asked)),
        varied=(*asked.by, *asked.within, *asked.space),
    )
    if settings["metric"] != LOSS:
        command = _with_metric(command, asked, settings["metric"])
    costs, most = Costs(command, settings["budget"]), settings["most_parameters"]
    planner = Tuning(
        groups=asked.groups,
        trials=costs.trials(asked.groups, asked.space, sampler, settings["trials"]),
        space=asked.space,
        sampler=sampler,
        confirm=_confirmation(int(config.seed) + 1, asked, settings),
        confirmed=settings["most" if settings["confirm"] == RACE else "confirm"] * len(asked.groups),
        extend=settings["extend"],
        **({} if most is None else {"fits": ParameterLimit(command, most)}),
    )
    return planner, command


def _confirmation(first: int, asked: Asked, settings: Settings) -> Callable[[tuple[Words, ...]], Planner]:
    """Return what confirms chosen settings with seeds from `first` on, none of which had a part in choosing them.

    Raises:
        UserError: There is nothing to race against, or fewer seeds at most than at first.
    """
    count = settings["confirm"]
    if count != RACE:
        return partial(FreshSeeds, seeds=tuple(range(first, first + count)))
    if len(asked.groups) < 2:
        raise UserError(
            "hydra.sweeper.confirm=race: a race needs two levels; give several values, such as cell=rnn,gru"
        )
    names = ("first", "most", "question", "worth", "metric")
    race = RaceSettings(**{name: settings[name] for name in names}, seed=first, within=asked.within)

    def planner(chosen: tuple[Words, ...]) -> Planner:
        return race_among([entrant_of(words, asked.within) for words in chosen], race, asked.by, tuple(asked.space))

    return planner


def _question(config: DictConfig, asked: Asked) -> list[str]:
    """Return the words that tell reports which keys are compared and tuned, where nobody has said so."""
    roles = {"by": asked.by, "tune": tuple(asked.space), "within": asked.within}
    if any(OmegaConf.select(config, f"compare.{role}") is not None for role in roles):
        return []
    return [f"compare.{role}=[{','.join(keys)}]" for role, keys in roles.items() if keys]


def _with_metric(command: SweepCommand, asked: Asked, metric: str) -> SweepCommand:
    """Return the command of a tuning by another metric than the loss.

    Raises:
        UserError: The task has no such metric.
    """
    run: PlannedRun = command.plan([asked.groups[0].words])[0]
    higher = direction_of(metric, None, run) == "maximize"
    return SweepCommand(command.loader, command.config, command.fixed, command.varied, metric, higher, command.data)
