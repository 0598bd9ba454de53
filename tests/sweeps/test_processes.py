"""Worker processes: every item once, however many there are."""

from __future__ import annotations

import os

from rnnlab.sweeps.launchers.processes import WorkerProcesses


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def test_many_items_are_each_done_once_by_workers_that_are_used_again() -> None:
    with WorkerProcesses(2) as workers:
        found = dict(workers.map(square, range(40)))
    assert {number: result for number, (result, _) in found.items()} == {n: n * n for n in range(40)}
    assert len({process for _, process in found.values()}) == 2
