"""The loop that trains a task, a block of batches at a time.

Why blocks. For every batch Lightning calls some forty hooks and counters, which takes it about a millisecond; a step of
a small recurrent network takes little longer. So Lightning is handed blocks: lists of up to `trainer.block_size`
batches, on each of which one optimizer step is taken as in a bare PyTorch loop, and whose losses are read from the
device together. Nothing else follows from it: a block ends where a validation is due, and weights, metrics and
checkpoints are the same to the bit for every block size, so that it is no part of a run's identity. Without blocks a
GRU on names trains 1.4 times as long in batches of 16 and 1.1 times as long in batches of 64, as
`python tests/benchmarks/bench.py --only Blocks` measures.

What authors of callbacks must know. `on_train_batch_start` and `on_train_batch_end` are called once a block: `batch` is
a list of batches, and `batch_idx` counts blocks. `trainer.global_step` counts optimizer steps and moves on by a whole
block. `block_loop(trainer).steps` has number, loss and learning rate of each step of the block that has just ended, and
a function in `block_loop(trainer).after_step` is called behind every step. `trainer.block_size=1` makes a block of
every batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from itertools import accumulate, islice, pairwise
from typing import Any, NamedTuple

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from rnnlab.data.batching import Batches, Order
from rnnlab.data.collation import Batch
from rnnlab.data.items import Items
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared
from rnnlab.data.shares import WHOLE, Share
from rnnlab.nn.recurrent import State
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.clipping import clip_gradients, gradient_norm
from rnnlab.training.parallel.exchange import Exchange, SharedSteps


class Blocks:
    """An epoch of batches in lists, what Lightning takes as a data loader.

    Attributes:
        sizes: Batches in each block of an epoch; no block goes on over a validation.
        per_interval: Blocks from one validation to the next. What an epoch has left behind its last validation is
            fewer blocks than that, so that Lightning, which counts blocks, does not validate once more.
    """

    def __init__(self, batches: Batches, limit: int, interval: int, size: int) -> None:
        """Cut the first `limit` batches into blocks of about `size`, with a validation after every `interval`."""
        self.batches = batches
        self.sampler, self.batch_sampler = batches.sampler, None  # where Lightning looks for `set_epoch`
        self.sizes, self.per_interval = block_sizes(limit, interval, size)
        self._given = 0  # batches of this epoch that were handed out
        self._first = 0  # the batch that the next epoch begins with

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[list[Batch]]:
        self._given, self._first = self._first, 0
        ends = [end for end in accumulate(self.sizes) if end > self._given]
        left = [end - start for start, end in pairwise([self._given, *ends])]
        for block in self.batches.blocks(left, begun=self._given):
            self._given += len(block)
            yield block

    def whole_blocks(self, batches: int) -> int:
        """The number of blocks that lie within the first `batches` batches of an epoch."""
        return sum(end <= batches for end in accumulate(self.sizes))

    def state_dict(self) -> dict[str, int]:
        """Return the position in the epoch, which Lightning keeps in its checkpoints."""
        return {"batches": self._given % sum(self.sizes)}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Begin the next epoch where another training was."""
        self._first = state["batches"]


def block_sizes(limit: int, interval: int, size: int) -> tuple[list[int], int]:
    """Cut an epoch of `limit` batches into blocks of about `size`, none of which goes on over a validation.

    Returns:
        The size of each block, and the number of blocks in an interval between two validations.
    """
    whole, rest = divmod(limit, interval)
    per_interval = max(-(-interval // size), 2 if rest else 1)
    sizes = _shares(interval, per_interval) * whole
    if rest:
        sizes += _shares(rest, min(-(-rest // size), per_interval - 1))
    return sizes, per_interval


def _shares(count: int, parts: int) -> list[int]:
    """Cut `count` into that many whole numbers as equal as can be; a share of 0 is left out."""
    ends = [count * part // parts for part in range(parts + 1)]
    return [end - start for start, end in pairwise(ends) if end > start]


class BlockDataModule(SequenceDataModule):
    """The batches of a run; those of training in blocks."""

    def __init__(self, prepared: Prepared, config: Mapping[str, Any], share: Share = WHOLE) -> None:
        """Take sizes and limits from a run's configuration, and the share of this process of validation and test."""
        batching = config["data"]
        self.settings = config["trainer"]
        several = self.settings.get("accumulate_grad_batches", 1)
        bucketing = batching.get("bucketing", False)
        super().__init__(prepared, batching["batch_size"], config["seed"], bucketing, several, share)

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of an epoch of training: its batches, of which `trainer.limit_train_batches` are read."""
        return self.limited("train", len(self.train_batches()))

    def items(self, part: str) -> Items | None:
        """Return which items of `val` or `test` are read, as `trainer.limit_…_batches` says; None if not known."""
        whole = self.prepared.items.get(part)
        batches = self.val_dataloader() if part == "val" else self.test_dataloader()
        read = self.limited(part, len(batches))
        if whole is None or read == len(batches):
            return whole
        rows = np.concatenate([np.arange(0), *islice(batches.sampler, read)])
        return whole.first(self.prepared.parts[part].count(rows), len(rows))

    def limited(self, part: str, count: int) -> int:
        """Return how many of so many batches are read."""
        limit = self.settings[f"limit_{part}_batches"]
        return int(limit * count) if isinstance(limit, float) else min(limit, count)

    def train_dataloader(self) -> Blocks:  # type: ignore[override]  # Lightning takes any iterable
        return self.blocks(self.settings["block_size"])

    def blocks(self, size: int) -> Blocks:
        """Return an epoch of training in blocks of about `size` batches."""
        steps, interval = self.steps_per_epoch, self.settings["val_check_interval"]
        return Blocks(
            self.train_batches(), steps, int(interval * steps) if isinstance(interval, float) else interval, size
        )


class Step(NamedTuple):
    """One optimizer step.

    Attributes:
        number: Counted from 1 over the whole training.
        loss: The mean loss of its batch, in the task's unit.
        lr: The learning rate that it was taken with.
        gradient_norm: The norm of the gradient before clipping; None unless `BlockLoop.measures_norms`.
    """

    number: int
    loss: float
    lr: float
    gradient_norm: float | None = None


class UnreadStep(NamedTuple):
    """An optimizer step whose loss and norm still lie on their device; `predictions` is what the loss is a mean of."""

    loss: Tensor
    predictions: int
    lr: float
    gradient_norm: Tensor | None


class OptimizerSteps:
    """Takes optimizer steps: loss, gradient, clipping, update, next learning rate."""

    def __init__(
        self,
        task: SequenceTask,
        optimizer: Optimizer,
        schedule: LRScheduler,
        largest_norm: float | None,
        rows: int,
        shared: SharedSteps | None = None,
    ) -> None:
        """Bind a task to its optimizer.

        Args:
            task: It has its trainer, whose precision the steps are taken in.
            optimizer: It has one group of parameters.
            schedule: Of the learning rate.
            largest_norm: What the norm of the gradient is clipped to; None for no clipping.
            rows: Of a batch, worked on at a time; a larger batch has the sum of the gradients of its pieces.
            shared: Where several processes share each batch.
        """
        self.task, self.optimizer, self.schedule = task, optimizer, schedule
        self.largest_norm, self.rows, self.shared = largest_norm, rows, shared
        self.scaler = getattr(task.trainer.precision_plugin, "scaler", None) or GradScaler(enabled=False)
        self.weights = optimizer.param_groups[0]["params"]

    def take(self, batch: Batch, measure_norm: bool = False) -> UnreadStep:
        """Take a step on a batch, without waiting for its device."""
        for weight in self.weights:  # what `zero_grad` does, without its bookkeeping
            weight.grad = None
        loss = self._add_gradients(batch) if self.shared is None else self._add_shared(batch, self.shared)
        lr = self.optimizer.param_groups[0]["lr"]
        self.scaler.unscale_(self.optimizer)
        norm = gradient_norm(self.weights) if measure_norm else None
        if self.largest_norm is not None:
            clip_gradients(self.weights, self.largest_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        return UnreadStep(loss, self.task.count(batch), lr, norm)

    def _add_gradients(self, batch: Batch) -> Tensor:
        """Add the gradients of the mean loss of a batch, piece by piece where it is large; return that loss."""
        if len(batch.lengths) <= self.rows:
            loss = self.task.loss(self.task.outputs(batch), batch)
            self.scaler.scale(loss).backward(batch.weight)
            return loss.detach()
        return self._add_pieces(batch, self.task.loss_weight(batch))

    def _add_shared(self, batch: Batch, shared: SharedSteps) -> Tensor:
        """Add the gradients of this process's rows of a batch, then those of the others; return the whole mean loss."""
        mine, any_rows = shared.mine(batch)
        loss = self._add_pieces(mine, self.task.loss_weight(batch), counted=any_rows)
        if not any_rows:
            self.task.forget_carried()
        return shared.add(self.weights, loss)

    def _add_pieces(self, batch: Batch, whole: float | Tensor, counted: bool = True) -> Tensor:
        """Add the gradients of the rows of a larger batch, piece by piece; return what they add to its mean loss.

        Args:
            batch: The rows.
            whole: The weight of the larger batch's loss.
            counted: False for rows whose loss counts nothing.
        """
        losses = []
        for piece in batch.pieces(self.rows):
            outputs = self.task.outputs(piece)
            share = self.task.loss_weight(piece) / whole if counted else 0.0
            # A mean over nothing is no number; zeros all the same say which weights have a gradient.
            loss = self.task.loss(outputs, piece) * share if share else outputs.sum() * 0.0
            self.scaler.scale(loss).backward(batch.weight)
            losses.append(loss.detach())
        return torch.stack(losses).sum()

    def state(self) -> dict[str, Any]:
        """Return what the steps so far have left, beside the weights."""
        parts = {"optimizer": self.optimizer, "schedule": self.schedule, "scaler": self.scaler}
        return {name: part.state_dict() for name, part in parts.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` has returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])

    def precision(self) -> AbstractContextManager[None]:
        """Return the context of `trainer.precision`; Lightning enters it by itself around a training step."""
        return self.task.trainer.precision_plugin.train_step_context()


@dataclass
class EpochRecord:
    """The batches and the summed loss of an epoch so far.

    Attributes:
        batches: Batches trained on.
        predictions: Predictions in them.
        loss_sum: The sum of the losses of all predictions.
        loss_rest: What rounding left out of that sum, so that it is the same however steps are grouped into blocks.
    """

    batches: int = 0
    predictions: int = 0
    loss_sum: float = 0.0
    loss_rest: float = 0.0

    @property
    def mean_loss(self) -> float:
        """The mean over all predictions so far; NaN before the first."""
        return self.loss_sum / self.predictions if self.predictions else math.nan

    def add(self, loss: float, predictions: int) -> None:
        """Add a batch, whose mean loss is finite."""
        terms = (self.loss_sum, self.loss_rest, loss * predictions)
        self.loss_sum = math.fsum(terms)
        self.loss_rest = math.fsum((*terms, -self.loss_sum))
        self.batches += 1
        self.predictions += predictions


@dataclass(eq=False)
class BlockLoop(pl.Callback):
    """Trains a task on blocks of batches, and keeps what a training has to remember in the middle of an epoch.

    Attributes:
        max_steps: Optimizer steps after which the training ends, with a validation; -1 for no limit.
        largest_norm: What the norm of the gradient is clipped to; None for no clipping.
        rows: Of a batch, worked on at a time (`data.batch_size`); with `trainer.accumulate_grad_batches` it has more.
        epoch: The epoch so far.
        steps: The steps of the block that has just ended.
        measures_norms: Whether they have the norm of the gradient.
        after_step: Called behind every step with its number and the number of batches of its epoch so far.
        exchange: With the other processes of the run, where there are any. A checkpoint has, under `progress.others`,
            what each of them remembers.
    """

    max_steps: int
    largest_norm: float | None
    rows: int
    epoch: EpochRecord = field(default_factory=EpochRecord)
    steps: list[Step] = field(default_factory=list)
    measures_norms: bool = False
    after_step: list[Callable[[int, int], None]] = field(default_factory=list)
    exchange: Exchange | None = None
    _resumed: Mapping[str, Any] | None = None  # what a checkpoint says of the middle of a training
    _stepper: OptimizerSteps | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        assert isinstance(pl_module, SequenceTask)
        pl_module.automatic_optimization = False
        pl_module.train_on_block = self.train_on_block

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        optimizer, schedule = pl_module.optimizers(use_pl_optimizer=False), pl_module.lr_schedulers()
        assert isinstance(optimizer, Optimizer) and isinstance(schedule, LRScheduler)
        data = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, BlockDataModule)
        order = data.train_batches().sampler
        shared = None if self.exchange is None else SharedSteps(self.exchange, order)
        self._stepper = OptimizerSteps(pl_module, optimizer, schedule, self.largest_norm, self.rows, shared)
        others = [] if self._resumed is None else self._resumed.get("others", [])
        shares = share_out(pl_module, others, order, 1 if self.exchange is None else self.exchange.share.size)
        if self._resumed is not None:
            restore_random_state(self._resumed)
            trainer.should_stop = self._resumed["should_stop"]
            self._resumed = None
        if self.exchange is not None:
            self.exchange.send("start", shares=shares, **self._stepper.state())

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.epoch = EpochRecord()

    def train_on_block(self, block: Sequence[Batch]) -> None:
        """Take an optimizer step on each batch of a block, up to `max_steps`.

        Raises:
            FloatingPointError: A loss is not a finite number; the message says which step's.
        """
        assert self._stepper is not None
        trainer, taken = self._stepper.task.trainer, []
        before = trainer.global_step
        batches = block if self.max_steps == -1 else block[: self.max_steps - before]
        if self.exchange is not None:
            where = {"epoch": trainer.current_epoch, "begun": self.epoch.batches, "size": len(block)}
            self.exchange.send("train", **where, steps=len(batches))
            self.exchange.share_weights(list(self._stepper.task.parameters()))
        for batch in batches:
            taken.append(self._stepper.take(batch, self.measures_norms))
            for call in self.after_step:
                call(before + len(taken), self.epoch.batches + len(taken))
        count_steps(trainer, len(taken))
        trainer.should_stop = trainer.should_stop or trainer.global_step == self.max_steps
        self._record(before, taken)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        pl_module.log("train/loss", self.epoch.mean_loss, logger=False)  # for callbacks that monitor it
        for logger in trainer.loggers:  # Lightning would log it behind the last checkpoint, for a kill to lose
            logger.log_metrics({"train/loss": self.epoch.mean_loss}, trainer.global_step)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        checkpoint["progress"] = {
            "epoch": asdict(self.epoch),
            "should_stop": trainer.should_stop,
            **random_state(),
        }
        if self.exchange is not None:
            self.exchange.send("state")
            checkpoint["progress"]["others"] = self.exchange.gather()

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self._resumed = checkpoint["progress"]
        self.epoch = EpochRecord(**checkpoint["progress"]["epoch"])
        data = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, BlockDataModule)
        count_blocks(checkpoint, data.train_dataloader().whole_blocks(self.epoch.batches))

    def _record(self, before: int, taken: Sequence[UnreadStep]) -> None:
        """Read losses and norms from their device, all at once, and add them to the epoch."""
        losses = torch.stack([step.loss for step in taken]).tolist()
        norms = [step.gradient_norm for step in taken if step.gradient_norm is not None]
        read: list[float | None] = torch.stack(norms).tolist() if norms else [None] * len(taken)
        self.steps = [
            Step(number, loss, step.lr, norm)
            for number, (loss, step, norm) in enumerate(zip(losses, taken, read, strict=True), start=before + 1)
        ]
        for step, unread in zip(self.steps, taken, strict=True):
            if not math.isfinite(step.loss):
                raise FloatingPointError(
                    f"train/loss became {step.loss} at step {step.number};"
                    " a lower optimizer.lr or trainer.gradient_clip_val may help"
                )
            self.epoch.add(step.loss, unread.predictions)


def remembered(task: SequenceTask) -> dict[str, Any]:
    """Return what a process that does not lead adds to a checkpoint."""
    return {"random": random_state(), "carried": task.carried()}


def share_out(
    task: SequenceTask, others: Sequence[Mapping[str, Any]], order: Order, processes: int
) -> list[dict[str, Any]]:
    """Give every process its rows of what is carried on, and its random state where as many wrote the checkpoint.

    Args:
        task: Of the first process; it has the rows of the first process that wrote the checkpoint.
        others: What the others remembered then (`remembered`).
        order: Of training.
        processes: How many there are now.

    Returns:
        What each of the others goes on from.
    """
    rows = [rows for rows in (task.carried(), *(other["carried"] for other in others)) if rows is not None]
    mine, *theirs = [_rows_of(rows, Share(rank, processes).bounds(order.batch_size)) for rank in range(processes)]
    task.carry(mine)
    same = len(others) == processes - 1
    random = [other["random"] for other in others] if same else [None] * (processes - 1)
    return [{"random": state, "carried": carried} for state, carried in zip(random, theirs, strict=True)]


def _rows_of(states: Sequence[State], rows: slice) -> State | None:
    """Return some rows of states that lie behind each other; None where there are none."""
    if not states:
        return None
    parts = [(state,) if isinstance(state, Tensor) else state for state in states]
    cut = tuple(torch.cat(pieces, dim=1)[:, rows].contiguous() for pieces in zip(*parts, strict=True))
    if not cut[0].shape[1]:
        return None
    return cut[0] if isinstance(states[0], Tensor) else cut


def block_loop(trainer: pl.Trainer) -> BlockLoop:
    """Return the loop of a training."""
    return next(callback for callback in trainer.callbacks if isinstance(callback, BlockLoop))  # type: ignore[attr-defined]


def ends_interval(trainer: pl.Trainer, batch_idx: int) -> bool:
    """Return whether a validation or the end of the epoch follows the block of that index."""
    assert isinstance(trainer.val_check_batch, int)
    done = batch_idx + 1
    return done % trainer.val_check_batch == 0 or done >= trainer.num_training_batches or trainer.should_stop


def count_steps(trainer: pl.Trainer, steps: int) -> None:
    """Add to `trainer.global_step`, which Lightning counts by itself only where it takes the steps."""
    assert trainer.fit_loop is not None
    progress = trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    for tracker in (progress.total, progress.current):
        tracker.ready += steps
        tracker.completed += steps


def count_blocks(checkpoint: Mapping[str, Any], blocks: int) -> None:
    """Let a checkpoint say that so many blocks of its epoch are done: it may have been written with another size."""
    counters = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]["current"]
    more = blocks - counters["processed"]
    for name in ("ready", "started", "processed", "completed"):
        counters[name] += more


def random_state() -> dict[str, Any]:
    """Return torch's random states, and its threads, by which the sums of a matrix product are grouped."""
    return {
        "random": torch.get_rng_state(),
        "random_of_gpus": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "threads": torch.get_num_threads(),
    }


def restore_random_state(saved: Mapping[str, Any]) -> None:
    """Set what `random_state` returned."""
    torch.set_num_threads(saved["threads"])
    torch.set_rng_state(saved["random"].cpu())
    if torch.cuda.is_available() and saved["random_of_gpus"]:
        torch.cuda.set_rng_state_all([state.cpu() for state in saved["random_of_gpus"]])
