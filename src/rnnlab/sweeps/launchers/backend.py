"""What does the runs of a sweep, whatever it is: this process, worker processes, a batch system, a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Lost:
    """In place of a result: the process that was to give it was killed."""

    reason: str


class Backend(Protocol):
    """Where work is done; used as a context, at whose end nothing of it is left running.

    Attributes:
        workers: How many items are worked on at a time.
        shares_memory: Whether large arrays of an item reach its worker without being copied.
    """

    workers: int
    shares_memory: bool

    def __enter__(self) -> Backend: ...

    def __exit__(self, *error: object) -> None: ...

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        """Do the work on every item.

        Yields:
            The number of an item and its result (or `Lost`), as they end.
        """
        ...

    def stop(self) -> None:
        """Ask what is running to write a checkpoint and end; what has not begun then ends at once."""
        ...


class ThisProcess:
    """One item after the other, here (`hydra/launcher=basic`)."""

    workers = 1
    shares_memory = True

    def __enter__(self) -> ThisProcess:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        for number, item in enumerate(items):
            yield number, work(item)

    def stop(self) -> None:
        from rnnlab.records.stopping import ask_to_stop

        ask_to_stop()
