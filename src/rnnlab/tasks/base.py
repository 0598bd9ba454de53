"""The base class of tasks: optimizer and schedule, losses averaged over tokens, metrics once an epoch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import lightning.pytorch as pl
import torch
import torchmetrics
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MetricCollection

from rnnlab.config.targets import build
from rnnlab.data.collation import Batch, ordinary_batch
from rnnlab.errors import UserError
from rnnlab.nn.flops import declared_flops
from rnnlab.records.metrics import Metric

Config = Mapping[str, Any]


class SequenceTask(pl.LightningModule):
    """Base class of tasks: a network over batches of sequences with its loss and its metrics.

    Attributes:
        card: What a checkpoint carries beside the weights so that it can be opened without anything else: the
            configuration, the vocabulary and whatever a task adds; plain values and tensors.
        total_steps: Optimizer steps of the whole training, over which the learning rate is scheduled.
        train_on_block: Takes an optimizer step on each batch of a block; None in a Trainer of one's own, which hands
            over single batches and takes the steps itself.
        declared: The metrics of validation and test, the loss first.
    """

    declared: tuple[Metric, ...]
    train_on_block: Callable[[Sequence[Batch]], None] | None = None

    def __init__(self, optimizer: Config, scheduler: Config) -> None:
        super().__init__()
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.card: dict[str, Any] = {}
        self.total_steps = 0

    @abstractmethod
    def outputs(self, batch: Batch) -> Tensor:
        """Compute the outputs of the network for a batch: logits, classes last, or predicted numbers."""

    def flops(self, steps: int) -> float | None:
        """Return the floating-point operations of a forward pass over one sequence of so many steps.

        What counts as one is said in `rnnlab.nn.flops`. None, unless a class declares them: nothing is guessed.
        """
        return None

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Compute the mean loss of a batch from its outputs, a scalar in the unit that the metrics declare."""

    @abstractmethod
    def count(self, batch: Batch) -> int:
        """Return the number of predictions of a batch: tokens for a language model, rows for a classifier."""

    def loss_weight(self, batch: Batch) -> float | Tensor:
        """Return what the mean loss of a batch counts in that of a larger one: its number of predictions."""
        return self.count(batch)

    @abstractmethod
    def declare_metrics(self) -> dict[Metric, torchmetrics.Metric]:
        """Declare the metrics of validation and test, the loss first, each with a new object that measures it.

        A metric is added here and in `update`, and nowhere else: tables, pages and TensorBoard loop over what is
        declared.
        """

    @abstractmethod
    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        """Update the metrics, which are named by the keys of their declarations, with the outputs for a batch."""

    def build_metrics(self) -> None:
        """Build the metrics; a task calls this at the end of its `__init__`, when it knows what they depend on."""
        self.declared = tuple(self.declare_metrics())
        self.val_metrics, self.test_metrics = (
            MetricCollection(
                {metric.key: measured for metric, measured in self.declare_metrics().items()},
                prefix=prefix,
                compute_groups=False,
            )
            for prefix in ("val/", "test/")
        )

    @property
    def unit(self) -> str:
        """The unit of the loss, such as `nats per token`."""
        return self.declared[0].unit

    def metrics_of(self, part: str) -> MetricCollection:
        """Return the metrics of `val` or `test`, named `val/loss`, …"""
        return self.val_metrics if part == "val" else self.test_metrics

    def training_step(self, given: Any, batch_idx: int) -> Tensor | None:
        """Return the loss of a batch; or train on a block of batches, with the loop of `rnnlab.training.blocks`.

        Args:
            given: What `ordinary_batch` understands; in a run, a list of batches.
            batch_idx: Number of the batch or the block in its epoch.
        """
        if self.train_on_block is not None:
            self.train_on_block(given)
            return None
        batch = ordinary_batch(given)
        loss = self.loss(self.outputs(batch), batch)
        self.log("train/loss", loss.detach(), batch_size=self.count(batch), on_step=False, on_epoch=True)
        return loss if batch.weight is None else loss * batch.weight

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self._measure("val", ordinary_batch(batch))

    def test_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Measure a batch of the test, and return the outputs, from which callbacks may compute more."""
        return self._measure("test", ordinary_batch(batch))

    def on_validation_epoch_end(self) -> None:
        self._log("val")

    def on_test_epoch_end(self) -> None:
        self._log("test")

    def configure_optimizers(self) -> OptimizerLRScheduler:
        if self.train_on_block is not None:
            optimizer, schedule = self.build_optimizer(self.total_steps)
            return {"optimizer": optimizer, "lr_scheduler": schedule}
        optimizer, schedule = self.build_optimizer(self._steps_of_trainer())
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _steps_of_trainer(self) -> int:
        """Return the optimizer steps of a Trainer of one's own.

        Raises:
            UserError: It has no end, so that no learning rate can be scheduled.
        """
        steps = self.trainer.estimated_stepping_batches
        if steps == float("inf"):
            raise UserError("trainer: give max_epochs or max_steps, over which the learning rate is scheduled")
        return int(steps)

    def build_optimizer(self, steps: int) -> tuple[Optimizer, LRScheduler]:
        """Build the optimizer and its schedule over that many steps.

        Raises:
            UserError: The configuration gives them a key that they do not have.
        """
        settings = dict(self.optimizer)
        if "mixed" in str(self.trainer.precision):
            settings.pop("fused", None)  # Lightning cannot clip gradients that a fused optimizer unscales itself
        optimizer = build(settings, params=self.parameters())
        schedule = {key: value for key, value in self.scheduler.items() if key != "name"}
        return optimizer, build(schedule, optimizer=optimizer, steps=steps)

    def carried(self) -> Any:
        """Return what rows of training carry on to the next batch, tensors with rows along dimension 1; or None."""
        return None

    def carry(self, carried: Any) -> None:
        """Go on in training with what `carried` has returned."""

    def forget_carried(self) -> None:
        """Forget what the rows of the last batch of training carry on."""

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["rnnlab"] = self.card

    def _at_step(self) -> dict[str, float]:
        """Return the step at which Lightning logs a figure: the steps that led to it, as in metrics.csv."""
        return {"step": float(self.global_step)}

    def _measure(self, part: str, batch: Batch) -> Tensor:
        # In float32 whatever trainer.precision is: a perplexity of bfloat16 logits is off in the third digit.
        outputs = self.outputs(batch).float()
        self.update(self.metrics_of(part), outputs, batch)
        return outputs

    def _log(self, part: str) -> None:
        metrics = self.metrics_of(part)
        self.log_dict({**metrics.compute(), **self._at_step()})
        with torch.inference_mode(False):  # or the next training could not add to what a validation has reset
            metrics.reset()


def parameters_of(module: nn.Module) -> int:
    """Return the number of trainable parameters of a module."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)


def flops_per_step(task: SequenceTask, steps: int) -> float | None:
    """Return the floating-point operations of a forward pass for one step of one sequence; None if not declared.

    What happens once a sequence, such as a classifier's output layer or a forecaster's decoder, is spread over its
    steps; of attention, which takes more the longer a sequence is, it is the mean.

    Args:
        task: A network with its output layer.
        steps: Of the sequence.

    Raises:
        UserError: The network declares what is no number.
    """
    flops = declared_flops(task, steps)
    return None if flops is None else flops / steps
