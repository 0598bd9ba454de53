"""The protocol of a backend, which executes the runs of a sweep, and the backend that does so in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class WorkerFailure:
    """Stands in place of a result whose worker was killed.

    Attributes:
        reason: The line that tells the user what happened.
    """

    reason: str


class Backend(Protocol):
    """Executes work on items. It is a context manager, and nothing of it runs on after its end.

    Attributes:
        workers: How many items are worked on at a time.
        shares_memory: Whether large arrays of an item reach its worker without being copied.
    """

    @property
    def workers(self) -> int: ...

    @property
    def shares_memory(self) -> bool: ...

    def __enter__(self) -> Backend: ...

    def __exit__(self, *error: object) -> None: ...

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        """Call `work` on every item.

        Yields:
            The index of an item and its result (or a `WorkerFailure`), in the order in which they end.
        """
        ...

    def stop(self) -> None:
        """Ask running items to write a checkpoint and end; pending items then end as soon as they start."""
        ...


class SequentialBackend:
    """Executes one item after the other in this process (`hydra/launcher=basic`)."""

    workers = 1
    shares_memory = True

    def __enter__(self) -> SequentialBackend:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        for number, item in enumerate(items):
            yield number, work(item)

    def stop(self) -> None:
        from rnnlab.records.stopping import ask_to_stop

        ask_to_stop()
