"""What the steps of an epoch were like."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class BlockRecord:
    """The steps of a block of batches; the losses stay on their device until the block has ended.

    Attributes:
        before: Optimizer steps of the training before this block.
        losses: The mean loss of each step, in the task's unit.
        counts: How many predictions each of them is over.
        lrs: The learning rate of each step.
        norms: The norm of each step's gradient before it was clipped; empty where nobody asked for it.
    """

    before: int
    losses: list[Tensor] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    norms: list[Tensor] = field(default_factory=list)

    @property
    def last_step(self) -> int:
        """The number of the last step, counted from 1 over the whole training."""
        return self.before + len(self.losses)

    def add(self, loss: Tensor, count: int, lr: float) -> None:
        self.losses.append(loss)
        self.counts.append(count)
        self.lrs.append(lr)


@dataclass
class EpochRecord:
    """The steps of an epoch so far.

    Attributes:
        batches: How many there were.
        predictions: How many predictions they trained on.
        loss_sum: The sum of the losses of those.
        steps: Number, loss and learning rate of each step of the last block.
        norms: The norms of their gradients before clipping; empty where nobody asked for them.
    """

    batches: int = 0
    predictions: int = 0
    loss_sum: float = 0.0
    steps: list[tuple[int, float, float]] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)

    @property
    def mean_loss(self) -> float:
        """The mean over all predictions of the epoch so far; NaN before the first."""
        return self.loss_sum / self.predictions if self.predictions else math.nan

    def add(self, block: BlockRecord) -> None:
        """Add a block that has ended; its losses are read from their device here, all at once.

        Raises:
            FloatingPointError: A loss is not a finite number; the message says which step's.
        """
        losses = torch.stack(block.losses).tolist()
        self.steps = list(zip(range(block.before + 1, block.last_step + 1), losses, block.lrs, strict=True))
        self.norms = torch.stack(block.norms).tolist() if block.norms else []
        self.batches += len(losses)
        self.predictions += sum(block.counts)
        self.loss_sum += math.fsum(loss * count for loss, count in zip(losses, block.counts, strict=True))
        for step, loss, _ in self.steps:
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"train/loss became {loss} at step {step};"
                    " a lower optimizer.lr or trainer.gradient_clip_val may help"
                )
