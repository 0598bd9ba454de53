"""Weights averaged over the last part of the training."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


class AveragedWeights(WeightAveraging):
    """Keeps an exponential moving average of the weights, which is what is validated, kept as the best, and tested.

    Training itself goes on with the weights of its own (Polyak and Juditsky 1992; the exponential form: Izmailov et
    al. 2018 compare both). The average takes in the weights behind every block of batches and not behind every one,
    which a decay over as many steps makes up for.
    """

    def __init__(self, decay: float) -> None:
        """Average nothing yet.

        Args:
            decay: What a step leaves of the average's past; it reaches back about 1 / (1 - decay) steps.
        """
        super().__init__(avg_fn=self._averaged)
        self.decay = decay
        self._steps = 0  # since the average last took in the weights

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._steps = trainer.global_step - self._latest_update_step
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Not yet: what draws pictures behind a validation is to see the weights that were validated."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_validation_epoch_end(trainer, pl_module)

    def _averaged(self, average: Tensor, weight: Tensor, count: Tensor) -> Tensor:
        """Of the first steps, which a slow average would remember for long, a plain mean."""
        seen = float(count) * self._steps
        kept = min(self.decay**self._steps, seen / (seen + self._steps))
        return average.lerp(weight, 1 - kept)
