"""A backend that writes the summaries of runs and trains none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rnnlab.records.folder import COMPLETE, FAILED
from rnnlab.sweeps.plan import PlannedRun

MEASURES = [{"key": "loss", "title": "test loss", "unit": "nats per token", "ranks": True}]


class PretendingBackend:
    """Gives every run the loss that a function of its configuration returns; a text is the reason of a failure."""

    workers = 1
    shares_memory = False  # nothing has to be rehearsed

    def __init__(
        self, loss: Callable[[dict[str, Any]], float | str], most: int | None = None, command: str | None = None
    ) -> None:
        self.loss, self.left, self.command = loss, most, command
        self.trained: list[str] = []

    def __enter__(self) -> PretendingBackend:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def stop(self) -> None:
        pass

    def map(self, work: Callable[[Any], Any], items: Sequence[PlannedRun]) -> Iterator[tuple[int, Any]]:
        for number, run in enumerate(items):
            if self.left is not None:
                if not self.left:
                    raise KilledError
                self.left -= 1
            yield number, self._end(run)

    def _end(self, run: PlannedRun) -> dict[str, Any]:
        self.trained.append(run.folder.path.name)
        loss = self.loss(run.config)
        summary: dict[str, Any] = {"status": FAILED, "reason": loss}
        if not isinstance(loss, str):
            best, test = {"val/loss": loss, "train/loss": loss}, {"test/loss": loss}
            metrics = {"best": best, "test": test}
            summary = {"status": COMPLETE, "objective": loss, "metrics": metrics, "seconds": 2.0, "parameters": 100}
            summary |= {"command": self.command} if self.command else {}
        run.folder.start_over(run.config)
        run.folder.write_summary(summary)
        return summary


class KilledError(Exception):
    """Ends the command in the middle, as if its process were killed."""
