"""The norm of the gradient, before and after it is clipped."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.clipping import clipped_norm
from rnnlab.tensorboard.writers import log_scalars

BEFORE, AFTER = "gradient_norm/before_clipping", "gradient_norm/after_clipping"


class GradientNorm(pl.Callback):
    """Both norms of every `trainer.log_every_n_steps`th step, as scalars."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        pl_module.keeps_norms = True

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, SequenceTask)
        for (step, _, _), norm in zip(pl_module.epoch.steps, pl_module.epoch.norms, strict=True):
            if step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
                after = clipped_norm(norm, pl_module.gradient_clip_val)
                log_scalars(trainer, {BEFORE: norm, AFTER: after}, step)
