"""Writing numbers, figures and texts to TensorBoard and the other loggers of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger
from torch.utils.tensorboard import SummaryWriter

from rnnlab.charts.paper import draw
from rnnlab.charts.values import Chart
from rnnlab.training.blocks import BlockDataModule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100  # of figures


def summary_writers(trainer: pl.Trainer) -> list[SummaryWriter]:
    """Return the writers of a run's TensorBoard loggers; empty where it has none."""
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]


def has_pictures(trainer: pl.Trainer) -> bool:
    """Return True if a logger of the run shows figures and texts."""
    return any(isinstance(logger, TensorBoardLogger | WandbLogger | MLFlowLogger) for logger in trainer.loggers)


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
    """Draw a chart under its title as a figure of every logger, at the epoch of the training."""
    if has_pictures(trainer):
        log_figure(trainer, tag, draw(chart, DPI, titled=True))


def log_figure(trainer: pl.Trainer, tag: str, figure: Figure) -> None:
    """Log a figure with every logger that shows figures, at the epoch of the training."""
    for logger in trainer.loggers:
        add_figure(logger, tag, figure, trainer)


def log_text(trainer: pl.Trainer, tag: str, text: str) -> None:
    """Log a text in Markdown with every logger that shows texts, at the epoch of the training."""
    for logger in trainer.loggers:
        add_text(logger, tag, text, trainer)


@singledispatch
def add_figure(logger: Logger, tag: str, figure: Figure, trainer: pl.Trainer) -> None:
    """Show a figure, in a logger of a kind that can."""


@add_figure.register(TensorBoardLogger)
def _(logger: TensorBoardLogger, tag: str, figure: Figure, trainer: pl.Trainer) -> None:
    logger.experiment.add_figure(tag, figure, picture_step(trainer), close=False)


@add_figure.register(WandbLogger)
def _(logger: WandbLogger, tag: str, figure: Figure, trainer: pl.Trainer) -> None:
    logger.log_image(tag, [figure], trainer.global_step)  # its slider counts what was logged


@add_figure.register(MLFlowLogger)
def _(logger: MLFlowLogger, tag: str, figure: Figure, trainer: pl.Trainer) -> None:
    logger.experiment.log_figure(logger.run_id, figure, f"{tag}/{_numbered(trainer)}.png")


@singledispatch
def add_text(logger: Logger, tag: str, text: str, trainer: pl.Trainer) -> None:
    """Show a text in Markdown, in a logger of a kind that can."""


@add_text.register(TensorBoardLogger)
def _(logger: TensorBoardLogger, tag: str, text: str, trainer: pl.Trainer) -> None:
    logger.experiment.add_text(tag, text, picture_step(trainer))


@add_text.register(WandbLogger)
def _(logger: WandbLogger, tag: str, text: str, trainer: pl.Trainer) -> None:
    logger.log_text(tag, ["epoch", "text"], [[str(picture_step(trainer)), text]], step=trainer.global_step)


@add_text.register(MLFlowLogger)
def _(logger: MLFlowLogger, tag: str, text: str, trainer: pl.Trainer) -> None:
    logger.experiment.log_text(logger.run_id, text, f"{tag}/{_numbered(trainer)}.md")


def _numbered(trainer: pl.Trainer) -> str:
    """Return the name of a file, such that files stand in the order of epochs."""
    return f"{picture_step(trainer):06d}"
