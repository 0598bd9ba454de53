"""The Trainer's keys: what they offer works, and what leaves nothing to do is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Answer


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
