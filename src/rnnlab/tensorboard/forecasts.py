"""What a forecaster expects, beside what happened: a figure in TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl

from rnnlab.data.module import SequenceDataModule
from rnnlab.tasks.capabilities import Forecasts
from rnnlab.tasks.predictions import Rolling
from rnnlab.tensorboard.schedule import title_of
from rnnlab.tensorboard.writers import boards

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, RED, GREY = "#0072B2", "#D55E00", "#999999"


class ForecastsOfSeries(pl.Callback):
    """Draws forecasts of the validation part, one behind the other, at every validation."""

    def __init__(self, count: int) -> None:
        """Draw nothing yet.

        Args:
            count: How many forecasts a figure shows.
        """
        self.count = count

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        writers = boards(trainer)
        if not (isinstance(pl_module, Forecasts) and writers):
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, SequenceDataModule)
        shown = pl_module.rolling(data.prepared.parts["val"], self.count)
        for writer in writers:
            figure = forecasts_figure(shown, title_of(trainer, pl_module))
            writer.add_figure("forecasts", figure, trainer.global_step)


def forecasts_figure(shown: Rolling, title: str) -> Figure:
    """History and truth as one line, each forecast as a line that begins at the last value known to it."""
    from matplotlib.figure import Figure  # takes a while to load, and only forecasters need it

    figure = Figure(figsize=(8.4, 4.2), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    begin, known = -len(shown.history), [*shown.history, *shown.truth]
    axes.plot(range(begin, begin + len(known)), known, color=BLUE, linewidth=1.8, label="what happened")
    drawn = (("last season repeated", shown.seasonal, GREY, ":"), ("forecast", shown.forecast, RED, "-"))
    for name, values, colour, dash in drawn:
        for origin in range(0, len(values), shown.horizon):
            piece = [known[origin - begin - 1], *values[origin : origin + shown.horizon]]
            label = "_" if origin else name  # the legend leaves out what begins so
            axes.plot(range(origin - 1, origin - 1 + len(piece)), piece, color=colour, linestyle=dash, label=label)
    axes.set_xlabel("step of the validation part")
    axes.set_ylabel(shown.name, parse_math=False)
    axes.set_title(f"Forecasts: {title}", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure
