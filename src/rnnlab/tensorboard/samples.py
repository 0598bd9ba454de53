"""Samples of a generating model."""

from __future__ import annotations

from collections.abc import Sequence

import lightning.pytorch as pl

from rnnlab.control_characters import shown
from rnnlab.tasks.capabilities import Generates, Sampling
from rnnlab.tensorboard.writers import has_pictures, log_text


class SampleText(pl.Callback):
    """Writes samples of a generating task as text at every validation."""

    def __init__(self, count: int) -> None:
        self.count = count

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not (isinstance(pl_module, Generates) and has_pictures(trainer)):
            return
        names = pl_module.sample(self.count, Sampling(seed=trainer.global_step))
        log_text(trainer, "samples", shown(f"{code_block(names)}\n\n{pl_module.remark(names)}"))


def code_block(items: Sequence[str]) -> str:
    """Return items as a block of code in Markdown, where no sign means anything; an empty line parts long ones."""
    lines = [item.splitlines() or [""] for item in items]
    apart = [""] if any(len(item) > 1 for item in lines) else []
    return "\n".join(f"    {line}" for item in lines for line in [*item, *apart])
