"""The event files of a run that is resumed: every point once, in at most two files."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rnnlab.training.loggers import RunTensorBoard, continue_curves

SECONDS = count(1_800_000_000)


def attempt(folder: Path, steps: range) -> dict[str, int]:
    """What an attempt draws in a file of its own; returns how long the files are then, as a checkpoint keeps it."""
    there = set(folder.glob("*tfevents*"))
    logger = RunTensorBoard(str(folder))
    for step in steps:
        logger.log_metrics({"train/loss": 1 / (step + 1)}, step)
    logger.close()
    (file,) = set(folder.glob("*tfevents*")) - there
    file.rename(folder / f"events.out.tfevents.{next(SECONDS)}")  # attempts are seconds apart elsewhere
    return {file.name: file.stat().st_size for file in folder.glob("*tfevents*")}


def steps_in(folder: Path) -> list[int]:
    return [event.step for event in EventAccumulator(str(folder)).Reload().Scalars("train/loss")]


def test_a_run_that_is_often_resumed_has_every_point_once_in_two_files(tmp_path: Path) -> None:
    sizes = attempt(tmp_path, range(3))
    for number in (1, 2):
        attempt(tmp_path, range(9, 12))  # and is killed: no checkpoint knows of it
        continue_curves([], tmp_path, 2, sizes)
        sizes = attempt(tmp_path, range(3 * number, 3 * number + 3))
        assert len(list(tmp_path.glob("*tfevents*"))) == 2
    assert steps_in(tmp_path) == list(range(9))


@pytest.mark.parametrize("joined", [True, False])
def test_a_checkpoint_older_than_the_joining_of_files_is_gone_on_from(tmp_path: Path, joined: bool) -> None:
    """Killed between joining the files and the next checkpoint, or in the middle of joining them."""
    attempt(tmp_path, range(3))
    sizes = attempt(tmp_path, range(3, 5))
    second = max(tmp_path.glob("*tfevents*"))
    kept = second.read_bytes()
    continue_curves([], tmp_path, 4, sizes)
    if not joined:
        second.write_bytes(kept)
    attempt(tmp_path, range(9, 12))
    continue_curves([], tmp_path, 4, sizes)
    assert steps_in(tmp_path) == list(range(5)) and len(list(tmp_path.glob("*tfevents*"))) == 1
