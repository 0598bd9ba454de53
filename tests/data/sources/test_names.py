"""Lists of items: what is an item, and what looks like something else and is not learned as letters."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rnnlab.data.sources.labelled_texts import LabelledTexts
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
    with pytest.raises(
        UserError, match=rf"'bert\\t{label}': the label '{label}' may be none; data\.missing_labels=skip"
    ):
        read_lines([file], "sex")
    assert read_lines([file], "sex", missing_labels="skip").texts == ["anna", "carl"]
    assert read_lines([file], "sex", missing_labels="keep").labels == ["F", label, "M"]


def test_an_item_without_a_label_or_with_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'bert' has no sex; an item, a tab and its label"):
        read_lines([write(tmp_path, "anna\tF", "bert")], "sex")
    assert read_lines([tmp_path / "names.txt"], "sex", missing_labels="skip").texts == ["anna"]
    with pytest.raises(UserError, match="has 3 columns; an item, a tab and its label"):
        read_lines([write(tmp_path, "anna\tF\t12")], "sex")


def test_the_column_of_a_table_has_items_and_another_one_their_labels(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text('id,name,sex\n1,"anna, maria",F\n2, bert ,M\n3,,M\n4,carl,NaN\n', encoding="utf-8")
    read = read_lines([file], text_column="name")
    assert isinstance(read, LabelledTexts) and list(read.texts) == ["anna, maria", "bert", "carl"]
    assert read.description == "name of people.csv, 3 items, the first 'anna, maria', 1 row without an item left out"
    with pytest.raises(UserError, match="row 4: the label 'NaN' may be none"):
        read_lines([file], "sex", text_column="name")
    labelled = read_lines([file], "sex", text_column="name", missing_labels="skip")
    assert isinstance(labelled, LabelledTexts) and list(labelled.labels) == ["F", "M"]
    assert "name, sex of people.csv, 2 items" in labelled.description and "2 left out" in labelled.description
    pd.read_csv(file).to_parquet(tmp_path / "people.parquet")
    again = read_lines([tmp_path / "people.parquet"], "sex", text_column="name", missing_labels="skip")
    assert isinstance(again, LabelledTexts) and again.texts == labelled.texts


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        ("a.jsonl", {}, r"a\.jsonl is a table; data\.text_column=COLUMN"),
        ("a.txt", {"text_column": "name"}, r"data\.text_column=name: .*a\.txt is no table"),
        ("a.csv", {"text_column": "title"}, r"data\.text_column=title: .* no such column; it has name, sex"),
        ("a.csv", {"text_column": "name", "labels": "kind"}, r"data\.labels=kind: .* no such column"),
        ("a.csv", {"separator": "tab"}, r"data\.separator: items stand in lines"),
    ],
)
def test_a_table_of_names_needs_its_column(tmp_path: Path, name: str, keys: dict[str, str], expected: str) -> None:
    file = tmp_path / name
    file.write_text("name,sex\nanna,F\n" if name.endswith("csv") else '{"name": "anna"}\n', encoding="utf-8")
    with pytest.raises(UserError, match=expected):
        read_lines([file], **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "lines", "column"),
    [
        ("a.csv", ["name,count", "anna,1", "berta,2", "carl,3"], "name"),
        ("a.csv", ["sex;vorname", "F;anna", "F;berta", "M;carl"], "vorname"),
        ("a.csv", ["x|y", "anna|1", "berta|2"], "COLUMN"),
        ("a.tsv", ["id\tname", "1\tanna", "2\tberta"], "name"),
    ],
)
def test_a_table_of_items_is_refused_with_the_key_that_reads_its_column(
    tmp_path: Path, name: str, lines: list[str], column: str
) -> None:
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=rf"data\.text_column={column} reads a column of a table"):
        read_lines([tmp_path / name])
    (tmp_path / "a.txt").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=r"data\.verbatim=true[^;]*$"):
        read_lines([tmp_path / "a.txt"])
