"""Callbacks that every training has: records in the run folder, curves for the loggers."""

from __future__ import annotations

import math
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

import lightning.pytorch as pl

from rnnlab.records.folder import RunFolder, csv_text, write_atomically
from rnnlab.training.blocks import block_loop

Row = dict[str, float | int]


class MetricsFile(pl.Callback):
    """Writes metrics.csv: one row a validation; a row that ends an epoch has the epoch's mean training loss as well."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.rows: list[Row] = []

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        values = {name: value.item() for name, value in trainer.callback_metrics.items() if name.startswith("val/")}
        self._row(trainer).update(values)
        self._write()
        if not math.isfinite(values["val/loss"]):
            raise FloatingPointError(f"val/loss became {values['val/loss']} after step {trainer.global_step}")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._row(trainer)["train/loss"] = block_loop(trainer).epoch.mean_loss
        self._write()

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = state_dict["rows"]

    def best(self) -> Row:
        """Return the row with the lowest validation loss, the first of equals."""
        return min((row for row in self.rows if "val/loss" in row), key=lambda row: row["val/loss"])

    def _row(self, trainer: pl.Trainer) -> Row:
        """Return the row of this step, a new one if there is none yet."""
        if not self.rows or self.rows[-1]["step"] != trainer.global_step:
            self.rows.append({"epoch": trainer.current_epoch, "step": trainer.global_step})
        return self.rows[-1]

    def _write(self) -> None:
        columns = dict.fromkeys(["epoch", "step", "train/loss", "val/loss", *(k for row in self.rows for k in row)])
        write_atomically(self.folder.metrics, csv_text(self.rows, columns))


class TimingFile(pl.Callback):
    """Writes timing.csv, one row an epoch with what may differ from run to run, and counts the seconds of training.

    Both go on where a training is resumed.

    Attributes:
        started: When the training began, before it was ever resumed: UTC in ISO 8601. None before that, and where a
            checkpoint does not say it.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.rows: list[Row] = []
        self.started: str | None = None
        self._started: float | None = None
        self._ended: float | None = None
        self._epoch_started = 0.0
        self._validation_started = 0.0
        self._before = 0.0  # seconds of training before it was resumed
        self._predictions_before = 0  # of the epoch in the middle of which it was

    @property
    def seconds(self) -> float:
        """The seconds of training so far, or of the whole of it once it has ended."""
        if self._started is None:
            return self._before
        return self._before + (self._ended or time.perf_counter()) - self._started

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not self._before:
            self.started = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._started = self._epoch_started = time.perf_counter()
        self._predictions_before = block_loop(trainer).epoch.predictions

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._epoch_started = time.perf_counter()
        self._predictions_before = 0

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._validation_started = time.perf_counter()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # As if the epoch had begun later: its throughput is that of training alone.
        self._epoch_started += time.perf_counter() - self._validation_started

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        now = time.perf_counter()
        tokens = block_loop(trainer).epoch.predictions - self._predictions_before
        row = {
            "epoch": trainer.current_epoch,
            "step": trainer.global_step,
            "seconds": round(self.seconds, 3),
            "tokens_per_second": round(tokens / (now - self._epoch_started), 1),
            "peak_memory_mb": round(_peak_memory_mb(), 1),
        }
        self.rows.append(row)
        write_atomically(self.folder.timing, csv_text(self.rows, row))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._ended = time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "seconds": self.seconds, "started": self.started}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows, self._before = state_dict["rows"], state_dict["seconds"]
        self.started = state_dict.get("started")


class StepScalars(pl.Callback):
    """Logs loss and learning rate of every `trainer.log_every_n_steps`th step."""

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        for step in block_loop(trainer).steps:
            if step.number % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
                for logger in trainer.loggers:
                    logger.log_metrics({"train/loss_step": step.loss, "train/lr": step.lr}, step.number)


def _peak_memory_mb() -> float:
    """Return the largest resident size of this process so far, in MiB (macOS counts bytes, Linux KiB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
