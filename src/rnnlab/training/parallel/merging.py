"""What several processes have measured, put together in the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor
from torchmetrics import Metric

from rnnlab.tasks.base import SequenceTask
from rnnlab.training.parallel.exchange import Exchange

State = dict[str, Tensor | list[Tensor]]


def measuring(task: SequenceTask, part: str) -> dict[str, Metric]:
    """Return every metric of a task that a validation (`val`) or test (`test`) updates, by its place in the task."""
    others = "test_metrics." if part == "val" else "val_metrics."
    return {
        name: module
        for name, module in task.named_modules()
        if isinstance(module, Metric) and not name.startswith(others)
    }


def is_mergeable(metric: Metric) -> bool:
    """Return whether what two processes have measured can be put together."""
    return metric.full_state_update is False and not metric.dist_sync_on_step


def states_of(metrics: Mapping[str, Metric]) -> dict[str, State]:
    """Return what metrics have measured, on the CPU."""
    return {name: {key: _moved(value, None) for key, value in m.metric_state.items()} for name, m in metrics.items()}


class BeginsEvaluation(pl.Callback):
    """Tells the other processes of a validation or test; it stands behind callbacks that swap the weights for it."""

    exchange: Exchange | None = None

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._begin(pl_module, "val")

    def on_test_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._begin(pl_module, "test")

    def _begin(self, task: pl.LightningModule, part: str) -> None:
        if self.exchange is not None:
            self.exchange.send("evaluate", part=part)
            self.exchange.share_weights(list(task.parameters()))


class MergesMetrics(pl.Callback):
    """Adds what the other processes have measured; it stands before callbacks that look at metrics."""

    exchange: Exchange | None = None

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._merge(pl_module, "val")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._merge(pl_module, "test")

    def _merge(self, task: pl.LightningModule, part: str) -> None:
        assert isinstance(task, SequenceTask)
        if self.exchange is None:
            return
        metrics = measuring(task, part)
        for states in self.exchange.gather():
            for name, metric in metrics.items():
                metric.merge_state({key: _moved(value, metric.device) for key, value in states[name].items()})


def _moved(value: Any, device: torch.device | None) -> Any:
    """Return a tensor or a list of tensors on a device, None for the CPU."""
    where = torch.device("cpu") if device is None else device
    return [one.to(where) for one in value] if isinstance(value, list) else value.to(where)
