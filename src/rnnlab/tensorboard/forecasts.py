"""Charts of a task's predictions on the validation part, such as forecasts beside what happened."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl

from rnnlab.charts.paper import draw
from rnnlab.data.module import SequenceDataModule
from rnnlab.tasks.capabilities import DrawsCharts
from rnnlab.tensorboard.probe_view import title_of
from rnnlab.tensorboard.writers import summary_writers

DPI = 100


class ForecastsOfSeries(pl.Callback):
    """Draws the first predictions of the validation part at every validation, of a task that draws charts of them.

    Args:
        count: How many predictions a figure shows.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        writers = summary_writers(trainer)
        if not (isinstance(pl_module, DrawsCharts) and writers):
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, SequenceDataModule)
        for chart in pl_module.charts(data.prepared.parts["val"], "validation", self.count):
            for writer in writers:
                figure = draw(chart, DPI)
                figure.suptitle(f"{chart.title}: {title_of(trainer, pl_module)}", fontsize=11, parse_math=False)
                writer.add_figure(chart.name, figure, trainer.global_step)
