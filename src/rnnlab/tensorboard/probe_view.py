"""The base of views that measure a network before its training and at every validation."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import Any

import lightning.pytorch as pl

from rnnlab.data.collation import Batch
from rnnlab.data.module import SequenceDataModule
from rnnlab.errors import UserError
from rnnlab.probes.probe import describe
from rnnlab.tasks.base import SequenceTask
from rnnlab.tensorboard.writers import has_pictures


class ProbeView(pl.Callback):
    """Measures the network on the first sequences of the validation part and shows the result.

    Where that fails, for instance because a cell has no gates, the run's log says so once and the training goes on.

    Attributes:
        rows: Sequences that are measured.
        steps: Symbols of each; of a longer one, the beginning.
    """

    def __init__(self, rows: int, steps: int) -> None:
        self.rows = rows
        self.steps = steps
        self._batch: Batch | None = None
        self._has_failed = False

    @abstractmethod
    def show(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        """Measure on a batch and log the result at `trainer.global_step`.

        Raises:
            UserError: Such a task has nothing to measure.
        """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._batch = first_batch(trainer, self.rows, self.steps)
        if trainer.global_step == 0:
            self._try_to_show(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._try_to_show(trainer, pl_module)

    def _try_to_show(self, trainer: pl.Trainer, task: pl.LightningModule) -> None:
        assert isinstance(task, SequenceTask)
        if self._has_failed or self._batch is None or not has_pictures(trainer):
            return
        try:
            self.show(trainer, task, self._batch)
        except Exception as error:  # a cell from outside may fail in ways of its own, and a view stops no training
            self._has_failed = True
            reason = error if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            logging.getLogger("rnnlab").warning("callbacks: %s shows nothing: %s", type(self).__name__, reason)


def first_batch(trainer: pl.Trainer, rows: int, steps: int) -> Batch:
    """Return the first `rows` sequences of the validation part, cut to `steps` symbols, on the device of the task."""
    data: Any = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, SequenceDataModule)
    batch = next(iter(data.val_dataloader()))
    lengths = batch.lengths[:rows].clamp(max=steps)
    inputs = batch.inputs[:rows, : int(lengths.max())]
    targets = batch.targets[:rows] if batch.targets.dim() == 1 else batch.targets[:rows, : inputs.shape[1]]
    return Batch(inputs, lengths, targets).to(trainer.strategy.root_device)


def title_of(trainer: pl.Trainer, task: pl.LightningModule) -> str:
    """Return the title of a figure: the network, and the step that its training has reached."""
    assert isinstance(task, SequenceTask)
    step = trainer.global_step
    return f"{describe(task)}, {f'after step {step:,}' if step else 'before training'}"
