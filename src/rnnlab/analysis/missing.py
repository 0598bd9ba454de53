"""Which runs of a sweep have no result yet, and why."""

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
        planned: How many runs there are to be: those planned and any others that were found.
        failed: The failed runs, as pairs of folder and reason.
        unfinished: The folders of those that are running, interrupted or not started.
        pruned: How many a search has given up.
    """

    planned: int
    failed: tuple[tuple[Path, str], ...]
    unfinished: tuple[Path, ...]
    pruned: int = 0

    @classmethod
    def of(cls, runs: Iterable[Run]) -> Missing:
        runs = list(runs)
        missing = [run for run in runs if not run.is_complete and run.status != PRUNED]
        return cls(
            planned=len(runs),
            failed=tuple((run.folder, run.reason) for run in missing if run.status == FAILED),
            unfinished=tuple(run.folder for run in missing if run.status != FAILED),
            pruned=sum(run.status == PRUNED for run in runs),
        )

    @property
    def count(self) -> int:
        return len(self.failed) + len(self.unfinished)

    @property
    def why(self) -> str:
        """Such as ` (1 failed, 2 not finished)`; empty where nothing is missing."""
        parts = [(len(self.failed), "failed"), (len(self.unfinished), "not finished")]
        return f" ({', '.join(f'{many} {what}' for many, what in parts if many)})" if self.count else ""

    @property
    def sentence(self) -> str:
        """Such as `3 of 18 runs are missing (1 failed, 2 not finished).`; empty where each was brought to its end."""
        verb = "is" if self.count == 1 else "are"
        parts = [f"{self.count} of {self.planned} runs {verb} missing{self.why}."] if self.count else []
        if self.pruned:
            parts.append(f"{self.pruned} of {self.planned} runs were given up by the search.")
        return " ".join(parts)
