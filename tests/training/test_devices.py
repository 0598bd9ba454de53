"""`trainer.devices`: several processes share the rows of every batch, and train what one process trains."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest

import made
from forked import fork_processes
from resuming import Interruption, config_of, prepared
from rnnlab.records.folder import RunFolder
from rnnlab.records.provenance import Origin
from rnnlab.training.blocks import block_loop
from rnnlab.training.run import TrainingRun

pytestmark = pytest.mark.devices

TASKS = {
    "names": ("task=names", "data.limit=700"),
    "bucketed names": ("task=names", "data.bucketing=true", "data.limit=700"),
    "a text with a carried state": ("task=chars", "cell=lstm", "data.limit=20000", "data.sequence_length=16"),
    "windows of a text": ("task=chars", "data.windows=sliding", "data.stride=16", "data.limit=9000"),
    "texts": ("task=sentiment", "data=file", "data.path=reviews.csv"),
    "tagged words": ("task=tagging", "data=file", "data.path=sentences.conllu"),
    "a series": ("task=forecasting", "data=sines"),
    "signals": ("task=signals", "data.limit=300"),
    "weighted classes": ("task=signals", "data=file", "data.path=signals.csv", "task.class_weights=balanced"),
}
TRAINED = (
    "optimizer.lr=3e-3",
    "model.hidden_size=8",
    "model.dropout=0",
    "trainer.accelerator=cpu",
    "trainer.max_epochs=1000",
    "data.batch_size=13",
)


class Losses(pl.Callback):
    """Keeps the loss of every step."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self.losses += [step.loss for step in block_loop(trainer).steps]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with the files that tasks read; runs fork their processes there."""
    fork_processes(monkeypatch)
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


def trained(folder: Path, task: str, devices: int, *words: str, interruption: Interruption | None = None) -> Any:
    """Train, from a last checkpoint on if there is one; return the losses of the steps, the summary and the items."""
    config = config_of(*TASKS[task], *TRAINED, f"trainer.devices={devices}", *words)
    data, kept = prepared(json.dumps({**config, "trainer": {}})), Losses()
    ready = TrainingRun(config, RunFolder(folder), data, Origin(""), callbacks=[kept])
    if interruption is not None:
        ready.trainer.callbacks.insert(0, interruption)  # type: ignore[attr-defined]
    try:
        summary = ready.execute()
    except KeyboardInterrupt:
        return kept.losses, None, None
    assert summary["status"] == "complete", (folder / "run.log").read_text()
    with (folder / "test_items.csv").open() as stream:
        items = list(csv.DictReader(stream))
    return kept.losses, summary, items


@pytest.mark.parametrize("task", TASKS)
def test_several_processes_train_what_one_trains(data: Path, task: str) -> None:
    """With clipping, which the default has, and an accumulated batch that does not come out even."""
    words = ("trainer.max_steps=200", "trainer.accumulate_grad_batches=2")
    one, *several = (trained(data / str(devices), task, devices, *words) for devices in (1, 2, 3))
    assert len(one[0]) == 200 and len(set(one[0])) > 100
    for losses, summary, items in several:
        assert losses == pytest.approx(one[0], abs=1e-5)
        for part, prefix in (("best", "val/"), ("test", "test/")):
            figures, expected = (
                {key: value for key, value in of["metrics"][part].items() if key.startswith(prefix)}
                for of in (summary, one[1])
            )
            assert figures == pytest.approx(expected, abs=2e-5, nan_ok=True)
        assert [item["item"] for item in items] == [item["item"] for item in one[2]]
        for column in items[0]:
            assert [float(i[column]) for i in items] == pytest.approx([float(i[column]) for i in one[2]], abs=1e-4)
