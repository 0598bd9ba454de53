"""test_items.csv is given back as it was written, and refused where it is damaged."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from resuming import flipped
from rnnlab.errors import UserError
from rnnlab.records import items
from rnnlab.records.folder import RunFolder
from rnnlab.records.items import read_items, write_items
from rnnlab.records.reading import RecordedFiles, Run

COLUMNS = {
    "item": np.arange(4),
    "loss": np.array([0.1, 1 / 3, math.inf, math.nan], dtype=np.float32),
    "count": np.array([3, 1, 2, 5]),
    "correct": np.array([0, 1, 2, 4]),
    "classified": np.array([3, 1, 2, 4]),
}
WHOLE = "item,loss,count\n0,1.5,2\n1,0.5,1\n"


@pytest.mark.parametrize(("many", "name"), [(200_000, "test_items.csv"), (3, "test_items.csv.gz")])
def test_items_are_given_back_to_the_bit_and_many_are_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int, name: str
) -> None:
    monkeypatch.setattr(items, "MANY", many)
    for _ in range(2):
        write_items(RunFolder(tmp_path), COLUMNS)
        (file,) = tmp_path.iterdir()
        read = read_items(tmp_path)
        assert file.name == name and read is not None and list(read) == list(COLUMNS)
        for column, values in COLUMNS.items():
            np.testing.assert_array_equal(read[column].to_numpy().astype(values.dtype), values)
        before = file.read_bytes()
        write_items(RunFolder(tmp_path), COLUMNS)
        assert file.read_bytes() == before


def test_a_test_with_fewer_items_leaves_no_packed_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "MANY", 3)
    write_items(RunFolder(tmp_path), COLUMNS)
    write_items(RunFolder(tmp_path), {name: values[:2] for name, values in COLUMNS.items()})
    assert [file.name for file in tmp_path.iterdir()] == ["test_items.csv"]


def test_a_run_without_the_file_has_no_items(tmp_path: Path) -> None:
    assert read_items(tmp_path) is None and read_items(tmp_path / "nowhere") is None
    write_items(RunFolder(tmp_path), COLUMNS)
    assert Run(tmp_path, "complete", "", {}, {}, recorded=RecordedFiles()).items() is None, "a recording has none"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "cut off"),
        ("\n", "no column item"),
        (WHOLE[:-1], "cut off"),
        (WHOLE + "2,0.5\n", "equally long"),
        (WHOLE + "2,0.5,1,1\n", "equally long"),
        (WHOLE.replace("loss", "lost"), "no column loss"),
        ("item,loss,count,loss\n0,1,1,1\n", "two columns"),
        ("item,loss,count\n", "no items"),
        (WHOLE.replace("0.5", "half"), "half"),
        (WHOLE.replace("0.5", ""), "convert"),
        (WHOLE.replace("0.5,1", "0.5,1.5"), "convert"),
        (WHOLE.replace("\n1,", "\n0,"), "not in order"),
        (WHOLE.replace("\n0,", "\n-1,"), "not in order"),
        (WHOLE.replace(",2\n", ",-2\n"), "counts"),
        (WHOLE.replace(",2\n", ",99999999999999999999\n"), ""),
        ("item,loss,count,correct\n0,1.5,2,3\n", "right"),
        ("item,loss,count,correct,classified\n0,1.5,9,3,2\n", "right"),
        ('item,loss,count\n0,"1.5",2\n', "1.5"),
        ("item,loss,count,note\n0,1.5,2,good\n", "good"),
    ],
)
def test_a_damaged_file_is_named_and_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "test_items.csv").write_text(content)
    with pytest.raises(UserError, match=r"test_items\.csv: not the items of a test \(.*" + why):
        read_items(tmp_path)


@pytest.mark.parametrize("name", ["test_items.csv", "test_items.csv.gz"])
def test_a_flipped_bit_or_a_cut_is_read_or_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    write_items(RunFolder(tmp_path), COLUMNS)
    content = (tmp_path / "test_items.csv").read_bytes()
    (tmp_path / "test_items.csv").unlink()
    if name.endswith("gz"):
        content = gzip.compress(content, mtime=0)
    refused = 0
    damaged = [*(flipped(content, place, place % 8) for place in range(len(content)))]
    damaged += [content[:left] for left in range(len(content))]
    for bytes_ in damaged:
        file.write_bytes(bytes_)
        try:
            assert read_items(tmp_path) is not None
        except UserError as error:
            assert name in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > len(damaged) / 2


def test_a_file_that_unpacks_to_far_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "MOST_BYTES", 2**20)
    (tmp_path / "test_items.csv.gz").write_bytes(gzip.compress(b" " * (2**20 + 1)))
    with pytest.raises(UserError, match="more than 1 MiB"):
        read_items(tmp_path)
