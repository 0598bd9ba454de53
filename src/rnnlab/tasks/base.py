"""What every task does alike: optimizer and schedule, losses averaged over tokens, metrics once an epoch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric, MetricCollection

from rnnlab.config.targets import build
from rnnlab.data.collation import Batch

Config = Mapping[str, Any]


class SequenceTask(pl.LightningModule):
    """A network over batches of sequences. A task says what it predicts, what that costs and how it is measured.

    Attributes:
        card: What a checkpoint carries beside the weights so that it can be opened without anything else: the
            configuration, the vocabulary and whatever a task adds; plain values and tensors.
        unit: What a loss is a mean of.
    """

    unit = "nats per token"

    def __init__(self, optimizer: Config, scheduler: Config) -> None:
        super().__init__()
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.card: dict[str, Any] = {}
        self._losses: list[Tensor] = []
        self._counts: list[Tensor] = []
        self._checked = 0

    @abstractmethod
    def predict(self, batch: Batch) -> Tensor:
        """The logits of a batch, classes last."""

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean loss of a batch's predictions in nats."""

    @abstractmethod
    def count(self, batch: Batch) -> Tensor:
        """How many predictions that mean is over: the tokens of a language model, the rows of a classifier."""

    @abstractmethod
    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        """What is measured on validation and test, `loss` among it, before anything was."""

    @abstractmethod
    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        """Add a batch to the metrics."""

    def measure(self) -> None:
        """Make the metrics; a task calls it at the end of its `__init__`, when it knows what they depend on."""
        self.val_metrics = MetricCollection(self.new_metrics(), prefix="val/", compute_groups=False)
        self.test_metrics = MetricCollection(self.new_metrics(), prefix="test/", compute_groups=False)

    def metrics_of(self, part: str) -> MetricCollection:
        """The metrics of `val` or `test`, named `val/loss`, …"""
        return self.val_metrics if part == "val" else self.test_metrics

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self.loss(self.predict(batch), batch)
        self._losses.append(loss.detach())
        self._counts.append(self.count(batch))
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self._measure("val", batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        self._measure("test", batch)

    def on_train_epoch_start(self) -> None:
        self._losses.clear()
        self._counts.clear()
        self._checked = 0

    def on_train_epoch_end(self) -> None:
        self.log_dict({"train/loss": self.mean_train_loss(), **self._at_step()})

    def on_validation_epoch_end(self) -> None:
        self._log("val")

    def on_test_epoch_end(self) -> None:
        self._log("test")

    def mean_train_loss(self) -> Tensor:
        """The mean loss of all predictions that this epoch has trained on so far."""
        losses, counts = torch.stack(self._losses), torch.stack(self._counts)
        return (losses * counts).sum() / counts.sum()

    def tokens_this_epoch(self) -> int:
        """How many predictions this epoch has trained on so far."""
        return int(torch.stack(self._counts).sum()) if self._counts else 0

    def check_losses(self) -> None:
        """Look at the losses of the steps since the last look in this epoch.

        Raises:
            FloatingPointError: One is not a finite number; the message says which step's.
        """
        if self._checked == len(self._losses):
            return
        losses = torch.stack(self._losses[self._checked :])
        self._checked = len(self._losses)
        broken = (~torch.isfinite(losses)).nonzero()
        if len(broken):
            step = self.global_step - len(losses) + int(broken[0]) + 1
            raise FloatingPointError(
                f"train/loss became {losses[broken[0]].item()} at step {step} (epoch {self.current_epoch});"
                " a lower optimizer.lr or trainer.gradient_clip_val may help"
            )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer, schedule = self.build_optimizer(int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def build_optimizer(self, steps: int) -> tuple[torch.optim.Optimizer, LRScheduler]:
        """The optimizer and its schedule over that many steps.

        Raises:
            UserError: The configuration gives them a key that they do not have.
        """
        settings = dict(self.optimizer)
        if "mixed" in str(self.trainer.precision):
            settings.pop("fused", None)  # Lightning cannot clip gradients that a fused optimizer unscales itself
        optimizer = build(settings, params=self.parameters())
        return optimizer, build(self.scheduler, optimizer=optimizer, steps=steps)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["rnnlab"] = self.card

    def _at_step(self) -> dict[str, float]:
        """Makes Lightning place a figure behind the steps that led to it, as metrics.csv does; it counts from 0."""
        return {"step": float(self.global_step)}

    def _measure(self, part: str, batch: Batch) -> None:
        # In float32 whatever trainer.precision is: a perplexity of bfloat16 logits is off in the third digit.
        self.update(self.metrics_of(part), self.predict(batch).float(), batch)

    def _log(self, part: str) -> None:
        metrics = self.metrics_of(part)
        self.log_dict({**metrics.compute(), **self._at_step()})
        metrics.reset()


def parameters_of(module: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
