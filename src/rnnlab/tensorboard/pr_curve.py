"""Precision-recall curves of a classifier."""

from __future__ import annotations

import lightning.pytorch as pl
from torchmetrics.classification import MulticlassAUROC
from torchmetrics.utilities import dim_zero_cat

from rnnlab.control_characters import in_one_line
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import Classifies
from rnnlab.tensorboard.writers import picture_step, summary_writers

MOST = 12  # classes that get a curve: as many as a confusion matrix shows with figures


class PrecisionRecall(pl.Callback):
    """Writes the precision-recall curve of every class against the others, at every validation and at the test.

    It is made of the probabilities that the task's AUROC collects; a classifier without one has no curves.
    """

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "val")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._log(trainer, pl_module, "test")

    def _log(self, trainer: pl.Trainer, pl_module: pl.LightningModule, part: str) -> None:
        assert isinstance(pl_module, SequenceTask)
        if not isinstance(pl_module, Classifies):
            return
        metrics = pl_module.metrics_of(part).values()  # called before the task resets them
        collected = next((metric for metric in metrics if isinstance(metric, MulticlassAUROC) and metric.preds), None)
        if collected is None:
            return
        shares, targets = dim_zero_cat(collected.preds), dim_zero_cat(collected.target)
        for writer in summary_writers(trainer):
            for number, label in enumerate(pl_module.labels[:MOST]):
                tag = f"precision_recall_{part}/{in_one_line(label)}"
                writer.add_pr_curve(tag, targets == number, shares[:, number], picture_step(trainer))
