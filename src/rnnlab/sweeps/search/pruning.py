"""Callbacks that prune the run of a trial."""

from __future__ import annotations

import lightning.pytorch as pl
from optuna.trial import Trial

from rnnlab.records.stopping import PrunedError
from rnnlab.tasks.base import SequenceTask, parameters_of
from rnnlab.training.callbacks import MetricsFile


class Pruning(pl.Callback):
    """Reports every validation to Optuna, and ends the run where its pruner decides so.

    A trial that is resumed after its process died has reported its first validations already.
    """

    def __init__(self, trial: Trial, metric: str) -> None:
        self.trial = trial
        self.metric = metric
        self._reported = len(trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        (file,) = (callback for callback in trainer.callbacks if isinstance(callback, MetricsFile))  # type: ignore[attr-defined]
        measured = [row for row in file.rows if self.metric in row]
        for step in range(self._reported, len(measured)):
            self.trial.report(float(measured[step][self.metric]), step)
        self._reported = max(self._reported, len(measured))
        if self.trial.should_prune():
            raise PrunedError(f"pruned after epoch {trainer.current_epoch}")


class LimitedParameters(pl.Callback):
    """Ends a run before it begins if its model has more parameters than allowed."""

    def __init__(self, most: int) -> None:
        self.most = most

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        if (count := parameters_of(pl_module)) > self.most:
            raise PrunedError(f"{count:,} parameters are more than {self.most:,}")
