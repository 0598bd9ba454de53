"""What callbacks that look into a network have in common: when they look, at what, and what they do in vain."""

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
from rnnlab.tensorboard.writers import boards


class Looking(pl.Callback):
    """Looks into the network before its training and at every validation.

    Where there is nothing to see, it says so in the run's log, once, and the training goes on.

    Attributes:
        rows: Sequences of the validation part that are looked at.
        steps: Symbols of each; of a longer one, its beginning.
    """

    def __init__(self, rows: int, steps: int) -> None:
        self.rows = rows
        self.steps = steps
        self._batch: Batch | None = None
        self._in_vain = False

    @abstractmethod
    def look(self, trainer: pl.Trainer, task: SequenceTask, batch: Batch) -> None:
        """Measure on a batch and log it at `trainer.global_step`.

        Raises:
            UserError: There is nothing to see in such a task.
        """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._batch = first_batch(trainer, self.rows, self.steps)
        if trainer.global_step == 0:
            self._try(trainer, pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._try(trainer, pl_module)

    def _try(self, trainer: pl.Trainer, task: pl.LightningModule) -> None:
        assert isinstance(task, SequenceTask)
        if self._in_vain or self._batch is None or not boards(trainer):
            return
        try:
            self.look(trainer, task, self._batch)
        except Exception as error:  # a cell from outside may fail in ways of its own, and a look stops no training
            self._in_vain = True
            reason = error if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            logging.getLogger("rnnlab").warning("callbacks: %s shows nothing: %s", type(self).__name__, reason)


def first_batch(trainer: pl.Trainer, rows: int, steps: int) -> Batch:
    """The first sequences of the validation part, as many symbols of each at most, on the device of the task."""
    data: Any = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, SequenceDataModule)
    batch = next(iter(data.val_dataloader()))
    lengths = batch.lengths[:rows].clamp(max=steps)
    inputs = batch.inputs[:rows, : int(lengths.max())]
    targets = batch.targets[:rows] if batch.targets.dim() == 1 else batch.targets[:rows, : inputs.shape[1]]
    return Batch(inputs, lengths, targets).to(trainer.strategy.root_device)


def title_of(trainer: pl.Trainer, task: pl.LightningModule) -> str:
    """What a figure says of the network and of how far its training is."""
    assert isinstance(task, SequenceTask)
    step = trainer.global_step
    return f"{describe(task)}, {f'after step {step:,}' if step else 'before training'}"
