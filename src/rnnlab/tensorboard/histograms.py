"""Histograms of weights and gradients."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from rnnlab.tensorboard.writers import summary_writers
from rnnlab.training.blocks import ends_interval


class Histograms(pl.Callback):
    """Writes histograms of every weight, and of its clipped gradient in the last step, before every validation."""

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not ends_interval(trainer, batch_idx):  # at which Lightning takes the gradients away
            return
        for writer in summary_writers(trainer):
            for name, weight in pl_module.named_parameters():
                for kind, values in (("weights", weight.detach()), ("gradients", weight.grad)):
                    if values is not None and values.isfinite().all():
                        writer.add_histogram(f"{kind}/{name}", values, trainer.global_step)
