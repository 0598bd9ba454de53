"""The progress bar of a single run: epoch, time left, and the validation loss as it falls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightning.pytorch as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from rnnlab.durations import duration
from rnnlab.tasks.base import SequenceTask
from rnnlab.terminal import NotebookDisplay
from rnnlab.training.callbacks import MetricsFile

SHOWN = 3  # losses, the last of which is that of the last validation
WINDOW = 120.0  # seconds over which the speed is measured, validations included
REFRESHES = 4.0  # a second
REFRESHES_OF_A_NOTEBOOK = 2.0  # each is a message to the browser


class RunProgressBar(pl.Callback):
    """Draws one line: the share of the training that is done, and the last validation losses."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TimeLeftColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console,
            transient=True,
            expand=True,
            refresh_per_second=REFRESHES,
            speed_estimate_period=WINDOW,
        )
        notebook = NotebookDisplay(self._bar.get_renderable, REFRESHES_OF_A_NOTEBOOK)
        self._shown = notebook if console.is_jupyter else self._bar
        self._arrow = "→" if console.encoding.startswith("utf") else ">"

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, SequenceTask)
        self._task = self._bar.add_task("", total=pl_module.total_steps, completed=trainer.global_step, losses="")
        self._show_losses(trainer)
        self._shown.start()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._bar.update(self._task, description=f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._bar.update(self._task, completed=trainer.global_step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if trainer.state.fn == "fit":
            self._show_losses(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._shown.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        self._shown.stop()

    def _show_losses(self, trainer: pl.Trainer) -> None:
        (file,) = (callback for callback in trainer.callbacks if isinstance(callback, MetricsFile))  # type: ignore[attr-defined]
        losses = [float(row["val/loss"]) for row in file.rows if "val/loss" in row]
        self._bar.update(self._task, losses=falling(losses, self._arrow))


class TimeLeftColumn(ProgressColumn):
    """The time left in words, as the bar of a sweep says it."""

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text("" if left is None else f"about {duration(left)} left", no_wrap=True)


def falling(losses: Sequence[float], arrow: str = "→") -> str:
    """Return the last losses, such as `val/loss 2.310 → 2.103 → 2.069`; the best before them stands in brackets."""
    if not losses:
        return ""
    shown, best = losses[-SHOWN:], min(losses)
    earlier = f" (best {best:.4g})" if best < min(shown) else ""
    return f"val/loss {f' {arrow} '.join(f'{loss:.4g}' for loss in shown)}{earlier}"
