"""The network as a graph of its operations."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Hashable
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.utils.tensorboard._pytorch_graph import graph
from torchmetrics import Metric, MetricCollection

from rnnlab.data.collation import Batch
from rnnlab.probes.trace import undisturbed
from rnnlab.tensorboard.probe_view import first_batch
from rnnlab.tensorboard.writers import summary_writers

ROWS, STEPS = 2, 4  # of what is traced: a cell in Python is drawn once for every step
MOST_KEPT = 32  # graphs, some hundred kilobytes each


class ModelGraph(pl.Callback):
    """Draws the network once, when a training begins."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.global_step or not summary_writers(trainer):
            return
        # The graph's outermost box has the name of the class.
        network = type(type(pl_module).__name__, (Traceable,), {})(pl_module)
        inputs = _inputs(pl_module, first_batch(trainer, ROWS, STEPS))
        try:
            with undisturbed(pl_module), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the tracer is deprecated, and has advice for those who would save
                drawn = _drawn(network, inputs, pl_module)
            for writer in summary_writers(trainer):
                writer._get_file_writer().add_graph(drawn)  # as `add_graph` does, which would trace the network
        except Exception as error:  # a tracer does not know every layer there is, and a picture stops no training
            reason = str(error).strip().partition("\n")[0]
            logging.getLogger("rnnlab").warning("callbacks.graph: this network cannot be drawn (%s)", reason)


class Traceable(nn.Module):
    """A task's layers under its own `forward`, without what Lightning and metrics add to them."""

    def __init__(self, task: nn.Module) -> None:
        super().__init__()
        for name, child in task.named_children():
            if not isinstance(child, Metric | MetricCollection):
                self.add_module(name, child)
        self.inner = task.forward

    def forward(self, *inputs: Tensor) -> object:
        return self.inner(*inputs)


_graphs: dict[Hashable, Any] = {}


def _drawn(network: nn.Module, inputs: tuple[Tensor, ...], task: nn.Module) -> Any:
    """Return the graph of a network as TensorBoard's writers take it.

    Networks of the same classes and settings, as most of a sweep are, are traced once: they differ in their weights.
    """
    config = getattr(task, "card", {}).get("config", {})
    settings = repr([config.get(key) for key in ("task", "model", "cell", "data")])
    values = repr([(piece.shape, piece.device, piece.tolist()) for piece in inputs])
    key = settings, values, str(network), tuple(map(type, task.modules()))
    if key not in _graphs:
        if len(_graphs) == MOST_KEPT:
            _graphs.clear()
        _graphs[key] = graph(network, inputs)
    return _graphs[key]


def _inputs(task: nn.Module, batch: Batch) -> tuple[Tensor, ...]:
    """Return the arguments of `forward`: the symbols, and the lengths of the rows where it takes them."""
    takes_lengths = "lengths" in inspect.signature(task.forward).parameters
    return (batch.inputs, batch.lengths) if takes_lengths else (batch.inputs,)
