"""The criterion by which runs are ranked and compared: a metric on one part, and which of its values are better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.analysis.configurations import Configuration
from rnnlab.enumeration import joined
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import Run

PARTS = {"val": "validation", "test": "test"}


@dataclass(frozen=True)
class Criterion:
    """The metric that runs are ranked by.

    Attributes:
        metric: The metric, whose direction its task has declared.
        name: The metric with its part, such as `val/loss`.
        is_loss: Whether it is the validation loss that runs are ranked by unless another metric is asked for.
    """

    metric: Metric
    name: str
    is_loss: bool = False

    @property
    def is_higher_better(self) -> bool:
        return self.metric.direction == "higher"

    @property
    def sign(self) -> float:
        """The factor that makes a lower value the better one: -1 where a higher one is better, else 1."""
        return -1.0 if self.is_higher_better else 1.0

    @property
    def best(self) -> str:
        """The kind of value that is the best: `highest` or `lowest`."""
        return "highest" if self.is_higher_better else "lowest"

    @property
    def noun(self) -> str:
        """The metric without its part, such as `macro F1`."""
        return self.metric.title.removeprefix("test ") or self.metric.key

    @property
    def title(self) -> str:
        """The metric with its part in words, such as `validation loss`."""
        part = self.name.partition("/")[0]
        return f"{PARTS.get(part, part)} {self.noun}"

    @property
    def column(self) -> str:
        """The column of its mean in the ranking, such as `val_accuracy`."""
        return "val_loss" if self.is_loss else self.name.replace("/", "_")

    @property
    def slug(self) -> str:
        """The beginning of the names of its figures, such as `loss`."""
        return "loss" if self.is_loss else self.metric.key.replace("_", "-")

    def values(self, configuration: Configuration) -> dict[Any, float]:
        """Return the values of a configuration by seed."""
        return {run.folder if run.seed is None else str(run.seed): run.value(self.name) for run in configuration.runs}

    def place(self, run: Run) -> tuple[float, str]:
        """Return the sort key of the runs of one configuration: the best on validation first."""
        value = self.sign * run.value(self.metric.validation)
        return (math.inf if math.isnan(value) else value, run.folder.as_posix())


def criterion(name: str | None, runs: Sequence[Run], metrics: Sequence[Metric]) -> Criterion:
    """Return the criterion that a metric's name stands for.

    Args:
        name: Such as `val/accuracy`; None for the loss that runs are ranked by.
        runs: The complete runs, at least one.
        metrics: Those that the runs declare.

    Raises:
        UserError: No run has the metric, some have none, or its values are not comparable in all runs.
    """
    loss = runs[0].measure
    if name in (None, loss.validation):
        return Criterion(loss, loss.validation, is_loss=True)
    for metric in (loss, *metrics):
        if name in (metric.validation, metric.test) and any(math.isfinite(run.value(name)) for run in runs):
            _check(metric, name, runs)
            return Criterion(metric, name)
    known = [
        part
        for metric in metrics
        for part in (metric.validation, metric.test)
        if any(math.isfinite(run.value(part)) for run in runs)
    ]
    raise UserError(f"metric={name}: the runs have no such metric; there are {joined(known)}")


def differing_keys(metric: Metric, runs: Sequence[Run]) -> list[str]:
    """Return the keys in which runs differ and which make values of the metric incomparable."""
    if not metric.comparable_at:
        return []
    leaves: list[Mapping[str, Any]] = [run.effects for run in runs]
    return [key for key in metric.comparable_at if len({str(config[key]) for config in leaves if key in config}) > 1]


def _check(metric: Metric, name: str, runs: Sequence[Run]) -> None:
    lacking = [run for run in runs if metric.key not in {declared.key for declared in run.declared}]
    if lacking:
        raise UserError(f"metric={name}: {len(lacking)} of {len(runs)} runs have none, such as {lacking[0].folder}")
    if keys := differing_keys(metric, runs):
        raise UserError(f"metric={name}: the runs differ in {joined(keys)}, so its values are not comparable")
