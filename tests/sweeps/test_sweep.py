"""Sweeps, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forked import PATIENCE, Command, command
from rnnlab.records.reading import read_run
from support import ALONE, Answer


def runs(folder: Path, sweep: str = "small") -> list[Path]:
    return sorted(path.parent for path in (folder / "runs" / sweep).glob("*/summary.json"))


def test_a_sweep_has_one_complete_folder_for_each_combination(sweep_folder: Path) -> None:
    summaries = [json.loads((run / "summary.json").read_text()) for run in runs(sweep_folder)]
    assert {(s["hparams"]["cell"], s["hparams"]["seed"]) for s in summaries} == {
        ("rnn", 0),
        ("rnn", 1),
        ("lstm", 0),
        ("lstm", 1),
    }
    assert all(s["status"] == "complete" for s in summaries)


def test_one_tidy_line_a_run_and_no_progress_bars_in_a_pipe(rnnlab: Callable[..., Answer]) -> None:
    done = rnnlab("train", "-m", "model.hidden_size=4,8", "sweep=lines", "debug=fast", ALONE)
    assert done.code == 0
    lines = done.err.splitlines()
    assert len(lines) == 2, done.err
    assert all(re.fullmatch(r"\[[12]/2\] hidden_size=[48]  val/loss \d\.\d{4}  \d+\.\d s", line) for line in lines)
    assert {line.split()[1] for line in lines} == {"hidden_size=4", "hidden_size=8"}


def test_a_sweep_is_trained_seed_by_seed_in_the_order_that_a_dry_run_lists(
    rnnlab: Callable[..., Answer], sweep_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = [read_run(folder) for folder in runs(sweep_folder)]
    started = {run.started: f"cell={run.config['cell.name']} seed={run.seed}" for run in done}
    assert None not in started and len(started) == len(done)
    trained_in_order = [started[time] for time in sorted(started)]  # type: ignore[type-var]
    assert [label[-1] for label in trained_in_order] == ["0", "0", "1", "1"]
    monkeypatch.chdir(sweep_folder)
    table = rnnlab("train", "-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", ALONE, "dry_run=true").out
    assert re.findall(r"cell=\w+ seed=\d", table) == trained_in_order


def test_the_same_command_again_trains_only_what_is_not_complete(
    rnnlab: Callable[..., Answer], sweep_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sweep_folder)
    before = {run: (run / "summary.json").stat().st_mtime_ns for run in runs(sweep_folder)}
    interrupted = runs(sweep_folder)[0]
    summary = json.loads((interrupted / "summary.json").read_text())
    (interrupted / "summary.json").write_text(json.dumps({**summary, "status": "interrupted"}))
    done = rnnlab("train", "-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", ALONE)
    assert done.code == 0 and "3 of 4 runs are complete already" in done.err
    again = json.loads((interrupted / "summary.json").read_text())
    assert again["metrics"] == summary["metrics"] and again["status"] == "complete"
    untouched = set(before) - {interrupted}
    assert all((run / "summary.json").stat().st_mtime_ns == before[run] for run in untouched)


def test_a_wrong_value_anywhere_in_a_sweep_is_found_before_anything_is_written(
    rnnlab: Callable[..., Answer], workdir: Path
) -> None:
    done = rnnlab("train", "-m", "model.hidden_size=8,0", "debug=fast")
    assert done.code == 2 and "model.hidden_size" in done.err and not (workdir / "runs").exists()


@pytest.mark.launchers
def test_a_killed_sweep_keeps_what_was_complete_and_goes_on(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("train", "-m", "seed=0,1,2", "data.limit=3000", "sweep=killed", "trainer.max_epochs=2", ALONE)
    process = Command(*words, cwd=workdir)
    deadline = time.monotonic() + PATIENCE
    while not runs(workdir, "killed") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = runs(workdir, "killed")
    assert finished
    before = {run: (run / "summary.json").read_bytes() for run in finished}
    done = rnnlab(*words)
    assert done.code == 0 and f"{len(before)} of 3 runs are complete already" in done.err
    assert len(runs(workdir, "killed")) == 3
    assert all((run / "summary.json").read_bytes() == content for run, content in before.items())


KILLER = """
import os, signal
from lightning.pytorch import Callback

class Killer(Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        if pl_module.card["config"]["seed"] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.launchers
def test_a_run_that_fails_and_one_that_kills_its_worker_stop_no_other(tmp_path: Path) -> None:
    """Three times as many runs as worker processes: a failure finds its way back while others are still handed out."""
    (tmp_path / "killer.py").write_text(KILLER)
    done = command(
        "train",
        "-m",
        "hydra.sweeper.cases=[{optimizer.lr:1e38,seed:0},{optimizer.lr:0.1,seed:[1,2,3,4,5]}]",
        "optimizer=sgd",
        "scheduler=constant",
        "sweep=deadly",
        "debug=fast",
        "trainer.gradient_clip_val=null",
        "trainer.max_epochs=1",
        "data.limit=100",
        "model.hidden_size=8",
        "hydra.launcher.workers=2",
        "+callbacks.x._target_=killer.Killer",
        cwd=tmp_path,
        RNNLAB_PLUGINS="killer",
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    summaries = [json.loads((run / "summary.json").read_text()) for run in runs(tmp_path, "deadly")]
    complete = [summary["hparams"]["seed"] for summary in summaries if summary["status"] == "complete"]
    assert sorted(complete) == [2, 3, 4, 5] and sum(summary["status"] == "failed" for summary in summaries) == 2
    assert "2 of 6 runs failed" in done.stderr and "worker process was killed" in done.stderr
    assert "FloatingPointError" in done.stderr
