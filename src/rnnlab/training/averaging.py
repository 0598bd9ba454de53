"""Weights averaged over the last part of the training."""

from __future__ import annotations

from itertools import accumulate

import lightning.pytorch as pl
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from rnnlab.training.blocks import BlockDataModule, block_loop

EVERY = 64  # steps, about: the average takes in the weights where blocks of that size end


class AveragedWeights(WeightAveraging):
    """Validates, keeps as the best and tests an exponential moving average of the weights.

    Training itself goes on with its own weights (Polyak and Juditsky 1992; the exponential form: Izmailov et al. 2018
    compare both). The average takes in the weights about every `EVERY` steps, whatever `trainer.block_size` is, and
    forgets as much as it would in so many steps.
    """

    def __init__(self, decay: float) -> None:
        """Set how far the average reaches back.

        Args:
            decay: The share of the average that a step leaves; it reaches back about 1 / (1 - decay) steps.
        """
        super().__init__(avg_fn=self._averaged)
        self.decay = decay
        self._due = frozenset[int]()  # batches of an epoch behind which the average takes in the weights
        self._steps = 0  # since it last did

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        data, loop = trainer.datamodule, block_loop(trainer)  # type: ignore[attr-defined]
        assert isinstance(data, BlockDataModule)
        self._due = frozenset(accumulate(data.blocks(EVERY).sizes))

        def after_step(number: int, batches: int) -> None:
            if batches in self._due or number == loop.max_steps:
                self._update(pl_module, number)

        loop.after_step.append(after_step)

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Return False: the average is updated behind steps, not behind what Lightning takes for a batch."""
        return False

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the averaged weights in place for callbacks that draw figures of what was validated."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_validation_epoch_end(trainer, pl_module)

    def _update(self, pl_module: pl.LightningModule, number: int) -> None:
        assert self._average_model is not None
        self._steps = number - self._latest_update_step
        self._average_model.update_parameters(pl_module)
        self._latest_update_step = number

    def _averaged(self, average: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        """Return a plain mean of the first steps, which a slow average would remember for long, then a moving one."""
        seen = float(count) * self._steps
        kept = min(self.decay**self._steps, seen / (seen + self._steps))
        return average.lerp(weight, 1 - kept)
