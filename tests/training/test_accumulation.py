"""`trainer.accumulate_grad_batches`: k batches make one optimizer step, that of a batch k times as large."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import Tensor

import made
from resuming import Interruption, config_of, outcome, run, same
from rnnlab.data.prepared import prepare
from rnnlab.records.identity import run_name
from rnnlab.training.blocks import BlockDataModule, OptimizerSteps
from rnnlab.training.checkpoints import new_task
from rnnlab.training.trainer import evaluation_trainer

TASKS = {
    "names": ("task=names", "data.limit=300"),
    "bucketed names": ("task=names", "data.bucketing=true", "data.limit=300"),
    "a text with a carried state": ("task=chars", "cell=lstm", "data.limit=9000", "data.sequence_length=16"),
    "windows of a text": ("task=chars", "data.windows=sliding", "data.stride=16", "data.limit=6000"),
    "texts": ("task=sentiment", "data=file", "data.path=reviews.csv"),
    "tagged words": ("task=tagging", "data=file", "data.path=sentences.conllu"),
    "a series": ("task=forecasting", "data=sines"),
    "signals": ("task=signals", "data.limit=300"),
    "weighted classes": ("task=signals", "data=file", "data.path=signals.csv", "task.class_weights=balanced"),
}
TRAINED = (
    "optimizer=sgd",
    "optimizer.momentum=0",
    "optimizer.nesterov=false",
    "optimizer.lr=0.1",
    "model.hidden_size=8",
    "model.dropout=0",
    "trainer.max_epochs=1000",
    "trainer.max_steps=12",
    "trainer.limit_val_batches=2",
    "trainer.limit_test_batches=2",
)
K = 3


def config(task: str, batch_size: int, accumulate: int, *words: str) -> dict[str, Any]:
    sizes = (f"data.batch_size={batch_size}", f"trainer.accumulate_grad_batches={accumulate}")
    return config_of(*TASKS[task], *TRAINED, *sizes, *words)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with the files that tasks read."""
    monkeypatch.chdir(tmp_path)
    made.reviews(tmp_path / "reviews.csv", 100)
    made.sentences(tmp_path / "sentences.conllu", 100)
    rows = [
        f"{item},{step},{item % 7 + step / 9:.3f},{'rare' if item % 7 < 2 else 'common'}\n"
        for item in range(150)
        for step in range(3 + item % 5)
    ]
    (tmp_path / "signals.csv").write_text(f"id,t,x,label\n{''.join(rows)}", encoding="utf-8")
    return tmp_path


def steps_of(config: dict[str, Any]) -> tuple[dict[str, Tensor], list[float]]:
    """The weights after twelve optimizer steps of a configuration, and the loss of each."""
    pl.seed_everything(0, verbose=False)
    ready = prepare(config)
    task, batches = new_task(config, ready).train(), BlockDataModule(ready, config)
    task.trainer = evaluation_trainer(config)
    optimizer, schedule = task.build_optimizer(12)
    steps = OptimizerSteps(task, optimizer, schedule, 1.0, config["data"]["batch_size"])
    epochs = itertools.chain.from_iterable(itertools.repeat(batches.train_batches()))
    taken = [steps.take(batch) for batch in itertools.islice(epochs, 12)]
    return task.state_dict(), [step.loss.item() for step in taken]


@pytest.mark.parametrize("task", TASKS)
def test_k_batches_are_one_that_is_k_times_as_large(data: Path, task: str) -> None:
    """Plain SGD; an epoch's last step has fewer rows than the others where they do not come out even."""
    weights, losses = steps_of(config(task, 8, K))
    expected, as_whole = steps_of(config(task, 8 * K, 1))
    for name, weight in expected.items():
        assert torch.allclose(weights[name], weight, rtol=0, atol=1e-6), name
    assert losses == pytest.approx(as_whole, abs=1e-6)
    assert len(set(losses)) == 12


def test_an_interrupted_training_on_pieces_ends_with_the_same_bits(data: Path) -> None:
    words = ("callbacks.last_checkpoint.minutes=0", "trainer.block_size=4")
    task = "a text with a carried state"
    run(config(task, 8, K, *words), data / "undisturbed")
    assert run(config(task, 8, K, *words), data / "interrupted", Interruption("on_train_batch_end", 1))
    run(config(task, 8, K, *words), data / "interrupted")
    result, expected = outcome(data / "interrupted"), outcome(data / "undisturbed")
    assert result[1:] == expected[1:] and same(result[0], expected[0])


def test_without_pieces_a_run_keeps_its_name_and_with_them_it_is_another() -> None:
    plain, one, three = (
        run_name(config_of(*words), "0" * 64)
        for words in ([], ["trainer.accumulate_grad_batches=1"], ["trainer.accumulate_grad_batches=3"])
    )
    assert plain == one != three
