"""What a sweep takes by its runs and its workers: measured with one and two workers, simulated for more.

python tests/benchmarks/scaling.py
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from rich.console import Console

from measure import machine, table
from rnnlab.config.compose import compose_train
from rnnlab.config.jobs import compose_jobs
from rnnlab.records.folder import COMPLETE, RunFolder, write_atomically
from rnnlab.records.lock import claimed
from rnnlab.sweeps import pool
from rnnlab.sweeps.launchers.process_backend import ProcessBackend
from rnnlab.sweeps.order import in_mixed_order
from rnnlab.sweeps.plan import PlannedRun, plan

WORDS = ("debug=fast", "trainer.threads=1", "sweep=scaling")
WORKERS = (1, 2, 10, 100, 1_000)
TRAININGS = (1.0, 10.0, 600.0)  # seconds
SIMULATED = 10_000  # runs
TRIED = 50  # times that a file is written or a lock taken


class Latencies(NamedTuple):
    """Seconds that parts of a sweep take, beside those of its runs.

    Attributes:
        start: A command with one worker and its report, beside all that grows with the number of runs.
        plan: A run, until it is planned and has its place in the order.
        hand_over: A run in the command: sent to a worker, and its line when it has ended.
        lock: A run whose lock is taken and given back.
        write: A file that is written whole and kept.
    """

    start: float
    plan: float
    hand_over: float
    lock: float
    write: float


def seconds_of(runs: int, workers: int, training: float, measured: Latencies) -> float:
    """Simulate a sweep of runs that take so many seconds each: one after the other goes to whichever worker is free."""
    command = measured.start + runs * measured.plan
    free = [command] * workers
    for _ in range(runs):
        command = max(command, heapq.heappop(free)) + measured.hand_over
        heapq.heappush(free, command + training)
    return max(free)


def measure(runs: int) -> tuple[Latencies, str]:
    """Measure the parts, and whole sweeps of so many runs, and of four times as many, with one and two workers.

    What the larger sweep of one worker takes longer is its runs'; the rest of the smaller one is the start.
    """
    with tempfile.TemporaryDirectory() as place, chdir(place):
        planned, seconds = _planned(runs * 20)
        plan_one, hand_over = seconds / len(planned), _hand_over(planned)
        lock = _median(lambda: _lock(planned[0]))
        write = _median(lambda: write_atomically(Path("runs", "file"), "x" * 4096))
        _sweep(3, 3)  # reads what the others find in memory
        sweeps = {(workers, count): _sweep(count, workers) for workers in (1, 2) for count in (runs, 4 * runs)}
    start = sweeps[1, runs][0] - (sweeps[1, 4 * runs][0] - sweeps[1, runs][0]) / 3
    measured = Latencies(start, plan_one, hand_over, lock, write)
    rows = list[list[object]]()
    for (workers, count), (wall, taken) in sweeps.items():
        modelled = seconds_of(count, workers, statistics.median(taken), measured)
        rows.append([workers, count, f"{statistics.median(taken):.2f}", f"{wall:.1f}", f"{modelled:.1f}"])
    return measured, table(["workers", "runs", "seconds of a run", "seconds", "by the model"], rows)


def _planned(runs: int) -> tuple[list[PlannedRun], float]:
    """Plan so many runs, and return them in their order with the seconds that it took."""
    command = compose_train(["-m", *WORDS])
    settings = product(("rnn", "gru", "lstm"), (8, 16), range(runs // 6))
    jobs = [[*WORDS, f"cell={cell}", f"model.hidden_size={size}", f"seed={seed}"] for cell, size, seed in settings]
    plan(compose_jobs(command.loader, command.config, jobs[:1]))  # imports
    started = time.perf_counter()
    planned = in_mixed_order(plan(compose_jobs(command.loader, command.config, jobs)))
    return planned, time.perf_counter() - started


def _hand_over(planned: Sequence[PlannedRun]) -> float:
    """Seconds that the command takes for a run, when runs take no time."""
    with mock.patch.object(pool, "execute", _pretended):
        pool.run_all(planned[:4], ProcessBackend(2), Console(file=StringIO()))  # imports
        started = time.perf_counter()
        pool.run_all(planned, ProcessBackend(2), Console(file=StringIO()))
        return (time.perf_counter() - started) / len(planned)


def _pretended(planned: PlannedRun) -> dict[str, Any]:
    return {"status": COMPLETE, "metrics": {"best": {"val/loss": 1.0}}, "seconds": 1.0}


def _lock(planned: PlannedRun) -> None:
    with claimed(RunFolder(planned.folder.path), wait=False):
        pass


def _sweep(runs: int, workers: int) -> tuple[float, list[float]]:
    """Return the seconds of a command, and those of the training of each run."""
    words = ["train", "-m", *WORDS, f"sweep=of-{workers}", f"hydra.launcher.workers={workers}"]
    words += ["cell=rnn,gru,lstm", f"seed=range({runs // 3})"]
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "rnnlab", *words], check=True, capture_output=True)
    wall = time.perf_counter() - started
    summaries = [json.loads(file.read_text()) for file in Path("runs").glob(f"of-{workers}/*/summary.json")]
    return wall, [summary["seconds"] for summary in summaries]


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_timed(work))


def _timed(work: Callable[[], object]) -> Iterator[float]:
    for _ in range(TRIED):
        started = time.perf_counter()
        work()
        yield time.perf_counter() - started


def simulated(measured: Latencies) -> str:
    """Sweeps of many runs that take so long, by the number of workers: how long, and how much of it is their runs."""
    rows = list[list[object]]()
    for workers in WORKERS:
        row: list[object] = [f"{workers:,}"]
        for training in TRAININGS:
            seconds = seconds_of(SIMULATED, workers, training, measured)
            row.append(f"{_said(seconds)}, {SIMULATED * training / workers / seconds:.0%}")
        rows.append(row)
    return table(["workers", *(f"runs of {training:g} s" for training in TRAININGS)], rows)


def _said(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def main() -> None:
    """Measure, and print the tables of docs/sweeps/scaling-out.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=48, help="of the sweeps that are trained")
    measured, compared = measure(parser.parse_args().runs)
    parts = [[name, f"{1e3 * value:,.2f}"] for name, value in measured._asdict().items()]
    print(
        f"Measured on {machine()}.", table(["part", "milliseconds"], parts), compared, simulated(measured), sep="\n\n"
    )


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
