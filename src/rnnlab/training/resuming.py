"""Checkpoints from which a training goes on to the very bits that it would have reached."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.fabric.utilities.types import _PATH
from lightning.pytorch.callbacks import Checkpoint

from rnnlab.training.folder import RunFolder


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint whole or not at all: beside its place first, then renamed over it."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None) -> None:
        place = Path(path)
        temporary = place.with_name(f".{place.name}.{os.getpid()}")
        super().save_checkpoint(checkpoint, temporary, storage_options)
        temporary.replace(place)


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt at the end of every epoch, and in its middle where an epoch takes long.

    It derives from Lightning's `Checkpoint` so that it is called after all other callbacks: what they have to
    remember is then up to date.
    """

    def __init__(self, minutes: float) -> None:
        """Write nothing yet.

        Args:
            minutes: The longest stretch of training that an interruption may cost.
        """
        self.seconds = minutes * 60
        self._saved = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._saved = time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if time.monotonic() - self._saved >= self.seconds and not _validates_next(trainer, batch_idx):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._save(trainer)

    def _save(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(RunFolder(Path(trainer.default_root_dir)).last_checkpoint)
        self._saved = time.monotonic()


def _validates_next(trainer: pl.Trainer, batch_idx: int) -> bool:
    """Whether a block is followed by a validation or by the end of its epoch, behind which the state is simpler."""
    assert isinstance(trainer.val_check_batch, int)
    done = batch_idx + 1
    return done % trainer.val_check_batch == 0 or done >= trainer.num_training_batches or trainer.should_stop


def can_be_resumed(checkpoint: Path) -> bool:
    """Whether there is such a checkpoint, and it can be read and has all that resuming needs."""
    try:
        return "progress" in torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception:  # torch's unpickler fails on a damaged file in every way there is
        return False
