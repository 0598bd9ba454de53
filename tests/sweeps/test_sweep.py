"""Sweeps, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from support import shell


def runs(folder: Path, sweep: str = "small") -> list[Path]:
    return sorted(path.parent for path in (folder / "runs" / sweep).glob("*/summary.json"))


def test_a_sweep_has_one_complete_folder_for_each_combination(sweep_folder: Path) -> None:
    summaries = [json.loads((run / "summary.json").read_text()) for run in runs(sweep_folder)]
    assert {(s["hparams"]["cell"], s["hparams"]["seed"]) for s in summaries} == {
        ("rnn", 0), ("rnn", 1), ("lstm", 0), ("lstm", 1),
    }  # fmt: skip
    assert all(s["status"] == "complete" for s in summaries)


def test_one_tidy_line_a_run_the_longest_first_and_no_progress_bars_in_a_pipe(tmp_path: Path) -> None:
    one = "hydra.launcher.workers=1"
    done = shell("train", "-m", "model.hidden_size=4,8", "sweep=lines", "debug=fast", one, cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert all(re.fullmatch(r"\[[12]/2\] hidden_size=[48]  val/loss \d\.\d{4}  \d+\.\d s", line) for line in lines)
    assert "hidden_size=8" in lines[0] and "hidden_size=4" in lines[1]


def test_the_same_command_again_trains_only_what_is_not_complete(sweep_folder: Path) -> None:
    before = {run: (run / "summary.json").stat().st_mtime_ns for run in runs(sweep_folder)}
    interrupted = runs(sweep_folder)[0]
    summary = json.loads((interrupted / "summary.json").read_text())
    (interrupted / "summary.json").write_text(json.dumps({**summary, "status": "interrupted"}))
    done = shell("train", "-m", "cell=rnn,lstm", "seed=0,1", "sweep=small", "debug=fast", cwd=sweep_folder)
    assert done.returncode == 0 and "3 of 4 runs are complete already" in done.stderr
    again = json.loads((interrupted / "summary.json").read_text())
    assert again["metrics"] == summary["metrics"] and again["status"] == "complete"
    untouched = set(before) - {interrupted}
    assert all((run / "summary.json").stat().st_mtime_ns == before[run] for run in untouched)


def test_one_failing_run_stops_no_other_and_the_command_says_so(tmp_path: Path) -> None:
    done = shell(
        "train", "-m", "optimizer=sgd", "optimizer.lr=1e38,0.1", "scheduler=constant", "sweep=mixed", "debug=fast",
        "trainer.gradient_clip_val=null", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "1 of 2 runs failed" in done.stderr
    statuses = {json.loads((run / "summary.json").read_text())["status"] for run in runs(tmp_path, "mixed")}
    assert statuses == {"complete", "failed"}


def test_a_wrong_value_anywhere_in_a_sweep_is_found_before_anything_is_written(tmp_path: Path) -> None:
    done = shell("train", "-m", "model.hidden_size=8,0", "debug=fast", cwd=tmp_path)
    assert done.returncode == 2 and "model.hidden_size" in done.stderr and not (tmp_path / "runs").exists()


def test_a_killed_sweep_keeps_what_was_complete_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rnnlab", "train", "-m", "seed=0,1,2", "data.limit=3000", "sweep=killed",
               "trainer.max_epochs=3", "hydra.launcher.workers=1"]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 120
    while not runs(tmp_path, "killed") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = runs(tmp_path, "killed")
    assert finished
    before = {run: (run / "summary.json").read_bytes() for run in finished}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True)
    assert f"{len(before)} of 3 runs are complete already" in done.stderr
    assert len(runs(tmp_path, "killed")) == 3
    assert all((run / "summary.json").read_bytes() == content for run, content in before.items())


KILLER = """
import os, signal
from lightning.pytorch import Callback

class Killer(Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        if pl_module.card["config"]["seed"] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "killer.py").write_text(KILLER)
    done = shell(
        "train", "-m", "seed=0,1,2,3", "sweep=deadly", "debug=fast", "+callbacks.x._target_=killer.Killer",
        cwd=tmp_path, RNNLAB_PLUGINS="killer",
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    statuses = {
        summary["hparams"]["seed"] if "hparams" in summary else 1: summary["status"]
        for run in runs(tmp_path, "deadly")
        for summary in [json.loads((run / "summary.json").read_text())]
    }
    assert statuses == {0: "complete", 1: "failed", 2: "complete", 3: "complete"}
    assert "1 of 4 runs failed" in done.stderr and "worker process was killed" in done.stderr
