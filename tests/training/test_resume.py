"""A run that was interrupted goes on to the very bits that it would have reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import made
from resuming import Interruption, config_of, outcome, run, same

SMALL = (
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.dropout=0.3",
    "trainer.max_epochs=3",
    "trainer.block_size=8",
)
TASKS = {
    "names": ("task=names", "cell=gru", "data.limit=300", "data.batch_size=8"),
    "shuffled": (
        "task=names",
        "data.limit=240",
        "data.batch_size=8",
        "data.bucketing=false",
        "trainer.val_check_interval=0.4",
    ),
    "streams": (
        "task=chars",
        "data.limit=6000",
        "data.batch_size=4",
        "data.sequence_length=32",
        "callbacks.averaging.enabled=true",
        "callbacks.averaging.decay=0.9",
    ),
    "steps": (
        "task=chars",
        "cell=rnn",
        "data.limit=6000",
        "data.batch_size=4",
        "data.sequence_length=32",
        "trainer.max_steps=50",
    ),
    "forecasting": (
        "task=forecasting",
        "data.limit=110",
        "data.batch_size=4",
        "data.sequence_length=12",
        "data.horizon=3",
        "model.teacher_forcing=0.5",
        "callbacks.forecasts.enabled=false",
    ),
    "sentiment": ("task=sentiment", "data=file", "data.path=reviews.csv", "data.limit=160", "data.batch_size=4"),
    "stopped": (
        "task=names",
        "data.limit=240",
        "data.batch_size=8",
        "optimizer.lr=1e-9",
        "callbacks.early_stopping.enabled=true",
        "callbacks.early_stopping.patience=1",
    ),
}
# Where one run is interrupted, time after time: at which call of a hook since it last went on. Epochs have three or
# more blocks, and a checkpoint is written behind every block that no validation follows.
INTERRUPTIONS = (
    ("on_train_batch_end", 1),  # before the first checkpoint
    ("on_train_batch_end", 3),
    ("on_validation_end", 1),
    ("on_train_epoch_end", 1),
    ("on_train_epoch_start", 1),
    ("on_train_batch_end", 2),
    ("on_validation_end", 1),
    ("on_train_epoch_start", 1),
    ("on_train_batch_end", 2),
    ("on_train_epoch_end", 1),
)


@pytest.mark.parametrize("task", TASKS)
def test_interrupted_anywhere_a_run_ends_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    made.reviews(tmp_path / "reviews.csv")
    monkeypatch.chdir(tmp_path)
    config = config_of(*TASKS[task], *SMALL, "callbacks.last_checkpoint.minutes=0")
    run(config, tmp_path / "whole")
    stopped_at = [at for at in INTERRUPTIONS if run(config, tmp_path / "run", Interruption(*at))]
    # A training that is stopped early or by its steps ends before its third epoch.
    assert stopped_at == list(INTERRUPTIONS[: len(stopped_at)]) and len(stopped_at) >= 6
    run(config, tmp_path / "run")
    actual, expected = outcome(tmp_path / "run"), outcome(tmp_path / "whole")
    assert actual[1:] == expected[1:]
    assert same(actual[0], expected[0])


def test_a_damaged_checkpoint_is_not_gone_on_from(tmp_path: Path) -> None:
    config = config_of(*TASKS["shuffled"], *SMALL)
    run(config, tmp_path / "whole")
    assert run(config, tmp_path / "run", Interruption("on_train_epoch_end", 2))
    last = tmp_path / "run/checkpoints/last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    run(config, tmp_path / "run")
    assert outcome(tmp_path / "run")[1:] == outcome(tmp_path / "whole")[1:]


def test_seconds_are_summed_over_the_parts_of_a_run(tmp_path: Path) -> None:
    config = config_of(*TASKS["shuffled"], *SMALL)
    assert run(config, tmp_path / "run", Interruption("on_train_epoch_start", 3))
    first = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)["callbacks"]["TimingFile"]["seconds"]
    run(config, tmp_path / "run")
    assert json.loads((tmp_path / "run/summary.json").read_text())["seconds"] > first > 0
    assert len((tmp_path / "run/timing.csv").read_text().splitlines()) == 4


def test_tensorboard_draws_a_resumed_run_as_one_curve(tmp_path: Path) -> None:
    config = config_of(*TASKS["names"], *SMALL, "trainer.log_every_n_steps=1")
    assert run(
        config, tmp_path / "run", Interruption("on_train_batch_end", 8)
    )  # some blocks behind the last checkpoint
    run(config, tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    steps = [event.step for event in events.Scalars("train/loss_step")]
    assert "going on from" in (tmp_path / "run/run.log").read_text()
    assert steps == list(range(1, len(steps) + 1))
