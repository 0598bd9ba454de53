"""The progress of a sweep that this process coordinates: which runs are running, and how long the rest takes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rnnlab.config.keys import flatten
from rnnlab.records.folder import COMPLETE, RUNNING, RunFolder
from rnnlab.records.progress import Progress, progress_in
from rnnlab.records.reading import NOT_FINISHED, Run, float_or_nan
from rnnlab.sweeps.order import levels_of
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.time_left import LEAST, NOISE_EARLIER, DurationModel, Measured, time_left


@dataclass(frozen=True)
class Snapshot:
    """A sweep at one moment.

    Attributes:
        running: The runs that a process trains now, by label.
        seconds_left: Until the last run ends; NaN before an epoch of any has ended.
    """

    running: Mapping[str, Progress]
    seconds_left: float


class SweepProgress:
    """Follows the runs of a sweep through their folders, whichever machine trains them."""

    def __init__(self, order: Sequence[PlannedRun], complete: Mapping[Path, Mapping[str, Any]], workers: int) -> None:
        """Take what is to be done.

        Args:
            order: The runs in the order in which they are worked off, complete ones among them.
            complete: The summaries of those that are complete, by folder.
            workers: Runs at a time.
        """
        self._order, self._workers = order, workers
        self._places = {run.folder.path: place for place, run in enumerate(order)}
        self._model = DurationModel([run.config for run in order], levels_of(order))
        self._open = {place for path, place in self._places.items() if path not in complete}
        self._done_share = {place: _share_done(order[place]) for place in self._open}
        self._measured = {
            self._places[path]: Measured(max(LEAST, float(summary["seconds"])), NOISE_EARLIER)
            for path, summary in complete.items()
        }
        self._behind: list[float] = []  # seconds from the end of a training to that of its run: test, figures
        self._shares: list[float] = []  # of the planned epochs that complete runs took, which may stop early

    def end(self, run: PlannedRun, summary: Mapping[str, Any]) -> None:
        """Take note that a run has ended, and of what it took if it is complete."""
        place = self._places[run.folder.path]
        self._open.discard(place)
        if summary["status"] != COMPLETE:
            return
        seconds, behind = float_or_nan(summary["seconds"]), _seconds_behind(run.folder)
        self._measured[place] = Measured(max(LEAST, seconds + behind))
        self._behind.append(behind)
        self._shares.append(progress_in(_run_of(run)).share or 1.0)

    def snapshot(self) -> Snapshot:
        """Read the folders of the runs that are running, and estimate the seconds that are left."""
        begun = (self._order[place] for place in self._begun())
        running = {self._places[run.folder.path]: progress for run in begun if (progress := _if_running(run))}
        at_own_pace = {place: pace for place, progress in running.items() if (pace := self._pace(progress))}
        seconds = self._model.seconds({**self._measured, **at_own_pace})
        left = {place: max(0.0, seconds[place] - _elapsed(run.run)) for place, run in running.items()}
        pending = [seconds[place] * (1 - self._done_share[place]) for place in sorted(self._open - set(running))]
        return Snapshot(
            {self._order[place].label: progress for place, progress in running.items()},
            time_left(list(left.values()), pending, max(self._workers, len(running), 1)),
        )

    def _begun(self) -> list[int]:
        """Return the places of open runs that have folders; of thousands that have none no file is looked for."""
        sweeps = {run.folder.path.parent for run in self._order}
        there = {Path(entry.path) for sweep in sweeps if sweep.is_dir() for entry in os.scandir(sweep)}
        return sorted(place for path in there if (place := self._places.get(path)) in self._open)

    def _pace(self, progress: Progress) -> Measured | None:
        """Return the seconds that a running run will take in all if it goes on as it does; None in its first epoch."""
        if not progress.epochs or not progress.seconds > 0:
            return None
        usual = fmean(self._shares or [1.0])
        epochs = max(progress.epochs, progress.planned_epochs * usual)
        return Measured(max(LEAST, progress.seconds / progress.epochs * epochs + fmean(self._behind or [0.0])))


def _run_of(planned: PlannedRun) -> Run:
    """Return a run that has no summary, without reading its configuration again."""
    return Run(planned.folder.path, NOT_FINISHED, "", dict(flatten(planned.config)), {})


def _share_done(planned: PlannedRun) -> float:
    """Return the share of a run's epochs that an interrupted attempt has left."""
    return 0.0 if planned.rerun or not planned.folder.config.is_file() else progress_in(_run_of(planned)).share


def _if_running(planned: PlannedRun) -> Progress | None:
    if not planned.folder.was_begun():
        return None
    progress = progress_in(_run_of(planned))
    return progress if progress.state == RUNNING else None


def _seconds_behind(folder: RunFolder) -> float:
    """Return the seconds between the end of the last epoch and that of the run."""
    try:
        return max(0.0, folder.summary.stat().st_mtime - folder.timing.stat().st_mtime)
    except OSError:  # a run of no epoch
        return 0.0


def _elapsed(run: Run) -> float:
    """Return the seconds that a running run has been trained, those of an interrupted attempt included."""
    folder, timing = RunFolder(run.folder), run.timing("seconds")
    times = [file.stat().st_mtime for file in (folder.config, folder.timing) if file.is_file()]
    since = time.time() - max(times, default=time.time())  # its end of an epoch, or of the pause before it went on
    return (timing[-1]["seconds"] if timing else 0.0) + max(0.0, since)
