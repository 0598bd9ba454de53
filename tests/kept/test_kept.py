"""What rnnlab 0.1.0 left behind is read by this one: runs of every task, and one that was stopped."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import rnnlab as package
from support import Answer

pytestmark = pytest.mark.kept

TASKS = ("names", "chars", "sentiment", "tagging", "signals", "forecasting")
COMMAND = ("model.hidden_size=4", "model.embedding_size=4", "trainer.threads=1", "-q")


@pytest.fixture(autouse=True)
def kept(workdir: Path) -> Path:
    """The runs and their data in the current folder."""
    shutil.copytree(Path(__file__).parent / "0.1.0", workdir, dirs_exist_ok=True)
    return workdir


@pytest.mark.parametrize("task", TASKS)
def test_a_run_is_loaded_compared_and_evaluated_to_what_it_measured(task: str, rnnlab: Callable[..., Answer]) -> None:
    (summary,) = Path("runs", task).glob("*/summary.json")
    measured = json.loads(summary.read_text())["metrics"]["test"]
    evaluated = package.load(f"runs/{task}").evaluate().metrics
    for name, value in measured.items():
        known = math.nan if value is None else value  # of what is not defined, such as of no unknown word
        assert evaluated[name] == pytest.approx(known, rel=1e-4, nan_ok=True), name
    assert rnnlab("compare", f"sweep={task}").code == 0
    assert package.runs(f"runs/{task}")["status"].tolist() == ["complete"]


def test_models_answer() -> None:
    model = {task: package.load(f"runs/{task}") for task in TASKS}
    assert len(model["names"].generate(samples=3, prompt="ma")) == 3
    assert model["chars"].generate(prompt="Row", length=5)[0].startswith("Row")
    assert model["sentiment"].predict("a lovely day")[0].label in ("good", "bad")
    assert len(model["tagging"].tag("the old man")[0].tags) == 3
    assert len(model["signals"].predict(Path("data/signals.csv"))) == 40


def test_a_series_is_forecast(rnnlab: Callable[..., Answer]) -> None:
    answer = rnnlab("predict", "checkpoint=runs/forecasting", "file=data/sales.csv", "format=json")
    assert answer.code == 0 and np.isfinite(json.loads(answer.out)["sold"]).all()


def test_a_checkpoint_alone_is_enough() -> None:
    (file,) = Path("runs/names").glob("*/checkpoints/best.ckpt")
    assert package.load(file.rename("best.ckpt")).generate()


def test_a_run_that_is_complete_is_not_trained_again(rnnlab: Callable[..., Answer]) -> None:
    words = ("train", "task=names", "data.limit=120", *COMMAND, "trainer.max_epochs=1", "sweep=names")
    (summary,) = Path("runs/names").glob("*/summary.json")
    before = summary.read_bytes()
    assert rnnlab(*words).code == 0
    assert summary.read_bytes() == before and len(list(Path("runs/names").glob("*/summary.json"))) == 1


def test_a_run_that_was_stopped_goes_on(rnnlab: Callable[..., Answer]) -> None:
    words = ("train", "task=names", "data.limit=120", *COMMAND, "trainer.max_epochs=40", "sweep=stopped")
    assert rnnlab(*words).code == 0
    (summary,) = Path("runs/stopped").glob("*/summary.json")
    content = json.loads(summary.read_text())
    assert (content["status"], content["epochs"], content["format"]) == ("complete", 40, 1)
    assert "going on from" in summary.with_name("run.log").read_text()
