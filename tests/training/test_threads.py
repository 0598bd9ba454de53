"""How many threads a run uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnlab.config.compose import compose_train, plain
from rnnlab.cores import available_cores
from rnnlab.training.trainer import thread_count
from support import ALONE, Answer

CALLBACK = """
import torch
from lightning.pytorch import Callback

class Threads(Callback):
    def on_train_start(self, trainer, pl_module):
        with open("threads.txt", "a") as stream:
            stream.write(f"{torch.get_num_threads()}\\n")
"""


def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(list(arguments))[1])


def test_a_small_model_gets_one_thread_and_a_large_one_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert thread_count(config()) == 1
    assert thread_count(config("model.hidden_size=512")) == available_cores()
    assert thread_count(config("model.hidden_size=512", "trainer.threads=1")) == 1


def test_omp_num_threads_caps_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert thread_count(config("model.hidden_size=512", "trainer.threads=8")) == 1


@pytest.fixture
def watched(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where threads.txt will have a line for each run; this process has the threads again that it had."""
    (workdir / "watch.py").write_text(CALLBACK)
    monkeypatch.setenv("RNNLAB_PLUGINS", "watch")
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = torch.get_num_threads()
    yield workdir / "threads.txt"
    torch.set_num_threads(before)
    sys.modules.pop("watch", None)


@pytest.mark.parametrize(
    ("cap", "threads"),
    [("", available_cores()), ("1", 1)],
)
def test_a_run_of_a_sweep_that_is_alone_has_every_core_or_as_many_as_it_may(
    rnnlab: Callable[..., Answer], watched: Path, monkeypatch: pytest.MonkeyPatch, cap: str, threads: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", cap)
    done = rnnlab(
        "train",
        "-m",
        "seed=0,1",
        "debug=fast",
        "data.limit=100",
        "model.hidden_size=300",
        "trainer.max_epochs=1",
        "trainer.limit_train_batches=1",
        ALONE,
        "+callbacks.threads._target_=watch.Threads",
    )
    assert done.code == 0, done.err
    assert watched.read_text().split() == [str(threads)] * 2


def test_a_cap_that_is_no_number_is_no_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert thread_count(config("model.hidden_size=512")) == available_cores()
