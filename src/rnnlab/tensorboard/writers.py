"""Writing to TensorBoard and the other loggers of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter

from rnnlab.charts.paper import draw
from rnnlab.charts.values import Chart
from rnnlab.training.blocks import BlockDataModule

DPI = 100  # of figures


def summary_writers(trainer: pl.Trainer) -> list[SummaryWriter]:
    """Return the writers of a run's TensorBoard loggers; empty where it has none."""
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]


def picture_step(trainer: pl.Trainer) -> int:
    """Return the step of a figure or a text: epochs that have ended, so that TensorBoard's sliders count epochs.

    Where there are several validations an epoch it is the optimizer step, which tells them apart.
    """
    data: Any = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, BlockDataModule)
    interval, steps = data.settings["val_check_interval"], data.steps_per_epoch
    if (interval * steps if isinstance(interval, float) else interval) < steps:
        return trainer.global_step
    return math.ceil(trainer.global_step / steps)


def log_scalars(trainer: pl.Trainer, values: Mapping[str, float], step: int) -> None:
    """Log numbers of an optimizer step with every logger of a run."""
    for logger in trainer.loggers:
        logger.log_metrics(dict(values), step)


def log_chart(trainer: pl.Trainer, tag: str, chart: Chart) -> None:
    """Draw a chart under its title as a figure of TensorBoard, at the epoch of the training."""
    for writer in summary_writers(trainer):
        writer.add_figure(tag, draw(chart, DPI, titled=True), picture_step(trainer))
