"""The Trainer's keys: what they offer works, and what leaves nothing to do is refused."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path

import lightning.pytorch as pl
import pytest

from rnnlab.config.checks.trainer_arguments import REFUSED
from rnnlab.config.schema import SCHEMA
from support import Answer, assert_refused


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_bf16_trains_with_clipping_and_every_optimizer(
    rnnlab: Callable[..., Answer], workdir: Path, optimizer: str
) -> None:
    answer = rnnlab("train", "debug=fast", "trainer.precision=bf16-mixed", f"optimizer={optimizer}")
    assert answer.code == 0, answer.err
    (summary,) = workdir.glob("runs/names/*/summary.json")
    assert json.loads(summary.read_text())["status"] == "complete"


@pytest.mark.parametrize(
    ("argument", "named"),
    [
        ("trainer.limit_train_batches=0.01", "trainer.limit_train_batches"),
        ("trainer.limit_val_batches=0.001", "trainer.limit_val_batches"),
        ("trainer.val_check_interval=1000", "trainer.val_check_interval"),
        ("trainer.max_time=00:00:00:00", "trainer.max_time"),
    ],
)
def test_what_leaves_nothing_to_do_is_found_before_the_run_begins(
    rnnlab: Callable[..., Answer], workdir: Path, argument: str, named: str
) -> None:
    answer = rnnlab("train", "data.limit=600", argument)
    assert answer.code == 2 and named in answer.err and len(answer.err.splitlines()) == 1, answer.err
    assert not (workdir / "runs").exists()


def test_a_folder_that_cannot_be_written_is_named(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (workdir / "runs").write_text("a file where the folder of runs belongs")
    for arguments in (["debug=fast"], ["-m", "seed=0,1", "debug=fast"]):
        answer = rnnlab("train", *arguments)
        assert answer.code == 2 and "runs" in answer.err and len(answer.err.splitlines()) == 1, answer.err


def test_every_argument_of_lightnings_trainer_works_or_is_refused_with_a_reason() -> None:
    names = set(inspect.signature(pl.Trainer).parameters)
    ruled = {key.removeprefix("trainer.") for key in SCHEMA if key.startswith("trainer.")}
    assert set(REFUSED) <= names and not set(REFUSED) & ruled
    assert names == set(REFUSED) | (ruled - {"threads", "block_size"})


def test_a_training_is_validated_at_least_once(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    rarely = rnnlab("train", "debug=fast", "trainer.max_epochs=2", "+trainer.check_val_every_n_epoch=3")
    assert_refused(rarely, ["trainer.check_val_every_n_epoch=3", "trainer.max_epochs=2"])
    assert not any(workdir.iterdir())


@pytest.mark.parametrize("name", [*REFUSED, "max_epoch"])
def test_an_argument_that_a_run_cannot_use_is_refused_before_anything_is_written(
    rnnlab: Callable[..., Answer], workdir: Path, name: str
) -> None:
    assert_refused(rnnlab("train", "debug=fast", f"+trainer.{name}=1"), [f"trainer.{name}", REFUSED.get(name, "")])
    assert not any(workdir.iterdir())


def test_every_run_of_a_sweep_is_checked_for_them(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    refused = rnnlab("train", "-m", "debug=fast", "seed=0,1", "+trainer.detect_anomaly=true,maybe")
    assert_refused(refused, ["trainer.detect_anomaly", "maybe"])
    assert_refused(rnnlab("train", "-m", "debug=fast", "+trainer.min_epochs=1,2"), ["trainer.min_epochs"])
    assert not any(workdir.iterdir())


MODES = """
from pathlib import Path

import lightning.pytorch as pl
import torch

class Modes(pl.Callback):
    def on_train_batch_end(self, *_):
        self.anomaly = torch.is_anomaly_enabled()

    def on_test_batch_end(self, *_):
        Path("modes.txt").write_text(f"{self.anomaly} {torch.is_inference_mode_enabled()}")
"""


def test_arguments_that_are_passed_on_work_as_lightning_documents_them(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workdir / "modes.py").write_text(MODES)
    monkeypatch.setenv("RNNLAB_PLUGINS", "modes")
    monkeypatch.setattr(sys, "path", [*sys.path])
    words = (
        "debug=fast",
        "trainer.max_epochs=1",
        "callbacks.graph.enabled=false",
        "+callbacks.modes._target_=modes.Modes",
    )
    assert rnnlab("train", *words).code == 0
    assert (workdir / "modes.txt").read_text() == "False True"
    passed = ("+trainer.detect_anomaly=true", "+trainer.inference_mode=false", "+trainer.profiler=simple")
    done = rnnlab("train", *words, *passed, "sweep=passed")
    assert done.code == 0, done.err
    assert (workdir / "modes.txt").read_text() == "True False"
    (log,) = workdir.glob("runs/passed/*/run.log")
    assert "Profiler Report" in log.read_text() and "run_training_batch" in log.read_text()
    sys.modules.pop("modes", None)
