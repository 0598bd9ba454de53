"""The progress of a search: the runs of trials that this or another process trains now, and how long the rest takes."""

from __future__ import annotations

import math
from statistics import fmean

from rnnlab.records.folder import RUNNING, RunFolder, planned_runs
from rnnlab.records.progress import progress_in
from rnnlab.records.reading import read_run
from rnnlab.sweeps.progress import Snapshot
from rnnlab.sweeps.search.search import Search


class SearchProgress:
    """Follows the trials of a search through the folders of their runs."""

    def __init__(self, search: Search, workers: int, left: int) -> None:
        """Configure it.

        Args:
            search: The search.
            workers: Trials at a time.
            left: Trials that have not ended.
        """
        self._search, self._workers, self._left = search, workers, left
        self._seconds: list[float] = []

    def end(self, seconds: float) -> None:
        """Take note that a trial has ended, and of how long it took."""
        self._left -= 1
        self._seconds.append(seconds)

    def snapshot(self) -> Snapshot:
        """Read the folders of the runs that are running, and estimate the seconds that are left."""
        folders = [RunFolder(self._search.folder / name) for name in planned_runs(self._search.folder)]
        progress = [progress_in(read_run(folder.path)) for folder in folders if folder.was_begun()]
        running = {entry.run.folder.name: entry for entry in progress if entry.state == RUNNING}
        begun = sum(entry.share for entry in running.values()) / self._search.seeds
        left, at_a_time = max(0.0, self._left - begun), max(1, min(self._workers, self._left))
        return Snapshot(running, fmean(self._seconds) * left / at_a_time if self._seconds else math.nan)
