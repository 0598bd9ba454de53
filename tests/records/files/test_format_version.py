"""Run folders and checkpoints say in which form they are written; what a later rnnlab wrote is refused in a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rnnlab.errors import UserError
from rnnlab.records.files.format_version import FORMAT
from rnnlab.records.folder import RunFolder
from rnnlab.training.checkpoints import load_task, read_checkpoint, write_checkpoint
from rnnlab.training.resuming import reached
from run_folders import write_run_folder
from support import Answer, assert_refused

LATER = FORMAT + 1


def later(summary: Path) -> None:
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "format": LATER}))


def test_a_run_of_a_later_version_is_refused_and_stays(
    rnnlab: Callable[..., Answer],
) -> None:
    summary = write_run_folder() / "summary.json"
    assert json.loads(summary.read_text())["format"] == FORMAT
    later(summary)
    named = ["summary.json is of a newer rnnlab", f"format is {LATER}", "pip install --upgrade rnnlab"]
    for words in (
        ("compare", "sweep=first-look"),
        ("status", "sweep=first-look"),
        ("generate", "checkpoint=runs/first-look"),
    ):
        assert_refused(rnnlab(*words), named)


def test_a_checkpoint_of_a_later_version_is_refused_and_not_trained_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(file: Path, content: Mapping[str, object]) -> None:
        file.parent.mkdir(exist_ok=True)
        write_checkpoint(content, file)

    folder = RunFolder(tmp_path)
    monkeypatch.setattr("rnnlab.training.checkpoints.FORMAT", LATER)
    write(folder.last_checkpoint, {"progress": {}})
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"^checkpoint: .*last.ckpt is of a newer rnnlab"):
        load_task(folder.last_checkpoint)
    with pytest.raises(UserError, match="is of a newer rnnlab"):
        reached(folder)


def test_a_checkpoint_without_a_version_is_of_the_first(tmp_path: Path) -> None:
    write_checkpoint({"weights": 1}, tmp_path / "new.ckpt")
    assert read_checkpoint(tmp_path / "new.ckpt")["format"] == FORMAT
