"""Lists of items: what is an item, and what looks like something else and is not learned as letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.data.sources.names import read_lines
from rnnlab.errors import UserError

NAMES = [f"{first}{rest}" for first in "abcde" for rest in ("nna", "rno", "lma", "va")]


def write(folder: Path, *lines: str) -> Path:
    file = folder / "names.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("{},F", "commas"),
        ("{}, F", "commas"),
        ("{},F,20355", "commas"),
        ("{};F", "semicolons"),
        ("{}|F", "bars"),
        ("{} F", "a number or a letter at its end"),
        ("{} 20355", "a number or a letter at its end"),
        ("1. {}", "a number at its beginning"),
        ('"{}"', "quotes around it"),
        ("{}\tF", "a tab; data.labels=WORD"),
    ],
)
def test_rows_of_a_table_are_not_learned_as_letters_unless_the_user_says_so(
    tmp_path: Path, form: str, named: str
) -> None:
    lines = [form.format(name) for name in NAMES]
    file = write(tmp_path, *lines)
    with pytest.raises(UserError, match=rf"names\.txt: .* has {named}.*data\.verbatim=true") as refused:
        read_lines([file])
    assert "\n" not in str(refused.value)
    assert read_lines([file], verbatim=True) == lines


def test_a_header_does_not_hide_a_table(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="commas"):
        read_lines([write(tmp_path, "name,sex", *(f"{name},F" for name in NAMES))])


def test_items_may_have_signs_that_not_all_of_them_have(tmp_path: Path) -> None:
    lines = ["Smith, John", "Route 66", "New York", "Jean-Luc", "'s-Hertogenbosch", "O'Neil", *NAMES]
    assert read_lines([write(tmp_path, *lines)]) == lines


def test_a_header_is_left_out_or_read_as_the_user_says(tmp_path: Path) -> None:
    file = write(tmp_path, "Name", *NAMES)
    with pytest.raises(UserError, match=r"names\.txt, line 1: 'Name' may be a header; data\.header=true"):
        read_lines([file])
    assert read_lines([file], header=True) == NAMES and read_lines([file], header=False) == ["Name", *NAMES]
    for first in ("name\tsex", "plant\tcolour"):
        file = write(tmp_path, first, "a\tred")
        with pytest.raises(UserError, match="may be a header"):
            read_lines([file], "colour")
        assert len(read_lines([file], "colour", header=True)) == 1


@pytest.mark.parametrize("label", ["NaN", "None", "NULL", "N/A", "#N/A", "na"])
def test_a_missing_label_is_refused_left_out_or_kept_as_the_user_says(tmp_path: Path, label: str) -> None:
    file = write(tmp_path, "anna\tF", f"bert\t{label}", "carl\tM")
    with pytest.raises(UserError, match=rf"'bert\\t{label}': the label '{label}' may be none; data\.missing=drop"):
        read_lines([file], "sex")
    assert read_lines([file], "sex", missing="drop").texts == ["anna", "carl"]
    assert read_lines([file], "sex", missing="keep").labels == ["F", label, "M"]


def test_an_item_without_a_label_or_with_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'bert' has no sex; an item, a tab and its label"):
        read_lines([write(tmp_path, "anna\tF", "bert")], "sex")
    assert read_lines([tmp_path / "names.txt"], "sex", missing="drop").texts == ["anna"]
    with pytest.raises(UserError, match="has 3 columns; an item, a tab and its label"):
        read_lines([write(tmp_path, "anna\tF\t12")], "sex")
