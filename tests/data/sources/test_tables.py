"""Tables: what a cell holds comes back as it is, in every task's reader."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.data.sources.labelled_texts import read_labelled_texts
from rnnlab.data.sources.series import read_series
from rnnlab.data.sources.tables import read_numbers, read_table
from rnnlab.errors import UserError

CELLS = st.text(st.sampled_from('ab, "\n\té☃'), min_size=1, max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def write(file: Path, rows: list[list[str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter="\t" if file.suffix == ".tsv" else ",", lineterminator="\n").writerows(rows)
    return file


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(CELLS, min_size=1, max_size=5))
def test_every_text_comes_back_as_it_is(tmp_path: Path, name: str, texts: list[str]) -> None:
    file = write(tmp_path / name, [["text", "label"], *([text, "a"] for text in texts)])
    assert read_table(file)["text"].tolist() == texts
    assert read_labelled_texts([file], "text", "label").texts == texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_every_number_comes_back_to_the_last_bit(tmp_path: Path, rows: list[tuple[float, float]]) -> None:
    file = write(tmp_path / "a.csv", [["x", "y"], *([repr(x), repr(y)] for x, y in rows)])
    assert np.array_equal(read_series([file], ["x", "y"]).values, np.array(rows))
    assert np.array_equal(read_series([file], None).values[:, 0], np.array(rows)[:, 1])


def test_a_cell_that_is_no_number_is_named_by_its_row_and_column(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", [["x", "y"], ["1", "2"], ["3", "four"]]))
    with pytest.raises(UserError, match=r"a\.csv, row 2, column y: 'four' is no number"):
        read_numbers(table, tmp_path / "a.csv")
    assert read_numbers(table, tmp_path / "a.csv", np.array([[True, True], [True, False]])).tolist() == [1, 2, 3]
