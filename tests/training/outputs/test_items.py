"""test_items.csv: what the test of a run measured of each item, for every task, in the data's order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import made
from resuming import config_of
from rnnlab.data import module
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder
from rnnlab.records.items import read_items
from rnnlab.records.reading import read_run
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.names import NamesLM
from rnnlab.training.blocks import BlockDataModule
from rnnlab.training.checkpoints import new_task
from rnnlab.training.outputs.items import ItemsFile
from rnnlab.training.outputs.log import silent_lightning
from support import Answer

# Of every task, the words of a small one: sequences of several lengths, more than two batches of 16.
TASKS = {
    "names": "task=names data.limit=700",
    "names of a label": "task=names data.limit=700 model.condition=sex data.labels=sex",
    "characters": "task=chars data=quotation data.batch_size=3 data.sequence_length=8",
    "words of a text": "task=chars data=file data.path=text.txt data.level=word data.sequence_length=8",
    "texts": "task=sentiment data=file data.path=reviews.csv",
    "sentences": "task=tagging data=file data.path=sentences.conllu data.limit=400",
    "classes of signals": "task=signals data=half_sums data.sequences=400 data.sequence_length=8",
    "numbers of signals": "task=signals data=adding data.sequences=400 data.sequence_length=8",
    "classes at each step": "task=signals data=copying data.sequences=400 data.sequence_length=24",
    "forecasts": "task=forecasting data=sines data.reader.length=500",
    "forecasts of a trend": "task=forecasting data=elnino data.normalise=window",
}
NAMES = f"{TASKS['names']} model.hidden_size=8"


@pytest.fixture
def place(workdir: Path) -> Path:
    """The current folder, with the files that the tasks read."""
    made.reviews(workdir / "reviews.csv")
    made.sentences(workdir / "sentences.conllu")
    words = ("the quick brown fox jumps over a lazy dog while " * 40).split()
    (workdir / "text.txt").write_text(" ".join(words[number * 7 % len(words)] for number in range(3000)))
    return workdir


def untrained(words: str) -> tuple[SequenceTask, Prepared, dict[str, Any]]:
    config = config_of(*words.split())
    prepared = prepare(config)
    torch.manual_seed(0)
    return new_task(config, prepared), prepared, config


def measured(
    words: str, folder: Path, batch_size: int = 16, task_class: type[SequenceTask] | None = None
) -> dict[str, float]:
    """Test an untrained task in batches of that many sequences, write its items and return its metrics."""
    task, prepared, config = untrained(words)
    if task_class is not None:
        task.__class__ = task_class
    file = ItemsFile(RunFolder(folder))
    quiet = dict.fromkeys(("logger", "enable_progress_bar", "enable_checkpointing", "enable_model_summary"), False)
    with pytest.MonkeyPatch.context() as patch, silent_lightning():
        patch.setattr(module, "EVALUATION_BATCH_SIZE", batch_size)
        data = BlockDataModule(prepared, {**config, "data": {**config["data"], "batch_size": 3}})
        (metrics,) = pl.Trainer(accelerator="cpu", callbacks=[file], **quiet).test(task, datamodule=data, verbose=False)
        file.write(data.test_dataloader(), metrics["test/loss"])
    return dict(metrics)


def items_in(folder: Path) -> pd.DataFrame:
    items = read_items(folder)
    assert items is not None
    return items


@pytest.mark.parametrize("task", TASKS)
def test_the_items_of_every_task_give_the_figures_of_its_test(place: Path, task: str) -> None:
    """And they do not depend on what shares a batch with them, but for a text, whose windows are read in streams."""
    metrics = measured(TASKS[task], place)
    items = items_in(place)
    assert items["item"].tolist() == list(range(len(items)))
    assert items["loss"].sum() / items["count"].sum() == pytest.approx(metrics["test/loss"], abs=1e-6)
    if "test/accuracy" in metrics:
        assert items["correct"].sum() / items["classified"].sum() == pytest.approx(metrics["test/accuracy"], abs=1e-6)
    if "test/loss_per_char" in metrics:
        characters = items.get("characters", items["count"]).sum()
        assert items["loss"].sum() / characters == pytest.approx(metrics["test/loss_per_char"], abs=1e-6)
    if "test/mae" in metrics:
        mean = items["absolute_error"].sum() / items["count"].sum()
        assert mean == pytest.approx(metrics["test/mae"], rel=1e-5)
    if "task=chars" not in TASKS[task]:
        measured(TASKS[task], place, batch_size=512)
        pd.testing.assert_frame_equal(items_in(place), items, rtol=1e-5, atol=1e-6)


def test_an_item_is_a_name_in_the_order_of_the_test_part(place: Path) -> None:
    measured(NAMES, place)
    items = items_in(place)
    task, prepared, _ = untrained(NAMES)
    part = prepared.parts["test"]
    assert len(items) == len(part.sequences)
    assert items["count"].tolist() == (part.sequences.lengths(np.arange(len(items))) - 1).tolist()
    for row in (0, 7, len(items) - 1):
        alone = Collation(part, prepared.vocabulary.pad)(np.array([row]))
        with torch.no_grad():
            loss = task.eval().loss(task.outputs(alone), alone).item()
        assert items["loss"][row] / items["count"][row] == pytest.approx(loss, rel=1e-5)


def test_an_item_of_a_text_is_a_window_wherever_it_stands_in_its_stream(place: Path) -> None:
    """Windows are read in streams side by side, and the last of the text is shorter than the others."""
    measured(TASKS["characters"], place)
    _, prepared, _ = untrained(TASKS["characters"])
    sequences = prepared.parts["test"].sequences
    lengths = sequences.lengths(np.arange(len(sequences))) - 1
    assert items_in(place)["count"].tolist() == lengths.tolist()


def test_a_run_keeps_the_items_that_its_best_weights_were_tested_on(sweep_folder: Path) -> None:
    for file in sweep_folder.glob("runs/small/*/summary.json"):
        run = read_run(file.parent)
        items = run.items()
        assert items is not None
        assert items["loss"].sum() / items["count"].sum() == pytest.approx(run.value("test/loss"), abs=1e-6)


class Penalised(NamesLM):
    """Its loss is not that of the class that it derives from."""

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return super().loss(logits, batch) + 1


class Itemised(Penalised):
    """It says anew what its items are."""

    def measure_items(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        figures = super().measure_items(outputs, batch)
        return {"loss": figures["loss"] + figures["count"], "count": figures["count"], "longest": batch.lengths}


def test_a_task_with_another_loss_keeps_no_items_unless_it_measures_them(place: Path) -> None:
    measured(NAMES, place, task_class=Penalised)
    assert read_items(place) is None
    metrics = measured(NAMES, place, task_class=Itemised)
    items = items_in(place)
    assert list(items) == ["item", "loss", "count", "longest"]
    assert items["loss"].sum() / items["count"].sum() == pytest.approx(metrics["test/loss"], abs=1e-6)


def test_items_that_do_not_give_the_mean_loss_are_not_kept_and_that_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    measure = NamesLM.measure_items

    def wrong(self: NamesLM, outputs: Tensor, batch: Batch) -> Mapping[str, Tensor]:
        figures = measure(self, outputs, batch)
        return {**figures, "loss": figures["loss"] * 1.01}

    monkeypatch.setattr(NamesLM, "measure_items", wrong)
    with caplog.at_level(logging.WARNING, "rnnlab"):
        measured(NAMES, place)
    assert "no test_items.csv" in caplog.text and read_items(place) is None


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        ({"loss": torch.zeros(16)}, "no column count"),
        ({"loss": torch.zeros(16, 2), "count": torch.ones(16)}, "loss has the shape"),
        ({"loss": torch.zeros(16), "count": torch.ones(16), "a,b": torch.ones(16)}, "'a,b' is no name"),
    ],
)
def test_a_plugin_that_measures_something_else_is_told_what_is_wrong(
    place: Path, monkeypatch: pytest.MonkeyPatch, figures: dict[str, Tensor], named: str
) -> None:
    monkeypatch.setattr(NamesLM, "measure_items", lambda *_: figures)
    with pytest.raises(UserError, match=named):
        measured(NAMES, place)


def test_a_run_that_begins_anew_leaves_no_items_of_before(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("train", "debug=fast", "model.hidden_size=4", "sweep=anew")
    assert rnnlab(*words).code == 0
    (file,) = workdir.glob("runs/anew/*/test_items.csv")
    before = file.read_bytes()
    (file.parent / "test_items.csv.gz").write_bytes(b"of a larger test")
    assert rnnlab(*words, "rerun=true").code == 0
    assert file.read_bytes() == before and not (file.parent / "test_items.csv.gz").exists()
