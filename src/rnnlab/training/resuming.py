"""Checkpoints from which a training goes on to the same bits that it would have reached without a break.

What decides whether a run is resumed: `sweeps/plan.py` finds its folder by the hash of its configuration, a folder
with a result is left as it is, and of one without `training/run.py` asks here for the checkpoint to go on from.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.fabric.utilities.types import _PATH
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint

from rnnlab.errors import UserError
from rnnlab.records.files.checksum import DamagedError
from rnnlab.records.files.format_version import NewerFormatError
from rnnlab.records.folder import RunFolder
from rnnlab.records.stopping import StoppedError, asked_to_stop
from rnnlab.training.blocks import ends_interval
from rnnlab.training.checkpoints import read_checkpoint, write_checkpoint


class CheckedCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint whole or not at all, with a checksum of its bytes."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None) -> None:
        write_checkpoint(checkpoint, Path(path))


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

    The one before stays as previous.ckpt until the run is complete, should last.ckpt be damaged.
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
        folder = RunFolder(Path(trainer.default_root_dir))
        trainer.save_checkpoint(folder.next_checkpoint)
        if folder.last_checkpoint.exists():
            folder.last_checkpoint.replace(folder.previous_checkpoint)
        folder.next_checkpoint.replace(folder.last_checkpoint)
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


@dataclass(frozen=True)
class Reached:
    """A checkpoint from which a training can go on.

    Attributes:
        checkpoint: The file.
        step: The optimizer step that the training had reached.
        event_files: The sizes in bytes of TensorBoard's files then, by name; None in checkpoints that do not say.
    """

    checkpoint: Path
    step: int
    event_files: Mapping[str, int] | None


def reached(folder: RunFolder) -> tuple[Reached | None, str]:
    """Return how far an earlier attempt has come, as its newest sound checkpoint says, and a remark on damaged ones.

    The best weights so far are needed as well: where best.ckpt is damaged or gone, only a training anew has them.

    Raises:
        UserError: A later rnnlab wrote the checkpoint.
    """
    damage = ""
    for file in filter(Path.is_file, (folder.last_checkpoint, folder.previous_checkpoint)):
        try:
            there, has_best = _read(file)
        except NewerFormatError:  # which is sound, and not to be written over
            raise
        except Exception as error:  # torch's unpickler fails on a damaged file in every way there is
            damage = damage or _said(file, error)
            continue
        try:
            if has_best:
                read_checkpoint(folder.best_checkpoint)
        except Exception as error:  # as above
            damage = _said(folder.best_checkpoint, error)
            break
        return there, f"{damage}; training goes on from {file.name}" if damage else ""
    return None, f"{damage}; training begins anew" if damage else ""


def _read(file: Path) -> tuple[Reached, bool]:
    """Read how far a checkpoint's training had come, and whether best weights were kept by then.

    Raises:
        Exception: The file is damaged, or no training can go on from it.
    """
    content = read_checkpoint(file)
    if "progress" not in content:
        raise UserError("it has weights only")
    sizes = content.get("event_files")
    sizes = None if sizes is None else {str(name): int(size) for name, size in sizes.items()}
    has_best = any(state.get("best_model_path") for state in content["callbacks"].values())
    return Reached(file, int(content["global_step"]), sizes), has_best


def _said(file: Path, error: Exception) -> str:
    if isinstance(error, DamagedError):
        return str(error)
    return f"{file} is gone" if isinstance(error, FileNotFoundError) else f"{file} is damaged"
