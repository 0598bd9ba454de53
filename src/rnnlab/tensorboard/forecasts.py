"""Charts of a task's predictions on the validation part, such as forecasts beside what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import lightning.pytorch as pl

from rnnlab.data.module import SequenceDataModule
from rnnlab.tasks.capabilities import DrawsCharts
from rnnlab.tensorboard.probe_view import title_of
from rnnlab.tensorboard.writers import has_pictures, log_chart


class ForecastsOfSeries(pl.Callback):
    """Draws the first predictions of the validation part at every validation, of a task that draws charts of them.

    Args:
        count: How many predictions a figure shows.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not (isinstance(pl_module, DrawsCharts) and has_pictures(trainer)):
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, SequenceDataModule)
        for chart in pl_module.charts(data.prepared.parts["val"], "validation", self.count):
            title = f"{chart.title}: {title_of(trainer, pl_module)}"
            log_chart(trainer, chart.name, replace(chart, title=title))
