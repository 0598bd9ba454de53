"""`rnnlab.compare`: the answer in Python, as values, table, figure and in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab import compare
from rnnlab.errors import UserError


def test_the_table_has_a_row_for_each_level_of_each_group(write_seeds: Callable[..., list[Path]]) -> None:
    for size in (16, 64):
        write_seeds("gru", (2.0, 2.001, 2.002), hidden_size=size)
        write_seeds("rnn", (2.2, 2.201, 2.202), hidden_size=size)
    table = compare("first-look").table
    assert list(table["level"]) == ["gru", "rnn"] * 2 and list(table["hidden_size"]) == [16, 16, 64, 64]
    assert list(table["candidate"]) == [True, False] * 2 and list(table["seeds"]) == [3] * 4
    assert (table["low"] < table["value"]).all() and (table["test_low"] < table["test"]).all()


def test_it_shows_itself_as_text_in_a_notebook_and_as_a_figure(first_look: Path) -> None:
    compared = compare(first_look, by="cell")
    said = compared.answer["headline"]
    assert repr(compared).startswith(f"{said}\nAsked: Which cell has the lowest validation loss?")
    assert compared._repr_markdown_() == f"**{said}**"
    assert said in compared._repr_html_() and "<svg" in compared._repr_html_()
    drawn = str(compared.figure().to_json())
    assert all(cell in drawn for cell in ("gru", "lstm", "rnn"))
    assert not (first_look / "report").exists()


def test_names_from_files_are_text_in_a_notebook(write_run: Callable[..., Path]) -> None:
    for seed in (0, 1):
        write_run(loss=2.0, seed=seed, changes={"model": {"kind": "<script>alert(1)</script>"}})
        write_run(loss=2.1, seed=seed, changes={"model": {"kind": "b"}}, suffix="-b")
    assert "<script>" not in compare("first-look", by="kind")._repr_html_()


def test_one_configuration_has_a_row_and_no_figure(write_seeds: Callable[..., list[Path]]) -> None:
    write_seeds("gru", (2.0, 2.1))
    compared = compare("first-look")
    assert len(compared.table) == 1
    with pytest.raises(UserError, match="nothing that is compared"):
        compared.figure()


def test_runs_that_are_not_there_and_wrong_roles_end_in_one_line(first_look: Path) -> None:
    with pytest.raises(UserError, match="nope"):
        compare("nope")
    with pytest.raises(UserError, match="celll: no run has such a key"):
        compare("first-look", by="celll")
