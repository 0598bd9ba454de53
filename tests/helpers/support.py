"""What tests share beside fixtures."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
ALONE = "hydra.launcher.workers=1"  # a sweep in the process of its command: no worker has to import torch again


@dataclass(frozen=True)
class Answer:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str


def shell(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m rnnlab ARGUMENTS` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "rnnlab", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def trained(folder: Path, *arguments: str) -> Path:
    """The folder, after `rnnlab train ARGUMENTS` has worked there in this process."""
    from rnnlab.cli import main

    with contextlib.chdir(folder):
        assert main(["train", *arguments]) == 0
    return folder


def shared_place(places: pytest.TempPathFactory) -> Path:
    """The folder that all workers of the suite share."""
    base = places.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-once"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(places: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` has filled, once for all workers of the suite; each of them gets a copy of its own."""
    shared = shared_place(places) / name
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            making = shared.with_name(f"{name}.making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(shared)
    return Path(shutil.copytree(shared, places.mktemp(name), dirs_exist_ok=True))


def real_data(option: str) -> list[Path]:
    """The downloaded files of `data=OPTION`; the test is skipped where they do not lie: tests download nothing."""
    from rnnlab.data.cache.location import data_dir
    from rnnlab.data.sources.downloads import declared_downloads

    files = [data_dir() / file.name for file, name in declared_downloads().items() if name == option]
    if missing := [file.name for file in files if not file.is_file()]:
        pytest.skip(f"data={option} is downloaded, and {', '.join(missing)} is not in RNNLAB_DATA_DIR")
    return files


def table(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def assert_refused(answer: Answer, named: list[str]) -> None:
    """A command ended in one clear line on stderr that has these words, with exit code 2 and nothing on stdout."""
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1, answer.err
    assert answer.err.startswith("rnnlab: ") and answer.out == ""
    assert all(words in answer.err for words in named), answer.err
