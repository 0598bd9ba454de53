"""The norm of the gradient before and after clipping."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from rnnlab.tasks.clipping import clipped_norm
from rnnlab.tensorboard.writers import log_scalars
from rnnlab.training.blocks import block_loop

BEFORE, AFTER = "gradient_norm/before_clipping", "gradient_norm/after_clipping"


class GradientNorm(pl.Callback):
    """Logs both norms of every `trainer.log_every_n_steps`th step."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        block_loop(trainer).measures_norms = True

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        loop = block_loop(trainer)
        for step in loop.steps:
            if step.gradient_norm is not None and step.number % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
                after = clipped_norm(step.gradient_norm, loop.largest_norm)
                log_scalars(trainer, {BEFORE: step.gradient_norm, AFTER: after}, step.number)
