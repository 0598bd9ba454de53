"""Files of packages, and what identifies files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rnnlab.data.sources import files
from rnnlab.errors import UserError


def test_the_hash_of_several_files_is_that_of_their_bytes_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    assert files.sha256([tmp_path / "a", tmp_path / "b"]) == hashlib.sha256(b"onetwo").hexdigest()


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(UserError, match="package no_such_package is not installed"):
        files.packaged("no_such_package", "x")
