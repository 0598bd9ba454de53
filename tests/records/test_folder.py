"""What rnnlab deletes in a folder and what it never touches."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.records.folder import LONGEST_WRITE, RunFolder, write_atomically
from rnnlab.sweeps.launchers.worker_group import FORGOTTEN, WorkerGroup
from support import Answer, assert_refused

TRAIN = ("train", "debug=fast", "sweep=mine")
OTHERS: dict[str, Callable[[Path], list[Path]]] = {
    "a folder of notes": lambda place: [(place / name) for name in ("notes.txt", "run.log", "checkpoints/last.ckpt")],
    "a file": lambda place: [place],
}


@pytest.fixture
def place(rnnlab: Callable[..., Answer], workdir: Path) -> Path:
    """Where the run of `TRAIN` belongs; nothing lies there."""
    from rnnlab.config.compose import compose_train, plain
    from rnnlab.sweeps.plan import plan

    (planned,) = plan([plain(compose_train(list(TRAIN[1:]))[1])])
    return planned.folder.path


@pytest.mark.parametrize("what", OTHERS)
def test_a_place_that_holds_no_run_is_not_emptied(rnnlab: Callable[..., Answer], place: Path, what: str) -> None:
    files = OTHERS[what](place)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("mine")
    assert_refused(rnnlab(*TRAIN), [str(place), "move it away"])
    assert [file.read_text() for file in files] == ["mine"] * len(files)


@pytest.mark.parametrize("there", [True, False], ids=["to a folder", "to nothing"])
def test_a_link_in_the_place_of_a_run_is_said_to_be_one(
    rnnlab: Callable[..., Answer], workdir: Path, place: Path, there: bool
) -> None:
    if there:
        (workdir / "elsewhere").mkdir()
    place.parent.mkdir(parents=True)
    place.symlink_to(workdir / "elsewhere")
    assert_refused(rnnlab(*TRAIN), [str(place), "is a link"])
    assert place.is_symlink()


def test_a_run_that_begins_anew_leaves_what_a_user_has_put_beside_it(
    rnnlab: Callable[..., Answer], workdir: Path, place: Path
) -> None:
    assert rnnlab(*TRAIN).code == 0
    mine = [place / "notes.txt", place / "checkpoints" / "mine.ckpt"]
    for file in mine:
        file.write_text("mine")
    (workdir / "elsewhere").mkdir()
    (workdir / "elsewhere" / "kept").touch()
    (place / "probes").symlink_to(workdir / "elsewhere")
    before = sorted(file.name for file in place.glob("events*"))
    assert rnnlab(*TRAIN, "rerun=true").code == 0
    assert [file.read_text() for file in mine] == ["mine", "mine"]
    assert (workdir / "elsewhere" / "kept").exists() and not (place / "probes").exists()
    assert len(list(place.glob("events*"))) == len(before), "those of the earlier attempt are gone"


def test_what_a_dead_process_had_begun_to_write_is_cleared_by_who_writes_the_file_again(tmp_path: Path) -> None:
    dead, alive, other = (tmp_path / f".{name}.partial" for name in ("report.md.a", "report.md.b", "page.md.a"))
    for file in (dead, alive, other):
        file.write_text("half of")
    for file in (dead, other):
        os.utime(file, (time.time() - 2 * LONGEST_WRITE,) * 2)
    write_atomically(tmp_path / "report.md", "whole")
    assert not dead.exists() and alive.exists() and other.exists()


def test_worker_groups_of_commands_that_were_killed_long_ago_are_cleared(workdir: Path) -> None:
    old, recent = WorkerGroup.on_any_machine(), WorkerGroup.on_any_machine()
    for group in (old, recent):
        (group.folder / "begun-0").touch()
    for path in (old.folder / "begun-0", old.folder):
        os.utime(path, (time.time() - 2 * FORGOTTEN,) * 2)
    WorkerGroup.on_any_machine()
    assert not old.folder.exists() and recent.folder.exists()


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"status": "complfte"}', '{"status": "complete"}', '{"status": "complete", "objective": "x"}', "\xff"],
)
def test_a_damaged_summary_is_no_result_and_is_said_to_be_damaged(tmp_path: Path, text: str) -> None:
    folder = RunFolder(tmp_path)
    folder.summary.write_bytes(text.encode("latin-1"))
    assert folder.result() is None and folder.is_damaged()
