"""Samples of a generating model."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.control_characters import shown
from rnnlab.tasks.capabilities import Generates, Sampling
from rnnlab.tensorboard.writers import summary_writers


class SampleText(pl.Callback):
    """Writes samples of a generating task as text at every validation."""

    def __init__(self, count: int) -> None:
        self.count = count

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not (isinstance(pl_module, Generates) and (writers := summary_writers(trainer))):
            return
        names = pl_module.sample(self.count, Sampling(seed=trainer.global_step))
        listing = "\n".join(f"- {' '.join(name.split())}" for name in names)
        for writer in writers:
            writer.add_text("samples", shown(f"{listing}\n\n{pl_module.remark(names)}"), trainer.global_step)
