"""The progress of a run, read from its folder alone, wherever it is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rnnlab.records.files.csv_files import Row
from rnnlab.records.folder import FAILED, INTERRUPTED, RUNNING, RunFolder
from rnnlab.records.lock import is_claimed
from rnnlab.records.reading import NOT_FINISHED, NOT_STARTED, OBJECTIVE, Run, float_or_nan


@dataclass(frozen=True)
class Progress:
    """The progress of one run.

    Attributes:
        run: What its folder says.
        state: complete, running, interrupted, failed, pruned or not started.
        epochs: The number that have ended.
        planned_epochs: The number planned; 0 where its configuration does not say.
        best: The lowest validation loss so far; NaN before the first.
        seconds: Of training so far, at the end of the last of these epochs.
    """

    run: Run
    state: str
    epochs: int
    planned_epochs: int
    best: float
    seconds: float

    @property
    def share(self) -> float:
        """The share of the planned epochs that has ended; 0 where none is planned."""
        return min(1.0, self.epochs / self.planned_epochs) if self.planned_epochs else 0.0

    @property
    def seconds_left(self) -> float:
        """The seconds of training left, if epochs take as long as they did; NaN before the first has ended."""
        if not self.epochs or self.state not in (RUNNING, INTERRUPTED):
            return math.nan
        return self.seconds / self.epochs * max(0, self.planned_epochs - self.epochs)


def progress_in(run: Run) -> Progress:
    """Return the progress of a run."""
    losses = [row[OBJECTIVE] for row in run.curves(OBJECTIVE)]
    timing = run.timing()
    return Progress(
        run=run,
        state=_state(run, RunFolder(run.folder)),
        epochs=len(timing),
        planned_epochs=_planned_epochs(run, timing),
        best=min(losses, default=math.nan),
        seconds=timing[-1].get("seconds", math.nan) if timing else 0.0,
    )


def _planned_epochs(run: Run, timing: list[Row]) -> int:
    """Return `trainer.max_epochs`, or as many as `trainer.max_steps` leaves of them once an epoch's length is known."""
    epochs = int(float_or_nan(run.config.get("trainer.max_epochs", 0)) or 0)
    most_steps = float_or_nan(run.config.get("trainer.max_steps", -1))
    per_epoch = timing[0].get("step", math.nan) if timing else math.nan
    if most_steps > 0 and per_epoch > 0:
        return min(epochs, math.ceil(most_steps / per_epoch))
    return epochs


def _state(run: Run, folder: RunFolder) -> str:
    if run.status in (NOT_FINISHED, NOT_STARTED, FAILED, INTERRUPTED) and is_claimed(folder):
        return RUNNING
    return INTERRUPTED if run.status == NOT_FINISHED else run.status
