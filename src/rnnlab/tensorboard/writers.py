"""Writing to TensorBoard and the other loggers of a run."""

from __future__ import annotations

from collections.abc import Mapping

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter

from rnnlab.charts.paper import draw
from rnnlab.charts.values import Chart

DPI = 100  # of figures


def summary_writers(trainer: pl.Trainer) -> list[SummaryWriter]:
    """Return the writers of a run's TensorBoard loggers; empty where it has none."""
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]


def log_scalars(trainer: pl.Trainer, values: Mapping[str, float], step: int) -> None:
    """Log numbers of an optimizer step with every logger of a run."""
    for logger in trainer.loggers:
        logger.log_metrics(dict(values), step)


def log_chart(trainer: pl.Trainer, tag: str, chart: Chart) -> None:
    """Draw a chart under its title as a figure of TensorBoard, at the step of the training."""
    for writer in summary_writers(trainer):
        writer.add_figure(tag, draw(chart, DPI, titled=True), trainer.global_step)
