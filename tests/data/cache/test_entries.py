"""The cache: an entry is made once, whole or not at all, and removed only where nobody reads it."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import Parallel, delayed

from rnnlab.cli import main
from rnnlab.data.cache import hashes
from rnnlab.data.cache.arrays import InFolder
from rnnlab.data.cache.entries import clear, entries, made_once, release
from rnnlab.data.sources.files import sha256
from rnnlab.errors import UserError
from support import Answer


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path))
    release()
    yield tmp_path / "encoded"
    release()


def numbers(count: int, made: list[int] | None = None) -> Callable[[InFolder], dict[str, Any]]:
    """Makes an entry of so many bytes, and adds to a list that it has."""

    def make(arrays: InFolder) -> dict[str, Any]:
        if made is not None:
            made.append(count)
        with arrays.writing("numbers", np.uint8) as append:
            for begin in range(0, count, 1000):
                append(np.arange(begin, min(begin + 1000, count)) % 251)
        return {"count": count}

    return make


def test_an_entry_is_made_once_and_mapped_from_its_file(cache: Path) -> None:
    made: list[int] = []
    for _ in range(2):
        said, arrays = made_once({"a": 1}, "one", numbers(2500, made))
        assert said == {"count": 2500} and arrays["numbers"].tolist() == [n % 251 for n in range(2500)]
        assert isinstance(arrays["numbers"].base, np.memmap) and not arrays["numbers"].flags.writeable
    made_once({"a": 2}, "another", numbers(0, made))
    assert made == [2500, 0] and {entry.title for entry in entries()} == {"one", "another"}


@pytest.mark.parametrize("damage", ["cut", "gone", "card"])
def test_a_damaged_entry_is_made_anew(cache: Path, damage: str) -> None:
    made: list[int] = []
    made_once({"a": 1}, "one", numbers(2500, made))
    release()
    (folder,) = (entry.folder for entry in entries())
    if damage == "cut":
        (folder / "numbers").write_bytes(b"123")
    elif damage == "gone":
        (folder / "numbers").unlink()
    else:
        (folder / "card.json").write_text("{")
    _, arrays = made_once({"a": 1}, "one", numbers(2500, made))
    assert made == [2500, 2500] and len(arrays["numbers"]) == 2500


def test_what_fails_or_is_too_large_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arrays: InFolder) -> dict[str, Any]:
        numbers(2500)(arrays)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once({"a": 1}, "one", fail)
    monkeypatch.setenv("RNNLAB_CACHE_GB", "0.000002")
    with pytest.raises(UserError, match="more than the 2e-06 GB that the cache may; set RNNLAB_CACHE_GB to more"):
        made_once({"a": 1}, "one", numbers(2500))
    assert not [file for file in cache.iterdir() if file.suffix != ".lock"]
    monkeypatch.setenv("RNNLAB_CACHE_GB", "many")
    with pytest.raises(UserError, match=r"RNNLAB_CACHE_GB must be a number of gigabytes above 0, .* not 'many'"):
        made_once({"a": 1}, "one", numbers(2500))


def test_beyond_the_limit_those_go_first_that_were_used_longest_ago(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        made_once({"a": number}, f"entry {number}", numbers(2500))
        release()
        for entry in entries():
            if entry.title == f"entry {number}":
                os.utime(entry.folder / "card.json", (number, number))
    made_once({"a": 0}, "entry 0", numbers(2500))  # used again
    monkeypatch.setenv("RNNLAB_CACHE_GB", "0.000009")
    made_once({"a": 3}, "entry 3", numbers(2500))
    assert {entry.title for entry in entries()} == {"entry 0", "entry 2", "entry 3"}


def test_what_is_read_is_kept_and_everything_else_cleared(rnnlab: Callable[..., Answer], cache: Path) -> None:
    made_once({"a": 1}, "unread", numbers(2500))
    release()
    _, arrays = made_once({"a": 2}, "read now", numbers(2500))
    (cache / ".begun-left-by-a-killed-process").mkdir()
    (cache / "left-by-a-killed-process.lock").touch()
    shown = rnnlab("cache").out
    assert "2 encoded corpora" in shown and "in use  read now" in shown and "in use  unread" not in shown
    said = rnnlab("cache", "clear").out
    assert "removed 1 encoded corpus" in said and "kept read now: a process reads it" in said
    assert arrays["numbers"].sum() > 0 and [entry.title for entry in entries()] == ["read now"]
    assert not (cache / ".begun-left-by-a-killed-process").exists()
    release()
    assert [entry.title for entry in clear()[0]] == ["read now"] and not entries()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"file/encoded cannot be written .*; point RNNLAB_DATA_DIR at a folder"):
        made_once({"a": 1}, "one", numbers(10))


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "WORTH_IT", 0)
    file = tmp_path / "text"
    file.write_bytes(b"abc")
    os.utime(file, (1, 1))
    first = sha256([file])
    assert first == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file.write_bytes(b"xyz")
    os.utime(file, (1, 1))  # what lies there is the same by all that is looked at
    assert sha256([file]) == first and sha256([file], "names") != first
    os.utime(file, (2, 2))
    assert sha256([file]) == "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"
    assert main(["cache", "clear"]) == 0 and not list((tmp_path / "hashes").iterdir())


def test_a_file_that_has_just_been_written_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "WORTH_IT", 0)
    file = tmp_path / "text"
    file.write_bytes(b"abc")
    now = time.time() + 3600  # as a file system whose clock is ahead
    os.utime(file, (now, now))
    sha256([file])
    assert not (tmp_path / "hashes").exists()


def file_behind(array: np.ndarray[Any, Any]) -> str:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return str(getattr(array, "filename", ""))


@pytest.mark.launchers
def test_workers_map_the_file_of_the_cache_and_get_no_copy(cache: Path) -> None:
    _, arrays = made_once({"a": 1}, "one", numbers(3_000_000))
    part = arrays["numbers"][1000:2_000_000]
    found = Parallel(n_jobs=2)(delayed(file_behind)(part) for _ in range(2))
    assert {Path(file).parent.parent for file in found} == {cache}


MAKER = """
import sys, time
import numpy as np
from rnnlab.data.cache.entries import made_once

def make(arrays):
    print("makes", flush=True)
    with arrays.writing("numbers", np.int64) as append:
        append(np.arange(1000))
        time.sleep(float(sys.argv[1]))
    return {}

made_once({"a": 1}, "one", make)[1]["numbers"].sum()
print("done", flush=True)
"""


def maker(seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", MAKER, str(seconds)], stdout=subprocess.PIPE, text=True)


@pytest.mark.launchers
def test_of_two_processes_one_makes_it_and_after_a_kill_the_other_does(cache: Path) -> None:
    first = maker(600)
    assert first.stdout is not None and first.stdout.readline() == "makes\n"
    second = maker(0.1)
    assert second.stdout is not None
    waits = selectors.DefaultSelector()
    waits.register(second.stdout, selectors.EVENT_READ)
    assert not waits.select(1), "it makes what the first one makes"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second.communicate()[0] == "makes\ndone\n"
    third, fourth = maker(0.1), maker(0.1)
    assert third.communicate()[0] == fourth.communicate()[0] == "done\n"
    assert [file.name for file in cache.iterdir() if file.name.startswith(".")] == []
