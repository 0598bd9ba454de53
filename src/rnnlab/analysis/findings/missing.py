"""The runs of a sweep that have no result, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rnnlab.records.folder import FAILED, PRUNED
from rnnlab.records.reading import Run


@dataclass(frozen=True)
class Missing:
    """The runs without a result.

    Attributes:
        planned: The number of runs in all: the planned ones and any others in the folders.
        failed: The failed runs, as pairs of folder and reason.
        unfinished: The folders of those that are running, interrupted or not started.
        pruned: The number of runs that a search has pruned.
    """

    planned: int
    failed: tuple[tuple[Path, str], ...]
    unfinished: tuple[Path, ...]
    pruned: int = 0

    @property
    def count(self) -> int:
        return len(self.failed) + len(self.unfinished)


def missing_runs(runs: Iterable[Run]) -> Missing:
    """Return the runs that have no result."""
    runs = list(runs)
    missing = [run for run in runs if not run.is_complete and run.status != PRUNED]
    return Missing(
        planned=len(runs),
        failed=tuple((run.folder, run.reason) for run in missing if run.status == FAILED),
        unfinished=tuple(run.folder for run in missing if run.status != FAILED),
        pruned=sum(run.status == PRUNED for run in runs),
    )
