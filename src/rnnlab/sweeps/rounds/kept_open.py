"""A backend that stays ready between the rounds of a sweep: workers import torch once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from rnnlab.sweeps.launchers.backend import Backend, Item


class KeptOpen:
    """Opens a backend with the first round that has something to do, and closes it with `close`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._stack = ExitStack()
        self._opened = False

    @property
    def workers(self) -> int:
        return self._backend.workers

    @property
    def shares_memory(self) -> bool:
        return self._backend.shares_memory

    def __enter__(self) -> KeptOpen:
        if not self._opened:
            self._stack.enter_context(self._backend)
            self._opened = True
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the backend open for the next round."""

    def close(self) -> None:
        """Close the backend, if it was opened."""
        self._stack.close()

    def map(self, work: Callable[[Item], Any], items: Sequence[Item]) -> Iterator[tuple[int, Any]]:
        return self._backend.map(work, items)

    def stop(self) -> None:
        self._backend.stop()
