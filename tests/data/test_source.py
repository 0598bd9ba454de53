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


def test_a_reader_of_files_that_is_given_none_says_so() -> None:
    with pytest.raises(UserError, match=r"rnnlab\.data\.sources\.names\.read_lines cannot be called"):
        _ = locate({"name": "mine", "reader": {"_target_": "rnnlab.data.sources.names.read_lines"}}).content
