"""The bar of a sweep or a search: what has ended, the time left, and a line for each running run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rnnlab.durations import duration
from rnnlab.records.progress import Progress
from rnnlab.sweeps.progress import Snapshot
from rnnlab.terminal import NotebookDisplay

MOST_LINES = 8  # running runs that are shown; a cluster may have hundreds
REFRESHES = 1.0  # a second; each reads the files of what is running


class Display:
    """Draws the bar while its context is entered; nothing where there is neither a terminal nor a notebook."""

    def __init__(self, console: Console, total: int, noun: str, snapshot: Callable[[], Snapshot]) -> None:
        """Configure the display.

        Args:
            console: Prints it below the lines that are printed meanwhile.
            total: How many runs or trials are to be done.
            noun: What they are called, such as `runs`.
            snapshot: Tells what is running; called from a thread.
        """
        self._total, self._noun, self._snapshot = total, noun, snapshot
        self._ended, self._started = 0, time.monotonic()
        self._live = self._live_on(console)

    def _live_on(self, console: Console) -> Live | NotebookDisplay | None:
        if console.quiet:
            return None
        if console.is_jupyter:
            return NotebookDisplay(self._render, REFRESHES)
        if not console.is_terminal:
            return None
        return Live(
            console=console,
            get_renderable=self._render,
            refresh_per_second=REFRESHES,
            transient=True,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def advance(self) -> None:
        """Count one more that has ended."""
        self._ended += 1

    def _render(self) -> RenderableType:
        snapshot = self._snapshot()
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        done = self._ended + sum(run.share for run in snapshot.running.values())
        bar.add_row(
            f"{self._ended} of {self._total} {self._noun}",
            ProgressBar(self._total, min(done, self._total)),
            ", ".join(self._times(snapshot)),
        )
        return Group(bar, *_lines(snapshot))

    def _times(self, snapshot: Snapshot) -> Iterable[str]:
        yield duration(time.monotonic() - self._started)
        if not math.isnan(snapshot.seconds_left):
            yield f"about {duration(snapshot.seconds_left)} left"
        elif not snapshot.running and not self._ended:
            yield "starting"


def _lines(snapshot: Snapshot) -> Iterable[RenderableType]:
    """Yield a table with a line for each running run."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for width in (len("epoch 10/10"), len("best val/loss 2.0000")):
        table.add_column(no_wrap=True, min_width=width)
    shown = list(snapshot.running.items())[:MOST_LINES]
    for label, run in shown:
        table.add_row(Text(f"  {label}", "cyan"), Text(_epoch(run)), Text(_best(run)))
    yield table
    if more := len(snapshot.running) - len(shown):
        yield Text(f"  and {more} more")


def _epoch(run: Progress) -> str:
    if run.epochs >= run.planned_epochs:
        return "testing" if run.epochs else ""
    return f"epoch {run.epochs + 1}/{run.planned_epochs}"


def _best(run: Progress) -> str:
    return "" if math.isnan(run.best) else f"best val/loss {run.best:.4f}"
