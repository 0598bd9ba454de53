"""The data sets inside the package: the very bytes of their sources, and each with its source and licence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import prepare
from rnnlab.data.sources.files import packaged

# SHA-256 of the files as their sources publish them.
SHIPPED = {
    "names.txt": "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
    "tinyshakespeare.txt": "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "co2.csv": "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f",
    "elnino.csv": "b647be00e0fd264be9764e317e6b963f35030014ecca2b21b204521716e463ad",
    "sunspots.csv": "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b",
    "nursery_rhyme.txt": "f68bc4076c04f17aad2d5973019918af18711a32dcc32246c06fc65b00cf0153",
    "quotation.txt": "173f76bd300671343abdfe363c706456c5e7a3bc5a8914bc0d0ca4c98801e4fe",
}
OPTIONS = {
    "names_makemore": ("names", "names.txt"),
    "shakespeare": ("chars", "tinyshakespeare.txt"),
    "nursery_rhyme": ("chars", "nursery_rhyme.txt"),
    "quotation": ("chars", "quotation.txt"),
    "co2": ("forecasting", "co2.csv"),
    "elnino": ("forecasting", "elnino.csv"),
    "sunspots": ("forecasting", "sunspots.csv"),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_is_that_of_its_source_and_listed_with_its_licence(name: str) -> None:
    (file,) = packaged("rnnlab", f"data/shipped/{name}")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHIPPED[name]
    rows = [
        line for line in (file.parent / "README.md").read_text("utf-8").splitlines() if line.startswith(f"| {name}")
    ]
    assert len(rows) == 1 and ("public domain" in rows[0] or "LICENSE-makemore.txt" in rows[0])


def test_no_other_data_is_shipped() -> None:
    (file,) = packaged("rnnlab", "data/shipped/names.txt")
    assert {other.name for other in file.parent.iterdir()} == {*SHIPPED, "README.md", "LICENSE-makemore.txt"}


@pytest.mark.parametrize("option", OPTIONS)
def test_a_shipped_data_set_needs_neither_network_nor_cache(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    task, file = OPTIONS[option]
    assert prepare(plain(compose_train([f"task={task}", f"data={option}"])[1])).sha256 == SHIPPED[file]
