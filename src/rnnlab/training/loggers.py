"""The loggers of a run: TensorBoard in the run folder, and what every logger is told at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger


class RunTensorBoard(TensorBoardLogger):
    """Writes event files directly into the run folder, and no hparams.yaml: the run folder has its config.yaml."""

    def __init__(self, save_dir: str) -> None:
        super().__init__(save_dir, name="", version="", default_hp_metric=False)

    def save(self) -> None:
        self.experiment.flush()


class EventFiles(pl.Callback):
    """Keeps in every checkpoint how long TensorBoard's files were, so that a resumed run has every point once."""

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, RunTensorBoard):
                logger.save()  # what a killed process holds back is lost
        files = _event_files(Path(trainer.default_root_dir))
        checkpoint["event_files"] = {file.name: file.stat().st_size for file in files}


def continue_curves(loggers: list[Logger], folder: Path, step: int, sizes: Mapping[str, int] | None) -> None:
    """Take back what an earlier attempt drew after the checkpoint from which a training goes on.

    Args:
        loggers: Of the run.
        folder: The run's.
        step: Of the checkpoint; a TensorBoard that is open hides what lies beyond.
        sizes: What `EventFiles` kept in it; None for nothing.
    """
    for logger in loggers:
        if isinstance(logger, RunTensorBoard):
            logger._kwargs["purge_step"] = step + 1
    if sizes is None:
        return
    for file in _event_files(folder):
        size = sizes.get(file.name, 0)
        if size <= 0:
            file.unlink()
        elif size < file.stat().st_size:
            os.truncate(file, size)


def _event_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("events.out.tfevents.*"))


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
