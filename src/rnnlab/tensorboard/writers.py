"""Writing to TensorBoard and the other loggers of a run."""

from __future__ import annotations

from collections.abc import Mapping

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter


def summary_writers(trainer: pl.Trainer) -> list[SummaryWriter]:
    """Return the writers of a run's TensorBoard loggers; empty where it has none."""
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]


def log_scalars(trainer: pl.Trainer, values: Mapping[str, float], step: int) -> None:
    """Log numbers of an optimizer step with every logger of a run."""
    for logger in trainer.loggers:
        logger.log_metrics(dict(values), step)
