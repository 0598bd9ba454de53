"""What the terminal shows of a sweep while it runs: running runs, and a time left that is right."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from io import StringIO
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from rnnlab.records.folder import RunFolder
from rnnlab.records.lock import claimed
from rnnlab.records.provenance import Origin
from rnnlab.sweeps.display import Display
from rnnlab.sweeps.order import in_mixed_order, levels_of
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.progress import Snapshot, SweepProgress
from rnnlab.sweeps.time_left import DurationModel, Measured, time_left

SECONDS = {  # mean seconds of runs of names, by cell, hidden size and layers
    ("lstm", 128, 2): 37.8,
    ("gru", 128, 2): 40.3,
    ("lstm", 128, 1): 21.7,
    ("gru", 128, 1): 22.8,
    ("rnn", 128, 2): 17.5,
    ("gru", 64, 2): 22.2,
    ("lstm", 64, 2): 17.3,
    ("rnn", 128, 1): 10.4,
    ("lstm", 64, 1): 11.8,
    ("gru", 64, 1): 13.4,
    ("rnn", 64, 2): 10.1,
    ("gru", 32, 2): 14.9,
    ("rnn", 64, 1): 7.0,
    ("lstm", 32, 2): 12.1,
    ("lstm", 32, 1): 8.2,
    ("gru", 32, 1): 10.2,
    ("rnn", 32, 2): 6.2,
    ("rnn", 32, 1): 6.7,
}
TIMING = "epoch,step,seconds,tokens_per_second,peak_memory_mb\n"


def planned(cell: str, size: int, layers: int, seed: int = 0, epochs: int = 10) -> PlannedRun:
    config = {
        "cell": {"name": cell},
        "model": {"hidden_size": size, "num_layers": layers},
        "trainer": {"max_epochs": epochs, "max_steps": -1},
        "seed": seed,
    }
    name = f"{cell}-h{size}-l{layers}-e{epochs}-s{seed}"
    return PlannedRun(config, None, RunFolder(Path("runs/x") / name), name, Origin(""), "")


def settings_of(run: PlannedRun) -> tuple[str, int, int]:
    model = run.config["model"]
    return run.config["cell"]["name"], model["hidden_size"], model["num_layers"]


@pytest.fixture
def names_cells() -> list[PlannedRun]:
    return in_mixed_order([planned(*settings, seed) for settings, seed in product(SECONDS, range(5))])


def worked_off(seconds: list[float], workers: int) -> list[tuple[float, float]]:
    """When each run begins and ends if the next free worker takes the next one."""
    free, times = [0.0] * workers, []
    for length in seconds:
        start = min(free)
        free[free.index(start)] = start + length
        times.append((start, start + length))
    return times


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("ended", [2, 10, 40])
def test_the_time_left_is_right_within_a_third_from_the_second_run_on(
    names_cells: list[PlannedRun], workers: int, ended: int
) -> None:
    took = [SECONDS[settings_of(run)] for run in names_cells]
    model = DurationModel([run.config for run in names_cells], levels_of(names_cells))
    times = worked_off(took, workers)
    now = sorted(end for _, end in times)[ended - 1]
    seconds = model.seconds({place: Measured(took[place]) for place, (_, end) in enumerate(times) if end <= now})
    running = [seconds[place] - (now - start) for place, (start, end) in enumerate(times) if start <= now < end]
    pending = [seconds[place] for place, (start, _) in enumerate(times) if start > now]
    truth = max(end for _, end in times) - now
    assert time_left([max(0.0, left) for left in running], pending, workers) == pytest.approx(truth, rel=1 / 3)


def test_twice_the_epochs_take_twice_as_long_before_one_such_run_has_ended() -> None:
    runs = [planned("gru", 64, 1, seed, epochs) for epochs in (10, 20) for seed in range(2)]
    seconds = DurationModel([run.config for run in runs], levels_of(runs)).seconds({0: Measured(30.0)})
    assert seconds[:2] == pytest.approx([30, 30], rel=0.15) and seconds[2:] == pytest.approx([60, 60], rel=0.25)


def test_nothing_is_said_before_anything_is_measured() -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(2)]
    assert np.isnan(DurationModel([run.config for run in runs], levels_of(runs)).seconds({})).all()


def test_a_later_run_waits_for_a_free_worker() -> None:
    assert time_left([10.0, 3.0], [5.0, 5.0], workers=2) == 13.0
    assert time_left([], [6.0, 6.0, 6.0], workers=4) == 6.0
    assert time_left([], [], workers=1) == 0.0


@pytest.fixture
def begin(workdir: Path) -> Iterator[Callable[[PlannedRun, int, float], None]]:
    """Begin runs, hold them as a worker does, and let so many epochs of a length end."""
    with ExitStack() as held:

        def begun(run: PlannedRun, epochs: int, length: float) -> None:
            run.folder.write_config(run.config)
            losses = "".join(f"{epoch},{epoch + 1},{3 - epoch / 10}\n" for epoch in range(epochs))
            run.folder.metrics.write_text(f"epoch,step,val/loss\n{losses}")
            if epochs:
                rows = "".join(f"{epoch},{epoch + 1},{(epoch + 1) * length},1,1\n" for epoch in range(epochs))
                run.folder.timing.write_text(TIMING + rows)
            held.enter_context(claimed(run.folder, wait=False))

        yield begun


def sweep(*runs: PlannedRun, complete: Mapping[Path, Mapping[str, float]] | None = None) -> SweepProgress:
    return SweepProgress(runs, complete or {}, workers=1)


def test_running_runs_are_told_with_their_epoch_and_best_so_far(begin: Callable[..., None]) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(4)]
    begin(runs[1], 3, 2.0)
    begin(runs[2], 0, 2.0)
    runs[3].folder.write_config(runs[3].config)  # a killed worker's, which nobody holds
    running = sweep(*runs).snapshot().running
    assert list(running) == [runs[1].label, runs[2].label]
    assert (running[runs[1].label].epochs, running[runs[1].label].best) == (3, 2.8)
    assert running[runs[2].label].epochs == 0 and math.isnan(running[runs[2].label].best)


def test_the_pace_of_a_running_run_tells_the_time_left(begin: Callable[..., None]) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(3)]
    begin(runs[0], 4, 6.0)  # 24 of 60 seconds
    assert sweep(*runs).snapshot().seconds_left == pytest.approx(36 + 2 * 60, rel=0.05)


def test_runs_that_were_complete_before_tell_their_time_and_are_not_waited_for(workdir: Path) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(4)]
    complete = {run.folder.path: {"seconds": 50.0} for run in runs[:3]}
    assert sweep(*runs, complete=complete).snapshot().seconds_left == pytest.approx(50, rel=0.1)


def test_of_an_interrupted_run_only_the_rest_is_left(begin: Callable[..., None], workdir: Path) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(2)]
    runs[0].folder.write_config(runs[0].config)
    runs[0].folder.timing.write_text(TIMING + "".join(f"{epoch},1,{epoch * 5},1,1\n" for epoch in range(1, 9)))
    old = time.time() - 86400
    os.utime(runs[0].folder.timing, (old, old))
    progress = sweep(*runs, complete={runs[1].folder.path: {"seconds": 50.0}})
    assert progress.snapshot().seconds_left == pytest.approx(10, rel=0.1)
    with claimed(runs[0].folder, wait=False):  # it goes on, a day later
        assert progress.snapshot().seconds_left == pytest.approx(10, rel=0.2)


def test_a_run_that_has_ended_is_no_longer_running_and_its_test_counts(begin: Callable[..., None]) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(2)]
    begin(runs[0], 10, 3.0)
    progress = sweep(*runs)
    runs[0].folder.write_summary({"status": "complete"})
    later = runs[0].folder.timing.stat().st_mtime + 30
    os.utime(runs[0].folder.summary, (later, later))
    progress.end(runs[0], {"status": "complete", "seconds": 30.0})
    assert progress.snapshot().running == {}
    assert progress.snapshot().seconds_left == pytest.approx(60, rel=0.1)


def drawn(snapshot: Snapshot, columns: int, terminal: bool = True) -> str:
    stream = StringIO()
    console = Console(file=stream, force_terminal=terminal, width=columns, color_system=None)
    with Display(console, 18, "runs", lambda: snapshot) as display:
        display.advance()
    return stream.getvalue()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_bar_has_a_line_for_each_running_run_and_fits_the_terminal(
    columns: int, begin: Callable[..., None]
) -> None:
    runs = [planned("gru", 64, 1, seed) for seed in range(12)]
    for run in runs[:10]:
        begin(run, 3, 2.0)
    text = drawn(sweep(*runs).snapshot(), columns)
    lines = [line.rsplit("\x1b[2K", 1)[-1].strip("\r") for line in text.splitlines()]
    assert any("1 of 18 runs" in line and "left" in line for line in lines), text
    assert sum("epoch 4/10" in line and "best val/loss 2.8000" in line for line in lines) == 8
    assert any("and 2 more" in line for line in lines)
    assert all(len(line) <= columns for line in lines if "\x1b" not in line)


def test_a_pipe_gets_no_bar() -> None:
    assert drawn(Snapshot({}, math.nan), 80, terminal=False) == ""
