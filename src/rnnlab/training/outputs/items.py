"""Measurements of each item in the test, collected batch by batch and kept in the run folder."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.batching import Batches, rows_of
from rnnlab.data.collation import Batch
from rnnlab.data.shares import Share
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder
from rnnlab.records.items import write_items
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import MeasuresItems

TOLERANCE = 1e-4  # of the mean loss, relative: metrics are summed in float32

log = logging.getLogger("rnnlab")


class ItemMeasurements:
    """Measurements of the items of a test, batch by batch, in one process."""

    def __init__(self) -> None:
        self._batches: list[dict[str, Tensor]] = []  # on their device: a test waits for nothing

    def add(self, task: SequenceTask, outputs: Any, batch: Batch) -> None:
        """Measure the items of a batch, if the task does so; a plugin's `test_step` may return no outputs."""
        if isinstance(task, MeasuresItems) and measures_its_own_loss(task) and isinstance(outputs, Tensor):
            figures = task.measure_items(outputs, batch)
            _check_columns(task, figures, len(batch.lengths))
            self._batches.append(figures)

    def columns(self) -> dict[str, Tensor]:
        """Return a column `(rows,)` of each measurement, in the order in which they were made; nothing for none."""
        names = self._batches[0] if self._batches else ()
        return {name: torch.cat([batch[name] for batch in self._batches]).cpu() for name in names}


class ItemsFile(pl.Callback):
    """Writes test_items.csv of a task that measures its items; of any other task, none."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.figures = ItemMeasurements()

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.figures = ItemMeasurements()

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        assert isinstance(pl_module, SequenceTask)
        self.figures.add(pl_module, outputs, batch)

    def write(self, batches: Batches, test_loss: float, others: Sequence[Mapping[str, Tensor]] = ()) -> None:
        """Write the file, in the order of the data.

        Where the losses do not give the mean loss of the test, none is written, and the log says so.

        Args:
            batches: Those of the test.
            test_loss: The mean loss of all predictions.
            others: The columns of the other processes of the run, which have measured the other shares of each batch.
        """
        measured = [self.figures.columns(), *others]
        if not measured[0]:
            return
        columns = {name: torch.cat([one[name] for one in measured if one]).numpy() for name in measured[0]}
        mean = float(columns["loss"].sum(dtype=np.float64) / columns["count"].sum())
        if not (math.isclose(mean, test_loss, rel_tol=TOLERANCE, abs_tol=1e-6) or not math.isfinite(test_loss)):
            log.warning("the mean loss of the items is %g and test/loss %g: no test_items.csv", mean, test_loss)
            return
        rows = _rows(batches, len(columns["loss"]), len(measured))
        write_items(self.folder, _in_order(rows, {**columns, **_characters(batches, rows)}))
        self.figures = ItemMeasurements()


def _rows(batches: Batches, count: int, processes: int) -> NDArray[np.int64]:
    """Return the rows of the first batches, `count` of them, as processes have measured them one behind the other."""
    ends = np.cumsum([len(rows) for rows in batches.sampler])
    read = list(islice(batches.sampler, int(np.searchsorted(ends, count)) + 1))
    shares = [Share(rank, processes) for rank in range(processes)]
    return np.concatenate([rows[rows_of(share, batches.sampler, len(rows))] for share in shares for rows in read])


def measures_its_own_loss(task: SequenceTask) -> bool:
    """Return whether `measure_items` fits a task's loss: a class that overrides `loss` or `count` defines it, too."""
    classes = type(task).__mro__
    defining = {name: [name in vars(one) for one in classes].index(True) for name in ("measure_items", "loss", "count")}
    return defining["measure_items"] <= min(defining["loss"], defining["count"])


def _check_columns(task: SequenceTask, figures: Mapping[str, Tensor], rows: int) -> None:
    """Raise UserError where a task of a plugin does not measure its items as `MeasuresItems` has it."""
    name = f"{type(task).__name__}.measure_items"
    if missing := {"loss", "count"} - set(figures):
        raise UserError(f"{name}: no column {min(missing)}")
    for column, values in figures.items():
        if not column.isidentifier() or column == "item":
            raise UserError(f"{name}: {column!r} is no name of a column; use letters, digits and underscores")
        if values.shape != (rows,):
            raise UserError(f"{name}: {column} has the shape {tuple(values.shape)}, not ({rows},), one a row")


def _characters(batches: Batches, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    characters = batches.collate.characters_in(rows)
    return {} if characters is None else {"characters": characters}


def _in_order(rows: NDArray[np.int64], columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    order = np.argsort(rows, kind="stable")
    return {name: values[order] for name, values in {"item": rows, **columns}.items()}
