"""A run folder, from the outside: what lies in it and whether it can be believed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from rnnlab.records.folder import RunFolder, write_atomically
from rnnlab.records.reading import find_runs, read_run
from rnnlab.tasks.names import NamesLM
from rnnlab.training.trained import Trained
from support import Answer, table

HPARAMS = {
    "task",
    "data",
    "cell",
    "hidden_size",
    "num_layers",
    "embedding_size",
    "sequence_length",
    "dropout",
    "lr",
    "batch_size",
    "seed",
    "parameters",
}


def run_of(folder: Path) -> Path:
    (run,) = (path.parent for path in folder.glob("runs/*/*/summary.json"))
    return run


def summary_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((run_of(folder) / "summary.json").read_text()))


@pytest.fixture(scope="module")
def run(sweep_folder: Path) -> Path:
    """One run of the small sweep."""
    """The last of them: another test has the first trained again, which adds an event file."""
    return sorted((sweep_folder / "runs" / "small").glob("lstm*"))[-1]


def test_a_run_folder_has_every_file_and_nothing_else(run: Path) -> None:
    names = {path.name.split(".tfevents")[0] for path in run.iterdir()}
    assert names == {
        "config.yaml",
        "summary.json",
        "metrics.csv",
        "timing.csv",
        "events.out",
        "checkpoints",
        "run.log",
        "projector",
        "projector_config.pbtxt",
        "examples.json",
        "test_items.csv",
    }
    assert {path.name for path in (run / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}


def test_the_summary_says_what_was_run_and_what_came_of_it(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    best, test = summary["metrics"]["best"], summary["metrics"]["test"]
    assert summary["status"] == "complete" and summary["objective"] == best["val/loss"]
    assert set(summary["hparams"]) == HPARAMS and summary["hparams"]["cell"] == "lstm"
    assert {"val/loss", "val/perplexity", "val/accuracy"} <= set(best)
    assert set(test) == {"test/loss", "test/loss_per_char", "test/perplexity", "test/accuracy"}
    assert test["test/perplexity"] == pytest.approx(math.exp(test["test/loss"]), rel=1e-4)
    assert isinstance(summary["parameters"], int) and summary["seconds"] > 0
    assert datetime.fromisoformat(summary["started"]).utcoffset() == timedelta(0)
    assert summary["data"]["name"] == "names" and len(summary["data"]["sha256"]) == 64


def test_a_run_says_what_a_step_costs_and_what_it_was_measured_on(sweep_folder: Path) -> None:
    """The operations are those of 96 units over 96 inputs and of 28 symbols; of 600 names, 60 validate and 60 test."""
    runs = find_runs([sweep_folder / "runs/small"])
    assert {(run.config["cell.name"], run.flops) for run in runs} == {
        ("rnn", 2 * 96 * 192 + 2 * 96 * 28),
        ("lstm", 2 * 4 * 96 * 192 + 2 * 96 * 28),
    }
    assert len({(run.validation_items, run.test_items) for run in runs}) == 1
    assert {(run.validation_count, run.test_count) for run in runs} == {(60, 60)}
    assert runs[0].validation_items != runs[0].test_items


@pytest.mark.parametrize("flops", [None, -1, "12", True, math.inf, math.nan, 10**400])
def test_what_a_run_does_not_say_of_its_costs_and_items_is_none(flops: object, run: Path) -> None:
    """As those of an older version, and as edited files may have it."""
    trained = read_run(run)
    summary = {**trained.summary, "flops": flops, "data": {"name": "names", "test_items": 3, "test_count": -1}}
    for older in (summary, {**summary, "data": "names"}):
        edited = replace(trained, summary=older)
        assert edited.flops is None and edited.validation_items is None and edited.test_items is None
        assert edited.validation_count is None and edited.test_count is None


def test_metrics_csv_has_one_row_an_epoch_and_no_time(run: Path) -> None:
    rows = table(run / "metrics.csv")
    assert list(rows[0])[:4] == ["epoch", "step", "train/loss", "val/loss"]
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"] and rows[-1]["step"] == "16"
    assert all(float(value) for row in rows for key, value in row.items() if "/" in key)
    assert not [key for key in rows[0] if "second" in key or "time" in key or "memory" in key]
    assert {"tokens_per_second", "seconds", "peak_memory_mb"} < set(table(run / "timing.csv")[0])


def test_the_config_is_complete_and_plain(run: Path) -> None:
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["model"]["hidden_size"] == 96 and config["cell"]["name"] == "lstm"
    assert config["sweep"] == "small" and "hydra" not in config


def test_a_checkpoint_is_plain_data_and_needs_nothing_but_itself(run: Path) -> None:
    content = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)
    assert content["rnnlab"]["vocabulary"]["symbols"][-2:] == ["[S]", "[PAD]"]
    assert content["rnnlab"]["config"]["cell"]["name"] == "lstm"
    model = Trained(run)
    assert isinstance(model.task, NamesLM)
    assert len(model.generate(samples=5)) == 5


def test_the_same_run_twice_gives_the_same_bits(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    contents = []
    for sweep in ("a", "b"):
        assert rnnlab("train", "debug=fast", "model.dropout=0.3", f"sweep={sweep}").code == 0
        (folder,) = (workdir / "runs" / sweep).glob("gru*")
        weights = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        contents.append(((folder / "metrics.csv").read_bytes(), weights))
    assert contents[0][0] == contents[1][0]
    assert all(torch.equal(contents[0][1][name], contents[1][1][name]) for name in contents[0][1])


def test_tensorboard_has_curves_and_samples(run: Path) -> None:
    events = EventAccumulator(str(run)).Reload()
    assert {
        "train/loss",
        "train/loss_step",
        "val/loss",
        "val/perplexity",
        "val/accuracy",
        "train/lr",
        "test/loss",
    } <= set(events.Tags()["scalars"])
    for tag in ("val/loss", "train/loss", "workload/tokens_per_second"):
        assert [point.step for point in events.Scalars(tag)] == [4, 8, 12, 16]  # the steps of metrics.csv
    texts = events.Tensors("samples/text_summary")
    assert len(texts) == 4
    assert b"are not in the training set" in texts[-1].tensor_proto.string_val[0]
    assert [text.step for text in texts] == [1, 2, 3, 4]  # sliders count epochs


def test_a_run_has_one_event_file_and_no_description_of_an_experiment(run: Path) -> None:
    (file,) = run.glob("*tfevents*")
    tags = [value.tag for event in EventFileLoader(str(file)).Load() for value in event.summary.value]
    assert "_hparams_/session_start_info" in tags and "_hparams_/experiment" not in tags


def test_a_loss_that_is_no_number_fails_the_run_and_says_where(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(
        "train",
        "debug=fast",
        "optimizer=sgd",
        "optimizer.lr=1e38",
        "scheduler=constant",
        "trainer.gradient_clip_val=null",
    )
    assert answer.code == 1 and "at step" in answer.err and "Traceback" not in answer.err
    summary = summary_of(workdir)
    assert summary["status"] == "failed" and "became" in summary["reason"]
    assert "Traceback" in (run_of(workdir) / "run.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        (["trainer.max_steps=5"], [4, 5]),
        (["trainer.max_steps=2"], [2]),
        (["trainer.val_check_interval=2", "trainer.max_epochs=2"], [2, 4, 6, 8]),
        (["trainer.limit_train_batches=0.5", "data.limit=160", "trainer.max_epochs=3"], [1, 2, 3]),
    ],
)
def test_every_way_to_end_or_cut_a_training_ends_in_a_validation(
    rnnlab: Callable[..., Answer], workdir: Path, arguments: list[str], steps: list[int]
) -> None:
    assert rnnlab("train", "debug=fast", *arguments).code == 0
    rows = table(run_of(workdir) / "metrics.csv")
    assert [int(row["step"]) for row in rows] == steps
    assert all(row["val/loss"] for row in rows)


def test_max_time_ends_a_training(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab("train", "data.limit=2000", "trainer.max_epochs=100000", "trainer.max_time=00:00:00:02")
    assert answer.code == 0, answer.err
    assert summary_of(workdir)["status"] == "complete"


def test_early_stopping_is_a_switch(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    quick = [
        "debug=fast",
        "trainer.max_epochs=30",
        "optimizer=sgd",
        "optimizer.lr=1e-9",
        "scheduler=constant",
    ]
    stop = [
        "callbacks.early_stopping.enabled=true",
        "callbacks.early_stopping.patience=2",
        "callbacks.early_stopping.min_delta=0.01",
    ]
    assert rnnlab("train", *quick, *stop).code == 0
    assert summary_of(workdir)["epochs"] == 3


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("scheduler", ["one_cycle", "cosine", "constant"])
def test_every_optimizer_and_schedule_learns(
    rnnlab: Callable[..., Answer], workdir: Path, optimizer: str, scheduler: str
) -> None:
    answer = rnnlab("train", "debug=fast", f"optimizer={optimizer}", f"scheduler={scheduler}")
    assert answer.code == 0, answer.err
    rows = table(run_of(workdir) / "metrics.csv")
    assert float(rows[-1]["val/loss"]) < float(rows[0]["val/loss"]) < math.log(28) + 0.1


def test_data_may_be_bucketed(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab("train", "debug=fast", "data.bucketing=true").code == 0
    assert summary_of(workdir)["status"] == "complete"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    write_atomically(file, "before")
    with pytest.raises(TypeError):
        RunFolder(tmp_path).write_summary({"broken": object()})
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
