"""Worker processes: every item once, however many there are."""

from __future__ import annotations

import os
import time
from pathlib import Path

from rnnlab.sweeps.launchers.process_backend import ProcessBackend


def square(item: tuple[int, Path]) -> tuple[int, int]:
    """The square of a number, found when a second process has begun as well."""
    number, folder = item
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    return number * number, os.getpid()


def test_many_items_are_each_done_once_by_workers_that_are_used_again(tmp_path: Path) -> None:
    with ProcessBackend(2) as workers:
        outcomes = dict(workers.map(square, [(number, tmp_path) for number in range(40)]))
    assert {number: result for number, (result, _) in outcomes.items()} == {n: n * n for n in range(40)}
    assert len({process for _, process in outcomes.values()}) == 2
