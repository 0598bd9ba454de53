"""A run that was interrupted goes on to the very bits that it would have reached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import made
from resuming import Interruption, config_of, flipped, outcome, run, same
from rnnlab.records.files.checksum import LENGTH
from rnnlab.training.checkpoints import MARK

pytestmark = pytest.mark.exact

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


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda content: flipped(content, len(content) // 2),
    "cut short": lambda content: content[:1000],
    "empty": lambda content: content[:0],
    "its checksum cut off": lambda content: content[:-LENGTH],
    "no archive": lambda content: bytes(len(content)),
}


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole run and one that was interrupted in its third epoch."""
    place = tmp_path_factory.mktemp("interrupted")
    config = config_of(*TASKS["shuffled"], *SMALL)
    run(config, place / "whole")
    assert run(config, place / "run", Interruption("on_train_epoch_end", 3))
    return place


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    ("damaged", "then"),
    [
        (["last"], "goes on from previous.ckpt"),
        (["last", "previous"], "begins anew"),
        (["best"], "begins anew"),
    ],
)
def test_a_damaged_checkpoint_is_said_and_the_run_ends_with_the_same_bits(
    interrupted: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: str,
    damaged: list[str],
    then: str,
) -> None:
    place = Path(shutil.copytree(interrupted / "run", tmp_path / "run"))
    for name in damaged:
        file = place / "checkpoints" / f"{name}.ckpt"
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
    capsys.readouterr()
    run(config_of(*TASKS["shuffled"], *SMALL), place)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{damaged[0]}.ckpt is damaged" in line and line.endswith(f"; training {then}")
    assert line in (place / "run.log").read_text()
    found, expected = outcome(place), outcome(interrupted / "whole")
    assert found[1:] == expected[1:] and same(found[0], expected[0])


def test_best_weights_that_are_gone_are_trained_again(
    interrupted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path(shutil.copytree(interrupted / "run", tmp_path / "run"))
    (place / "checkpoints/best.ckpt").unlink()
    run(config_of(*TASKS["shuffled"], *SMALL), place)
    assert "best.ckpt is gone; training begins anew" in capsys.readouterr().err
    assert outcome(place)[1:] == outcome(interrupted / "whole")[1:]


def test_a_checkpoint_of_an_older_version_is_gone_on_from_with_a_remark(interrupted: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(interrupted / "run", tmp_path / "run"))
    for name in ("last", "best"):
        file = place / "checkpoints" / f"{name}.ckpt"
        content = torch.load(file, weights_only=True)
        del content[MARK], content["event_files"]
        torch.save(content, file)
    run(config_of(*TASKS["shuffled"], *SMALL), place)
    log = (place / "run.log").read_text()
    assert "going on from" in log and outcome(place)[1:] == outcome(interrupted / "whole")[1:]


def test_a_complete_run_keeps_two_checkpoints(interrupted: Path) -> None:
    assert sorted(file.name for file in (interrupted / "whole/checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]


def test_what_a_killed_process_had_begun_to_write_is_cleared(interrupted: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(interrupted / "run", tmp_path / "run"))
    left = [place / ".metrics.csv.x1_y2.partial", place / "checkpoints" / ".last.ckpt.abc.partial"]
    for file in left:
        file.write_text("half of")
    run(config_of(*TASKS["shuffled"], *SMALL), place)
    assert not any(file.exists() for file in left)


def test_seconds_are_summed_over_the_parts_of_a_run_which_started_with_the_first(tmp_path: Path) -> None:
    config = config_of(*TASKS["shuffled"], *SMALL)
    assert run(config, tmp_path / "run", Interruption("on_train_epoch_start", 3))
    first = json.loads((tmp_path / "run/summary.json").read_text())
    timing = torch.load(tmp_path / "run/checkpoints/last.ckpt", weights_only=True)["callbacks"]["TimingFile"]
    run(config, tmp_path / "run")
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["seconds"] > timing["seconds"] > 0
    assert summary["started"] == first["started"] == timing["started"]
    assert len((tmp_path / "run/timing.csv").read_text().splitlines()) == 4


# Some blocks behind the last checkpoint, right behind it, in a validation, and in the test, when all steps are taken.
WHERE = (("on_train_batch_end", 6), ("on_train_epoch_start", 1), ("on_validation_end", 1), ("on_test_end", 1))


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "stopped"])
def test_tensorboard_has_every_point_of_a_resumed_run_once(tmp_path: Path, killed: bool) -> None:
    config = config_of(*TASKS["names"], *SMALL, "trainer.log_every_n_steps=1", "callbacks.last_checkpoint.minutes=0")
    place, left = tmp_path / "run", tmp_path / "left"
    run(config, tmp_path / "whole")
    for where in WHERE:
        assert run(config, place, Interruption(*where, lambda: shutil.copytree(place, left) if killed else None))
        if killed:  # the folder as it was at that moment: what was held back is not written, and a record is torn
            shutil.rmtree(place)
            left.rename(place)
            with max(place.glob("events*"), key=lambda file: file.stat().st_mtime_ns).open("ab") as stream:
                stream.write(b"\x18\0\0\0\0\0\0\0torn")
    run(config, place)
    found, expected = curves(tmp_path / "run"), curves(tmp_path / "whole")
    assert found.keys() == expected.keys() and "val/loss" in found and "test/loss" in found
    for tag, steps in expected.items():
        assert found[tag] == steps and len(set(steps)) == len(steps), tag


def curves(folder: Path) -> dict[str, list[int]]:
    """The steps of every tag of a run in TensorBoard."""
    everything = {"scalars": 0, "images": 0, "tensors": 0, "histograms": 0}
    events = EventAccumulator(str(folder), size_guidance=everything).Reload()
    tags = events.Tags()
    return {
        tag: [event.step for event in read(tag)]
        for kind, read in (("scalars", events.Scalars), ("images", events.Images), ("tensors", events.Tensors))
        for tag in tags[kind]
    }
