"""What a configuration's node `data` stands for: files that are read, or what is generated."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rnnlab.data.source import locate
from rnnlab.errors import UserError

GENERATED = """
import hashlib

class Numbers:
    def __init__(self, count):
        self.values = list(range(count))
        self.sha256 = hashlib.sha256(str(self.values).encode()).hexdigest()
"""


def test_data_without_files_is_generated_and_known_by_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "generated_numbers.py").write_text(GENERATED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RNNLAB_PLUGINS", "generated_numbers")
    node = {"name": "numbers", "reader": {"_target_": "generated_numbers.Numbers", "count": 3}}
    source = locate(node)
    assert source.files == [] and source.content.values == [0, 1, 2]
    assert source.sha256 == hashlib.sha256(b"[0, 1, 2]").hexdigest()


MEANT = {
    "the parts of two files": (["test.txt", "train.txt"], ["dev.txt", "test.txt"]),
    "a part and none": (["a.txt", "b.txt"], ["test.txt", "train.txt"]),
    "the folders of classes": (["bad/1.txt", "good/2.txt"], ["awful/1.txt", "good/2.txt"]),
    "the class of a file": (["bad/1.txt", "good/2.txt", "good/3.txt"], ["bad/1.txt", "bad/2.txt", "good/3.txt"]),
    "the folder of a part": (["dev/1.txt", "train/2.txt"], ["test/1.txt", "train/2.txt"]),
}


def written(folder: Path, names: list[str]) -> str:
    """Write files with the same content, one after the other, and return the hash of the data."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"text {number}\n")
    files = {"_target_": "rnnlab.data.sources.files.files_at", "path": str(folder)}
    return locate({"name": "file", "files": files, "reader": {}}).sha256


@pytest.mark.parametrize("what", MEANT)
def test_what_names_of_files_say_is_part_of_the_data(tmp_path: Path, what: str) -> None:
    before, after = MEANT[what]
    assert written(tmp_path / "one", before) != written(tmp_path / "two", after)
    assert written(tmp_path / "one", before) == written(tmp_path / "elsewhere", before), "wherever they lie"


def test_names_that_say_nothing_are_no_part_of_the_data(tmp_path: Path) -> None:
    assert written(tmp_path / "one", ["a.txt", "b.txt"]) == written(tmp_path / "two", ["c.txt", "d.txt"])


def test_a_reader_of_files_that_is_given_none_says_so() -> None:
    with pytest.raises(UserError, match=r"rnnlab\.data\.sources\.names\.read_lines cannot be called"):
        _ = locate({"name": "mine", "reader": {"_target_": "rnnlab.data.sources.names.read_lines"}}).content
