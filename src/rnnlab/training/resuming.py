"""Checkpoints from which a training goes on to the same bits that it would have reached without a break."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.fabric.utilities.types import _PATH
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint

from rnnlab.records.folder import RunFolder
from rnnlab.records.stopping import StoppedError, asked_to_stop
from rnnlab.training.blocks import ends_interval


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint whole or not at all: beside its place first, then renamed over it."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None) -> None:
        place = Path(path)
        temporary = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            super().save_checkpoint(checkpoint, temporary, storage_options)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)  # on a full disk, the half that was written


class BestCheckpoint(ModelCheckpoint):
    """Keeps the weights of the lowest validation loss, in a folder that may have been renamed since it was begun."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            dirpath=folder,
            filename="best",
            monitor="val/loss",
            mode="min",
            save_on_train_epoch_end=False,  # but behind every validation, before the last checkpoint is written
            enable_version_counter=False,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Lightning would forget the best loss so far, were the folder called otherwise."""
        former, now = str(state_dict["dirpath"]), str(self.dirpath)

        def moved(value: Any) -> Any:
            if isinstance(value, dict):
                return {moved(key): score for key, score in value.items()}
            return value.replace(former, now, 1) if isinstance(value, str) else value

        super().load_state_dict({key: moved(value) for key, value in state_dict.items()})


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt at the end of every epoch, and in its middle where an epoch takes long.

    It derives from Lightning's `Checkpoint` so that it is called after all other callbacks: what they have to
    remember is then up to date.
    """

    def __init__(self, minutes: float) -> None:
        """Set how often a checkpoint is written within an epoch.

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
        if time.monotonic() - self._saved >= self.seconds and not ends_interval(trainer, batch_idx):
            self._save(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._save(trainer)

    def _save(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(RunFolder(Path(trainer.default_root_dir)).last_checkpoint)
        self._saved = time.monotonic()


class StopWhenAsked(LastCheckpoint):
    """Writes a checkpoint and ends the training after the block in which it was asked to stop."""

    def __init__(self) -> None:
        super().__init__(minutes=0)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if asked_to_stop() and not ends_interval(trainer, batch_idx):
            self._stop(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if asked_to_stop():
            self._stop(trainer)

    def _stop(self, trainer: pl.Trainer) -> None:
        self._save(trainer)
        raise StoppedError


def step_of(checkpoint: Path) -> int | None:
    """Return the optimizer step of a checkpoint; None where a training cannot go on from it."""
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
        return int(content["global_step"]) if "progress" in content else None
    except Exception:  # torch's unpickler fails on a damaged or missing file in every way there is
        return None
