"""The settings of a command for every round: from a planner's words to runs, from summaries to values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from rnnlab.config.compose import flags_of
from rnnlab.config.jobs import compose_jobs
from rnnlab.config.keys import flatten
from rnnlab.data.prepared import Prepared
from rnnlab.records.folder import COMPLETE, FAILED, PRUNED, RUNS
from rnnlab.records.metrics import read_metrics
from rnnlab.records.reading import float_or_nan
from rnnlab.sweeps.plan import PlannedRun, label_of, plan_each
from rnnlab.sweeps.rounds.planner import EndedRun, Words

Summary = Mapping[str, Any]

DIVERGED = "FloatingPointError"  # how the reason of a run begins whose loss is no finite number


@dataclass(frozen=True)
class SweepCommand:
    """The command of a sweep in rounds.

    Attributes:
        loader: Composes the configurations of runs.
        config: What was composed for the command, the swept keys at their defaults.
        fixed: The words that all runs have.
        varied: The keys that names of new folders tell.
        metric: The validation metric that `EndedRun.value` has; None for the loss that runs are ranked by.
        higher_is_better: Of that metric.
        data: Prepared data by `data_key`, which all rounds share.
    """

    loader: ConfigLoader
    config: DictConfig
    fixed: Words
    varied: tuple[str, ...]
    metric: str | None = None
    higher_is_better: bool = False
    data: dict[str, Prepared] = field(default_factory=dict, repr=False)

    @property
    def sweep(self) -> Path:
        """The folder of its runs."""
        return RUNS / str(self.config.sweep)

    @cached_property
    def _told(self) -> list[str]:
        return [key for name in self.varied for key in (name, f"{name}.name", f"{name}._target_")]

    def plan(self, runs: Sequence[Words]) -> list[PlannedRun]:
        """Return the run of each list of words; equal configurations have the same one.

        Raises:
            UserError: A value is out of range, data cannot be read, or a run's place is taken by something else.
        """
        jobs = [[*_without(self.fixed, words), *words] for words in runs]
        configs = compose_jobs(self.loader, self.config, jobs)
        flags = flags_of(self.config)
        labels = [label_of(words) for words in runs]
        return plan_each(configs, labels, self.data, [[*flags, *words] for words in jobs], self._told)

    def ended(self, words: Words, run: PlannedRun, summary: Summary) -> EndedRun:
        """Return what a planner learns of a run from its summary."""
        parameters = summary.get("parameters")
        return EndedRun(
            words=words,
            config=dict(flatten(run.config)),
            seed=int(run.config["seed"]),
            status=str(summary["status"]),
            value=self._value(summary),
            parameters=parameters if isinstance(parameters, int) else None,
            diverged=diverged(summary),
            chance=self._chance(summary),
        )

    def _value(self, summary: Summary) -> float:
        if summary["status"] != COMPLETE:
            return math.nan
        value = summary["objective"] if self.metric is None else summary["metrics"]["best"].get(self.metric)
        return self._turned(value)

    def _chance(self, summary: Summary) -> float:
        chance, objective = summary.get("chance"), [m for m in read_metrics(summary) if m.ranks and not m.comparable_at]
        name = self.metric or (objective[0].validation if objective else "")
        return self._turned(chance.get(name)) if isinstance(chance, Mapping) else math.nan

    def _turned(self, value: object) -> float:
        return -float_or_nan(value) if self.higher_is_better else float_or_nan(value)


def _without(fixed: Words, words: Words) -> list[str]:
    """Return the fixed words but those whose keys a run's own words set."""
    own = {word.partition("=")[0] for word in words}
    return [word for word in fixed if word.partition("=")[0] not in own]


def has_ended(summary: Summary | None) -> bool:
    """Return True if training the run again would end as it did: it is complete, pruned, or diverged."""
    return summary is not None and (summary["status"] in (COMPLETE, PRUNED) or diverged(summary))


def diverged(summary: Summary) -> bool:
    """Return True if a run failed since its loss was no finite number."""
    return summary["status"] == FAILED and str(summary.get("reason")).startswith(DIVERGED)
