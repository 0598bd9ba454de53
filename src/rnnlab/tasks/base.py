"""What every task does alike: optimizer and schedule, losses averaged over tokens, metrics once an epoch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric, MetricCollection

from rnnlab.config.targets import build
from rnnlab.data.collation import Batch
from rnnlab.tasks.clipping import clip_gradients, gradient_norm
from rnnlab.tasks.progress import progress, resume
from rnnlab.tasks.record import BlockRecord, EpochRecord

Config = Mapping[str, Any]


class SequenceTask(pl.LightningModule):
    """A network over batches of sequences. A task says what it predicts, what that costs and how it is measured.

    Attributes:
        card: What a checkpoint carries beside the weights so that it can be opened without anything else: the
            configuration, the vocabulary and whatever a task adds; plain values and tensors.
        steps_in_all: Optimizer steps of the whole training, which ends with the last of them, and over which the
            learning rate is scheduled.
        gradient_clip_val: The largest norm of the gradient; None for no clipping.
        keeps_norms: Whether the record of a block has the norm of each step's gradient.
        epoch: What the epoch so far was like.
        unit: What a loss is a mean of.
    """

    unit = "nats per token"

    def __init__(self, optimizer: Config, scheduler: Config) -> None:
        super().__init__()
        self.automatic_optimization = False  # `training_step` takes a block of batches
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.card: dict[str, Any] = {}
        self.steps_in_all = 0
        self.gradient_clip_val: float | None = None
        self.keeps_norms = False
        self.epoch = EpochRecord()
        self._resumed: dict[str, Any] | None = None  # what a checkpoint says of the middle of a training

    @abstractmethod
    def predict(self, batch: Batch) -> Tensor:
        """The logits of a batch, classes last."""

    @abstractmethod
    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """The mean loss of a batch's predictions in nats."""

    @abstractmethod
    def count(self, batch: Batch) -> int:
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

    def training_step(self, block: list[Batch], batch_idx: int) -> None:
        """Train on each batch of a block."""
        optimizer, schedule = self.optimizers(use_pl_optimizer=False), self.lr_schedulers()
        assert isinstance(optimizer, Optimizer) and isinstance(schedule, LRScheduler)
        scaler = getattr(self.trainer.precision_plugin, "scaler", None) or GradScaler(enabled=False)
        record = BlockRecord(self.global_step)
        weights = optimizer.param_groups[0]["params"]
        for batch in block:
            for weight in weights:  # what `zero_grad` does, without its bookkeeping
                weight.grad = None
            loss = self.loss(self.predict(batch), batch)
            record.add(loss.detach(), self.count(batch), optimizer.param_groups[0]["lr"])
            scaler.scale(loss).backward(batch.weight)
            scaler.unscale_(optimizer)
            if self.keeps_norms:
                record.norms.append(gradient_norm(weights))
            if self.gradient_clip_val is not None:
                clip_gradients(weights, self.gradient_clip_val)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            if record.last_step == self.steps_in_all:
                break
        self._count_steps(len(record.losses))
        self.epoch.add(record)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self._measure("val", batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        self._measure("test", batch)

    def on_train_epoch_start(self) -> None:
        self.epoch = EpochRecord()

    def on_train_epoch_end(self) -> None:
        self.log_dict({"train/loss": self.epoch.mean_loss, **self._at_step()})

    def on_validation_epoch_end(self) -> None:
        self._log("val")

    def on_test_epoch_end(self) -> None:
        self._log("test")

    def _count_steps(self, steps: int) -> None:
        """Tell Lightning how many optimizer steps there were, which it counts only where it takes them itself."""
        assert self.trainer.fit_loop is not None
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        for tracker in (progress.total, progress.current):
            tracker.ready += steps
            tracker.completed += steps

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer, schedule = self.build_optimizer(self.steps_in_all)
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def build_optimizer(self, steps: int) -> tuple[Optimizer, LRScheduler]:
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
        checkpoint["progress"] = progress(self.epoch, self.trainer.should_stop)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._resumed = checkpoint["progress"]

    def on_train_start(self) -> None:
        if self._resumed is not None:
            self.epoch, self.trainer.should_stop = resume(self._resumed)
            self._resumed = None

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
