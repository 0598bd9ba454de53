"""Throughput, memory and padding of a training."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import torch

from rnnlab.records.event_files import WORKLOAD
from rnnlab.tensorboard.writers import log_scalars
from rnnlab.training.blocks import block_loop
from rnnlab.training.callbacks import TimingFile


class Throughput(pl.Callback):
    """Logs tokens per second and peak memory of each epoch, as timing.csv has them, and the share of padding."""

    def __init__(self) -> None:
        self._places = self._symbols = 0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._places = self._symbols = 0

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        for _, trained_on in zip(block_loop(trainer).steps, batch, strict=False):  # a training may end inside a block
            self._places += trained_on.inputs.shape[:2].numel()
            self._symbols += int(trained_on.lengths.sum())

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        (timing,) = (callback for callback in trainer.callbacks if isinstance(callback, TimingFile))  # type: ignore[attr-defined]
        values = {f"{WORKLOAD}{name}": timing.rows[-1][name] for name in ("tokens_per_second", "peak_memory_mb")}
        if pl_module.device.type == "cuda":
            values[f"{WORKLOAD}peak_gpu_memory_mb"] = torch.cuda.max_memory_allocated(pl_module.device) / (1 << 20)
        if self._places:
            values[f"{WORKLOAD}padding"] = 1 - self._symbols / self._places
        log_scalars(trainer, values, trainer.global_step)
