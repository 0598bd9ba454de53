"""`rnnlab status`: every state of a run, told from its folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from rnnlab.durations import duration
from rnnlab.records.folder import RunFolder, add_to_plan
from rnnlab.records.lock import claimed
from support import Answer, assert_refused

CONFIG = {"trainer": {"max_epochs": 10}, "seed": 0}
METRICS = "epoch,step,train/loss,val/loss\n0,10,2.5,2.4\n1,20,2.3,2.2\n2,30,2.1,2.25\n"
TIMING = "epoch,step,seconds,tokens_per_second,peak_memory_mb\n0,10,60,1,1\n1,20,120,1,1\n2,30,180,1,1\n"


def run(sweep: Path, name: str, summary: dict[str, object] | None) -> RunFolder:
    folder = RunFolder(sweep / name)
    folder.write_config(CONFIG)
    folder.metrics.write_text(METRICS)
    folder.timing.write_text(TIMING)
    if summary is not None:
        folder.write_summary(summary)
    return folder


@pytest.fixture
def sweep(workdir: Path) -> Path:
    """A sweep with a run of every kind but a running one."""
    sweep = workdir / "runs" / "mixed"
    done = {"status": "complete", "objective": 2.2, "metrics": {"best": {"val/loss": 2.2}}}
    run(sweep, "done", done)
    run(sweep, "broken", {"status": "failed", "reason": "FloatingPointError: train/loss became nan at step 7"})
    run(sweep, "pruned", {"status": "pruned", "reason": "pruned after epoch 2"})
    run(sweep, "stopped", {"status": "interrupted"})
    run(sweep, "killed", None)
    add_to_plan(sweep, ["done", "broken", "pruned", "stopped", "killed", "later"])
    return sweep


def states(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+) +(not started|\w+) ", text, flags=re.MULTILINE))


def test_every_state_is_told(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    answer = rnnlab("status", "sweep=mixed")
    assert answer.code == 0
    assert states(answer.out) == {
        "run": "state",
        "done": "complete",
        "broken": "failed",
        "pruned": "pruned",
        "stopped": "interrupted",
        "killed": "interrupted",
        "later": "not started",
    }
    assert "broken failed: FloatingPointError: train/loss became nan at step 7" in answer.out
    assert "6 runs: 1 failed, 2 interrupted, 1 not started, 1 pruned, 1 complete" in answer.out


def test_a_running_run_shows_its_epoch_its_best_and_the_time_left(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    with claimed(RunFolder(sweep / "killed"), wait=False) as mine:
        assert mine
        out = rnnlab("status", "path=runs/mixed").out
    assert re.search(r"^killed +running +3/10 +2\.2000 +7 min", out, flags=re.MULTILINE), out
    assert states(rnnlab("status", "sweep=mixed").out)["killed"] == "interrupted"


def test_looking_changes_nothing(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sweep.rglob("*")}
    rnnlab("status", "sweep=mixed")
    assert {path: path.stat().st_mtime_ns for path in sweep.rglob("*")} == before


def test_a_damaged_summary_hides_no_other_run(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    (sweep / "done" / "summary.json").write_text(json.dumps({"status": "complete"})[:-5])
    out = rnnlab("status", "sweep=mixed").out
    assert states(out)["done"] == "failed" and states(out)["later"] == "not started"


def test_a_damaged_configuration_is_told_of(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    (sweep / "killed" / "config.yaml").write_text(yaml.safe_dump(CONFIG)[:-3] + ": :")
    assert states(rnnlab("status", "sweep=mixed").out)["killed"] == "failed"


def test_a_sweep_that_is_not_there(rnnlab: Callable[..., Answer], sweep: Path) -> None:
    assert_refused(rnnlab("status", "sweep=other"), ["sweep=other", "mixed"])


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (5400, "1 h 30 min"), (11100, "3 h 5 min")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
