"""A run's name: the same for the same work, another for other work, and safe."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.records.identity import run_name

SHA = "0" * 64


def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(list(arguments))[1])


@pytest.fixture(scope="module")
def default() -> dict[str, Any]:
    return config()


@pytest.mark.parametrize(
    "argument",
    ["sweep=other", "trainer.threads=1", "trainer.log_every_n_steps=7", "callbacks.samples.count=3"],
)
def test_what_cannot_change_a_result_does_not_change_the_name(default: dict[str, Any], argument: str) -> None:
    assert run_name(config(argument), SHA) == run_name(default, SHA)


@pytest.mark.parametrize(
    "argument",
    ["seed=1", "cell=lstm", "model.hidden_size=97", "optimizer.lr=0.004", "split.seed=1", "data.batch_size=63",
     "trainer.max_epochs=9", "trainer.gradient_clip_val=null", "scheduler=cosine"],
)  # fmt: skip
def test_what_can_change_a_result_changes_the_name(default: dict[str, Any], argument: str) -> None:
    assert run_name(config(argument), SHA) != run_name(default, SHA)


def test_the_texts_that_a_study_shows_do_not_change_the_name() -> None:
    shown = config("task=sentiment", "task.shown=['very good']")
    assert shown["task"]["shown"] == ["very good"]
    assert run_name(shown, SHA) == run_name(config("task=sentiment"), SHA)


def test_other_data_are_another_run_and_the_same_data_elsewhere_the_same(default: dict[str, Any]) -> None:
    assert run_name(default, "1" * 64) != run_name(default, SHA)
    here, there = config("data=file", "data.path=a.txt"), config("data=file", "data.path=b/c.txt")
    assert run_name(here, SHA) == run_name(there, SHA)


@given(st.text(min_size=1, max_size=200))
def test_any_cells_name_gives_a_name_that_every_file_system_takes(cell: str) -> None:
    name = run_name({"cell": {"name": cell}, "model": {"hidden_size": 1, "num_layers": 1}, "seed": 0}, SHA)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name)
