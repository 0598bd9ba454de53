"""Which classes a classifier takes for which: a figure in TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from rnnlab.tasks.abilities import Classifies

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ConfusionMatrix(pl.Callback):
    """Draws the confusion matrix of a classifier at every validation and at the test."""

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "val")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "test")

    def _log(self, trainer: pl.Trainer, pl_module: pl.LightningModule, part: str) -> None:
        if not isinstance(pl_module, Classifies):
            return
        figure = confusion_figure(pl_module.confusion.compute(), pl_module.labels)
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_figure(f"confusion_matrix/{part}", figure, trainer.global_step)


def confusion_figure(counts: Tensor, labels: Sequence[str]) -> Figure:
    """The matrix as a figure: a row is a true class, and its shares are coloured.

    Args:
        counts: `(classes, classes)`, true class first.
        labels: Their names.
    """
    from matplotlib.figure import Figure  # takes a while to load, and only classifiers need it

    figure = Figure(figsize=(1.8 + 1.1 * len(labels), 1.4 + 0.9 * len(labels)), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    shares = (counts / counts.sum(dim=1, keepdim=True).clamp(min=1)).tolist()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    for row, of_row in enumerate(counts.tolist()):
        for column, count in enumerate(of_row):
            share = shares[row][column]
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{int(count):,}\n{share:.1%}", ha="center", va="center", color=colour)
    return figure
