"""A sweep that is killed, stopped, or started twice: the same command goes on, to the same bits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forked import PATIENCE, Command
from support import ALONE, ROOT, shell, trained

pytestmark = pytest.mark.launchers

RUNS = ("model.hidden_size=32", "data.batch_size=8", "data.limit=3000", "trainer.max_epochs=4", "seed=0,1,2")
SWEEP = ("train", "-m", "sweep=trust", *RUNS)
WORKERS = "hydra.launcher.workers=2"


def finish(folder: Path) -> None:
    """The sweep to its end, one run after the other in this process."""
    trained(folder, *SWEEP[1:], ALONE)


def begin(folder: Path, workers: str = WORKERS) -> Command:
    """The sweep, in a session of its own: its workers can be counted."""
    return Command(*SWEEP, workers, cwd=folder)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def members(session: int) -> list[int]:
    """The processes of a session that are not mere zombies."""
    result = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            result.append(int(place.name))
    return result


def pending(process: int, signum: int) -> bool:
    """Return whether a signal to a process was sent and is not handled yet; a process that has ended has none."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    masks = re.findall(r"^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)", status, flags=re.MULTILINE)
    return any(int(mask, 16) >> (signum - 1) & 1 for mask in masks)


def training(folder: Path) -> list[Path]:
    """The runs in the middle of their training, one epoch or more behind them."""
    return [
        checkpoint.parents[1]
        for checkpoint in folder.glob("runs/trust/*/checkpoints/last.ckpt")
        if not (checkpoint.parents[1] / "summary.json").exists()
    ]


def outcomes(folder: Path) -> dict[str, object]:
    result = {}
    for file in folder.glob("runs/trust/*/summary.json"):
        summary = json.loads(file.read_text())
        metrics = (file.parent / "metrics.csv").read_text()
        result[file.parent.name] = (summary["status"], summary.get("metrics"), metrics)
    return result


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the undisturbed sweep finds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder)
    return outcomes(folder)


def test_killed_at_ten_moments_a_sweep_of_six_runs_ends_with_the_same_bits() -> None:
    command = [sys.executable, str(ROOT / "tests" / "sweeps" / "torture.py"), "10", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-2000:]
    hit = re.search(r"^(\d+) of 10 kills met a run in its training", done.stdout, flags=re.MULTILINE)
    assert hit and int(hit[1]) >= 5, done.stdout


def test_workers_die_with_their_parent_and_the_same_command_goes_on(
    tmp_path: Path, expected: dict[str, object]
) -> None:
    process = begin(tmp_path)
    wait_for(lambda: len(training(tmp_path)) == 2)
    process.kill()
    process.communicate()
    wait_for(lambda: not members(process.pid))
    interrupted = training(tmp_path)
    status = shell("status", "sweep=trust", cwd=tmp_path)
    assert "2 interrupted" in status.stdout and "1 not started" in status.stdout, status.stdout
    finish(tmp_path)
    assert outcomes(tmp_path) == expected
    assert all("going on from" in (run / "run.log").read_text() for run in interrupted)


def test_two_commands_at_a_time_train_no_run_twice(tmp_path: Path, expected: dict[str, object]) -> None:
    first = begin(tmp_path)
    wait_for(lambda: list(tmp_path.glob("runs/trust/*/config.yaml")))
    second = begin(tmp_path, ALONE)
    wait_for(lambda: list(tmp_path.glob("runs/trust/*/metrics.csv")))
    status = shell("status", "sweep=trust", cwd=tmp_path)
    assert re.search(r"[123] running", status.stdout), status.stdout
    errors = [process.communicate()[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), errors
    assert outcomes(tmp_path) == expected
    starts = [log.read_text().count("parameters, data") for log in tmp_path.glob("runs/trust/*/run.log")]
    assert starts == [1, 1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_or_a_closed_terminal_has_checkpoints_written_and_says_how_to_go_on(
    tmp_path: Path, expected: dict[str, object], number: signal.Signals
) -> None:
    process = begin(tmp_path)
    wait_for(lambda: len(training(tmp_path)) == 2)
    os.killpg(process.pid, number)  # as a terminal does it: every process of the group gets it
    _, error = process.communicate()
    assert process.returncode == 130 and "Traceback" not in error, error
    assert "the same command again goes on" in error
    assert sum(outcome[0] == "interrupted" for outcome in outcomes(tmp_path).values()) >= 1  # type: ignore[index]
    finish(tmp_path)
    assert outcomes(tmp_path) == expected


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    process = begin(tmp_path)
    wait_for(lambda: len(training(tmp_path)) == 2)
    interrupted = training(tmp_path)
    os.kill(process.pid, signal.SIGINT)
    wait_for(lambda: not pending(process.pid, signal.SIGINT))
    os.kill(process.pid, signal.SIGINT)  # two that are pending at once would be one
    _, error = process.communicate()
    assert process.returncode == 130 and "Traceback" not in error, error
    wait_for(lambda: not members(process.pid))
    complete = {name for name, outcome in outcomes(tmp_path).items() if outcome[0] == "complete"}  # type: ignore[index]
    assert not complete & {run.name for run in interrupted}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_single_run_costs_nothing_of_it(tmp_path: Path, number: signal.Signals) -> None:
    words = ("train", "sweep=trust", "model.hidden_size=32", "data.batch_size=8", "data.limit=8000")
    process = Command(*words, "trainer.max_epochs=2", cwd=tmp_path)
    # A first epoch has ended and a second one is trained, which the checkpoint of the first tells.
    wait_for(lambda: training(tmp_path))
    os.kill(process.pid, number)
    _, error = process.communicate()
    assert process.returncode == 130 and "goes on" in error and "Traceback" not in error, error
    (last,) = tmp_path.glob("runs/trust/*/checkpoints/last.ckpt")
    assert last.is_file()


@pytest.mark.slow
def test_torture() -> None:
    command = [sys.executable, str(ROOT / "tests" / "sweeps" / "torture.py"), "100", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-2000:]
