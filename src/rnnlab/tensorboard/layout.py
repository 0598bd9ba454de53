"""The charts of TensorBoard's tab Custom Scalars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning.pytorch as pl

from rnnlab.records.metrics import Metric, shown_in_tables
from rnnlab.tasks.base import SequenceTask
from rnnlab.tensorboard.writers import summary_writers

# Tags are regular expressions there. TensorBoard puts together what all runs say, and shows equal charts once.
TRAINING = {
    "Loss, training and validation": ["Multiline", ["^train/loss$", "^val/loss$"]],
    "Tokens per second": ["Multiline", ["^timing/tokens_per_second$"]],
    "Gradient norm, before and after clipping": ["Multiline", ["^gradient_norm/"]],
}


class CustomScalars(pl.Callback):
    """Describes the charts once, when a training begins."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        if trainer.global_step == 0:
            for writer in summary_writers(trainer):
                writer.add_custom_scalars(charts(pl_module.declared))


def charts(metrics: Sequence[Metric]) -> dict[str, dict[str, list[Any]]]:
    """Return the charts by category: those of the training, and one for each metric in tables with its baselines."""
    shown = shown_in_tables(metrics)
    keys = {metric: [metric.key, *(base.key for base in shown if base.baseline_of == metric.key)] for metric in shown}
    validation = {
        f"Validation {metric.key.replace('_', ' ')}": ["Multiline", [f"^val/{key}$" for key in keys[metric]]]
        for metric in shown
        if not metric.baseline_of
    }
    return {"Training": TRAINING, **({"Metrics": validation} if validation else {})}
