"""How weights and their gradients are spread."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from rnnlab.tensorboard.writers import boards
from rnnlab.training.blocks import ends_interval


class Histograms(pl.Callback):
    """Every weight, and its clipped gradient of the last step, as histograms before every validation."""

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not ends_interval(trainer, batch_idx):  # at which Lightning takes the gradients away
            return
        for writer in boards(trainer):
            for name, weight in pl_module.named_parameters():
                for kind, values in (("weights", weight.detach()), ("gradients", weight.grad)):
                    if values is not None and values.isfinite().all():
                        writer.add_histogram(f"{kind}/{name}", values, trainer.global_step)
