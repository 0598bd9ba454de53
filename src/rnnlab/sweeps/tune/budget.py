"""Equal budgets: how many draws each group has when optimizer steps or operations are to be equal, not trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rnnlab.errors import UserError
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.rounds.planner import Words
from rnnlab.sweeps.search.space import Space, trial_overrides
from rnnlab.sweeps.tune.draws import Sampler
from rnnlab.sweeps.tune.groups import Group

Coin = Literal["trials", "steps", "flops"]
SAMPLE = "cost"  # the purpose of the draws whose mean cost is that of a group


@dataclass(frozen=True)
class Costs:
    """Measures runs that are planned and not trained.

    Attributes:
        command: Makes the runs.
        coin: What they cost.
    """

    command: SweepCommand
    coin: Coin

    def trials(self, groups: Sequence[Group], space: Space, sampler: Sampler, trials: int) -> tuple[int, ...]:
        """Return the number of draws of each group, so that all groups cost about the same and `trials` is the mean.

        The cost of a group is the mean over some random draws of its own; all groups together cost what they would with
        the same number of trials each.

        Raises:
            UserError: A model does not declare its operations.
        """
        if self.coin == "trials" or not groups:
            return (trials,) * len(groups)
        draws = Sampler("RandomSampler", sampler.seed, {})
        costs = []
        for group in groups:
            purposes = [f"{' '.join(group.words)}/{SAMPLE}/{number}" for number in range(trials)]
            words = [(*group.words, *trial_overrides(draws.draw(space, (), purpose))) for purpose in purposes]
            costs.append(fmean(map(self._cost, self.command.plan(words))))
        budget = trials * fmean(costs)
        return tuple(max(1, round(budget / cost)) for cost in costs)

    def _cost(self, run: PlannedRun) -> float:
        from rnnlab.training.size import flops_of_run, steps_of_run  # imports torch

        assert run.prepared is not None
        if self.coin == "steps":
            return max(1, steps_of_run(run.config, run.prepared))
        flops = flops_of_run(run.config, run.prepared)
        if not flops:
            raise UserError(f"hydra.sweeper.budget=flops: {run.label} does not declare its operations; choose steps")
        return flops


@dataclass
class ParameterLimit:
    """Says whether a run's model is small enough; models of the same words are built once.

    Attributes:
        command: Makes the runs.
        most: The largest number of trainable parameters.
    """

    command: SweepCommand
    most: int

    def __post_init__(self) -> None:
        self._known: dict[Words, bool] = {}

    def __call__(self, words: Words) -> bool:
        """Return True if the model of a run has no more parameters than allowed."""
        if words not in self._known:
            from rnnlab.training.size import size_of_run  # imports torch

            (run,) = self.command.plan([words])
            assert run.prepared is not None
            self._known[words] = size_of_run(run.config, run.prepared) <= self.most
        return self._known[words]
