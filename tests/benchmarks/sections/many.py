"""What a sweep costs by its number of runs, before and after they are trained."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from measure import in_turn, ratio, table
from rnnlab.commands.train import train
from rnnlab.config.compose import compose_train, plain
from rnnlab.config.jobs import compose_jobs
from rnnlab.records.reading import find_runs
from rnnlab.records.run_index import JUST_WRITTEN, index_file
from rnnlab.sweeps.plan import plan
from run_copies import make_runs

RUNS, QUICK = 2_000, 200
ALONE = 5  # runs that are composed one by one, which takes long
WORDS = ("debug=fast", "sweep=many")


def many_runs(quick: bool) -> str:
    """Milliseconds a run, of one core. Runs of a sweep are planned together (composed, checked, named), beside Hydra
    and OmegaConf composing each alone; and run folders are read with an index that knows them, beside reading them
    without one. A ratio above 1 means that the former takes less time."""
    count = QUICK if quick else RUNS
    with tempfile.TemporaryDirectory() as place, chdir(place):
        (trained,) = train([*WORDS, "sweep=one"])
        planned = _planning(count, 1 if quick else 3)
        sweep = Path("runs", "copies")
        make_runs(trained, sweep, count)
        read = _reading(sweep, count, 1 if quick else 3)
    return table(["of each run", "milliseconds", "ratio"], [planned, read])


def _planning(count: int, rounds: int) -> list[object]:
    command = compose_train(["-m", *WORDS])
    swept = product(("rnn", "gru", "lstm"), (8, 16), range(count // 6))
    jobs = [[*WORDS, f"cell={cell}", f"model.hidden_size={size}", f"seed={seed}"] for cell, size, seed in swept]
    data: dict[str, Any] = {}

    def together() -> None:
        plan(compose_jobs(command.loader, command.config, jobs), data=data)

    def alone() -> None:
        plan([plain(compose_train(words).config) for words in jobs[:ALONE]], data=data)

    seconds = in_turn({"together": partial(_taken, together), "alone": partial(_taken, alone)}, rounds)
    ours = [1e3 * took / len(jobs) for took in seconds["together"]]
    theirs = [1e3 * took / ALONE for took in seconds["alone"]]
    return ["planned", f"{statistics.median(ours):.1f}", ratio(theirs, ours)]


def _reading(sweep: Path, count: int, rounds: int) -> list[object]:
    def cold() -> None:
        index_file(sweep).unlink(missing_ok=True)
        find_runs([sweep])

    time.sleep(JUST_WRITTEN)  # the index leaves out what is younger
    warm = partial(find_runs, [sweep])
    seconds = in_turn({"cold": partial(_taken, cold), "warm": partial(_taken, warm)}, rounds)
    ours = [1e3 * took / count for took in seconds["warm"]]
    theirs = [1e3 * took / count for took in seconds["cold"]]
    return ["read", f"{statistics.median(ours):.2f}", ratio(theirs, ours)]


def _taken(work: Callable[[], object]) -> float:
    """Return the seconds of this process that some work takes."""
    started = time.process_time()
    work()
    return time.process_time() - started
