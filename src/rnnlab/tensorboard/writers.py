"""Where callbacks find TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter


def boards(trainer: pl.Trainer) -> list[SummaryWriter]:
    """What writes to TensorBoard in this run; empty where nothing does."""
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]


def log_scalars(trainer: pl.Trainer, values: Mapping[str, float], step: int) -> None:
    """Tell every logger some numbers of that step."""
    for logger in trainer.loggers:
        logger.log_metrics(dict(values), step)
