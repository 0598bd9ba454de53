"""The charts of TensorBoard's tab Custom Scalars."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import lightning.pytorch as pl

from rnnlab.records.event_files import CHANCE, WORKLOAD
from rnnlab.records.metrics import Metric, shown_in_tables
from rnnlab.tasks.base import SequenceTask
from rnnlab.tensorboard.gradient_norm import GradientNorm
from rnnlab.tensorboard.throughput import Throughput
from rnnlab.tensorboard.writers import summary_writers

# Tags are regular expressions there. TensorBoard puts together what all runs say, and shows equal charts once.
LOSS = {"Loss, training and validation": ["Multiline", ["^train/loss$", "^val/loss$", f"^{CHANCE}loss$"]]}
# By the callback that draws the curves: without them, a chart would be empty.
MEASURED: dict[type[pl.Callback], dict[str, list[Any]]] = {
    GradientNorm: {"Gradient norm, before and after clipping": ["Multiline", ["^gradient_norm/"]]},
    Throughput: {"Tokens per second": ["Multiline", [f"^{WORKLOAD}tokens_per_second$"]]},
}


class CustomScalars(pl.Callback):
    """Describes the charts once, when a training begins."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        if trainer.global_step == 0:
            views = {type(callback) for callback in trainer.callbacks}  # type: ignore[attr-defined]
            for writer in summary_writers(trainer):
                writer.add_custom_scalars(charts(pl_module.declared, views))


def charts(metrics: Sequence[Metric], views: Collection[type]) -> dict[str, dict[str, list[Any]]]:
    """Return the charts by category: those of the training, and one for each metric in tables with its baselines.

    Args:
        metrics: Those that the task declares.
        views: The classes of the callbacks that the run has.
    """
    shown = shown_in_tables(metrics)
    keys = {metric: [metric.key, *(base.key for base in metrics if base.baseline_of == metric.key)] for metric in shown}
    validation = {
        f"Validation {metric.key.replace('_', ' ')}": [
            "Multiline",
            [*(f"^val/{key}$" for key in keys[metric]), f"^{CHANCE}{metric.key}$"],
        ]
        for metric in shown
        if not metric.baseline_of
    }
    training = dict(LOSS)
    for view, chart in MEASURED.items():
        training.update(chart if view in views else {})
    return {"Training": training, **({"Metrics": validation} if validation else {})}
