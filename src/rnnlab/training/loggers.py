"""TensorBoard, with everything where its HParams tab and a run folder need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger


class RunTensorBoard(TensorBoardLogger):
    """Event files directly in the run folder, and no hparams.yaml: the run folder has its config.yaml."""

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="", version="", default_hp_metric=False)

    def save(self) -> None:
        self.experiment.flush()


def go_on(loggers: list[Logger], step: int) -> None:
    """A training goes on behind that step: TensorBoard then hides what an earlier attempt drew beyond it."""
    for logger in loggers:
        if isinstance(logger, RunTensorBoard):
            logger._kwargs["purge_step"] = step + 1


def log_outcome(loggers: list[Logger], hparams: Mapping[str, Any], outcome: Mapping[str, float]) -> None:
    """Tell every logger what a finished run was and what came of it.

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
    """Let every logger write what it still holds. A run of Weights & Biases is ended, or the next would join it."""
    for logger in loggers:
        logger.finalize("success")
        if isinstance(logger, WandbLogger):
            logger.experiment.finish()
