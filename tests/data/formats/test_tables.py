"""Tables: what a cell holds comes back as it is, in every task's reader."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.data.formats.tables import read_numbers, read_table
from rnnlab.data.sources.labelled_texts import read_labelled_texts
from rnnlab.data.sources.series import read_series
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
    assert read_table(file, quoting=True)["text"].tolist() == texts
    assert list(read_labelled_texts([file], "text", "label", quoting=True).texts) == texts


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


REST = "bad,neg\nfine,pos\n"


@pytest.mark.parametrize(
    "rows",
    [
        '"great film,pos\ndull film",neg\n',
        '"great film,pos\nan old one,neg\ndull film",neg\n',
        '"great film,pos\n"dull film,neg\n',
        '"great" it is,pos\n',
        '"great film,pos\n',
    ],
)
def test_stray_quotes_are_refused_with_their_lines_and_may_be_letters(tmp_path: Path, rows: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"text,label\n{REST}{rows}")
    with pytest.raises(UserError, match=r"a\.csv, lines? 4.*data\.quoting=false"):
        read_table(file)
    assert len(read_table(file, quoting=False)) == 2 + rows.count("\n")


def test_a_text_of_several_lines_is_one_and_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f'text,label\n{REST}"great, really\nand long",pos\n')
    texts = read_labelled_texts([file], "text", "label")
    assert texts.texts[-1] == "great, really\nand long"
    assert texts.description == "text, label of a.csv: 3 rows, 2 pos, 1 neg, 1 of several lines"
