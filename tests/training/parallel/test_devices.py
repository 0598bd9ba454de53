"""`trainer.devices`: several processes share the rows of every batch, and train what one process trains."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest

import forked
import made
from resuming import Interruption, config_of, outcome, prepared, same
from rnnlab.config.processes import Processes, processes_of
from rnnlab.errors import UserError
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
    "texts": ("task=sentiment", "data=file", "data.path=reviews.csv", "model.word_dropout=0"),
    "tagged words": ("task=tagging", "data=file", "data.path=sentences.conllu", "model.word_dropout=0"),
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
    forked.fork_processes(monkeypatch)
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
    words = ("trainer.max_steps=80", "trainer.accumulate_grad_batches=2")
    one, *several = (trained(data / str(devices), task, devices, *words) for devices in (1, 2, 3))
    assert len(one[0]) == 80 and len(set(one[0])) > 40
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


CARRIED = "a text with a carried state"
IN_PIECES = ("trainer.max_steps=40", "callbacks.last_checkpoint.minutes=0", "trainer.block_size=4")


def test_as_many_processes_go_on_to_the_same_bits(data: Path) -> None:
    """With dropout, whose random numbers are others in each process."""
    words = (*IN_PIECES, "model.dropout=0.3", "model.num_layers=2")
    trained(data / "undisturbed", CARRIED, 2, *words)
    trained(data / "stopped", CARRIED, 2, *words, interruption=Interruption("on_train_batch_end", 4))
    trained(data / "stopped", CARRIED, 2, *words)
    result, expected = outcome(data / "stopped"), outcome(data / "undisturbed")
    assert result[1:] == expected[1:] and same(result[0], expected[0])


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 2), (2, 3)])
def test_another_number_of_processes_goes_on_as_exactly(data: Path, before: int, after: int) -> None:
    expected, _, _ = trained(data / "undisturbed", CARRIED, 1, *IN_PIECES)
    begun, _, _ = trained(
        data / "stopped", CARRIED, before, *IN_PIECES, interruption=Interruption("on_train_batch_end", 4)
    )
    ended, _, _ = trained(data / "stopped", CARRIED, after, *IN_PIECES)
    assert 0 < len(begun) < len(expected) and [*begun[: 40 - len(ended)], *ended] == pytest.approx(expected, abs=1e-5)


class Kills(pl.Callback):
    """Kills the last process that was started, behind the second block."""

    def __init__(self) -> None:
        self.blocks = 0

    def on_train_batch_end(self, *_: Any) -> None:
        self.blocks += 1
        if self.blocks == 2:
            forked.started[-1].kill()


def summary_of(folder: Path, task: str, callback: pl.Callback | None = None) -> dict[str, Any]:
    """Train with three processes, and return the summary; none of them may be left."""
    config = config_of(*TASKS[task], *TRAINED, *IN_PIECES, "trainer.devices=3")
    ready = prepared(json.dumps({**config, "trainer": {}}))
    run = TrainingRun(config, RunFolder(folder), ready, Origin(""), callbacks=[callback] if callback else [])
    (folder.parent / "reviews.csv").write_text("text,label\nothers,good\n", encoding="utf-8")
    summary = run.execute()
    assert all(process.poll() is not None for process in forked.started)
    return summary


def test_a_process_that_is_killed_ends_the_run_with_that_reason(data: Path) -> None:
    summary = summary_of(data / "run", "names", Kills())
    assert summary["status"] == "failed"
    assert summary["reason"] == "process 3 of 3 was killed, perhaps for want of memory"


def test_a_process_that_fails_ends_the_run_with_its_own_reason(data: Path) -> None:
    summary = summary_of(data / "run", "texts")
    assert summary["status"] == "failed" and "\n" not in summary["reason"]
    assert summary["reason"].startswith(("process 2 of 3: data: ", "process 3 of 3: data: "))
    assert "Traceback" in (data / "run/run.log").read_text(encoding="utf-8")


def test_what_cannot_be_shared_is_refused_before_anything_is_written(data: Path) -> None:
    config = config_of(*TASKS["names"], *TRAINED, "trainer.devices=2")
    config["callbacks"]["own"] = {"_target_": "rnnlab.tensorboard.histograms.Histograms"}
    with pytest.raises(UserError, match=r"trainer\.devices=2: callbacks\.own may change the training"):
        TrainingRun(config, RunFolder(data / "run"), prepared(json.dumps(config)), Origin(""))
    assert not (data / "run").exists()


def test_the_number_of_processes_is_that_of_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    there = Processes(4, 1, 0, started=True)
    for devices, nodes in [(1, 1), (4, 1), (2, 2)]:
        assert processes_of({"devices": devices, "num_nodes": nodes}) == there
    with pytest.raises(UserError, match=r"trainer\.devices=3: the launcher has started 4 processes, not 3"):
        processes_of({"devices": 3, "num_nodes": 1})
