"""The loggers of a run: TensorBoard in the run folder, and what every logger is told at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger


class RunTensorBoard(TensorBoardLogger):
    """Writes event files directly into the run folder, and no hparams.yaml: the run folder has its config.yaml."""

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="", version="", default_hp_metric=False)

    def save(self) -> None:
        self.experiment.flush()


def continue_curves(loggers: list[Logger], step: int) -> None:
    """Let TensorBoard hide what an earlier attempt drew beyond the step behind which a training goes on."""
    for logger in loggers:
        if isinstance(logger, RunTensorBoard):
            logger._kwargs["purge_step"] = step + 1


def log_outcome(loggers: list[Logger], hparams: Mapping[str, Any], outcome: Mapping[str, float]) -> None:
    """Log hyperparameters and result of a finished run with every logger.

    TensorBoard's HParams tab gets its row only here, when the figures are known: registered earlier, a run would
    stand there with -1 or nothing.
    """
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.log_hyperparams(dict(hparams), dict(outcome))
        else:
            logger.log_hyperparams(dict(hparams))
            logger.log_metrics(dict(outcome))


def close(loggers: list[Logger]) -> None:
    """Let every logger write what it holds, and end a run of Weights & Biases, which the next run would join."""
    for logger in loggers:
        logger.finalize("success")
        if isinstance(logger, WandbLogger):
            logger.experiment.finish()
