"""Worker processes: every item once, however many there are."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hydra_plugins.rnnlab_plugins import JoblibLauncher
from rnnlab.sweeps.launchers.backend import SequentialBackend
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


GROWN = []  # in a worker, what its items leave behind


def grow(item: int) -> tuple[int, int]:
    """Leave 400 MB behind, and return which process did."""
    GROWN.append(bytes(400_000_000).replace(b"\0", b"\1"))
    time.sleep(1.1)  # joblib looks at most once a second at how much a worker has grown
    return item, os.getpid()


@pytest.mark.launchers
def test_workers_that_have_grown_are_replaced_without_a_warning() -> None:
    with ProcessBackend(2) as workers:  # a warning would be an error
        outcomes = dict(workers.map(grow, range(8)))
    assert [number for number, _ in outcomes.values()] and sorted(n for n, _ in outcomes.values()) == [*range(8)]
    assert len({process for _, process in outcomes.values()}) > 2, "none was replaced"


@pytest.mark.parametrize(("cores", "workers", "at_a_time"), [("1", None, 1), ("2", None, 2), ("1", 3, 3), ("2", 1, 1)])
def test_as_many_runs_are_trained_at_a_time_as_there_are_cores_or_as_was_said(
    monkeypatch: pytest.MonkeyPatch, cores: str, workers: int | None, at_a_time: int
) -> None:
    """On one core they are trained in the process of the command: joblib's pool would have two processes."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", cores)
    backend = JoblibLauncher(workers).backend()
    assert backend.workers == at_a_time and isinstance(backend, SequentialBackend) == (at_a_time == 1)
