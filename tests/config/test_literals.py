"""What is quoted for Hydra's grammar can be had back."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose, compose_train, plain
from rnnlab.config.literals import quote_arguments, unquote_argument


@given(st.text(alphabet="ab $'{}\\=,\""), st.sampled_from(["data.path", "prompt", "cell"]))
def test_a_word_is_what_it_was_before_it_was_quoted(value: str, key: str) -> None:
    word = f"{key}={value}"
    if key == "cell" or not (value[:1] == value[-1:] == "'" and len(value) > 1):
        assert unquote_argument(*quote_arguments([word])) == word


@pytest.mark.parametrize(
    "word",
    [
        "data.value_column=Größe",
        "data.value_column=Temp (°C)",
        "data.label_column=a=b",
        "data.text_column=it's",
        "data.value_column={x}",
        "sweep=größe",
    ],
)
def test_a_name_that_people_give_is_taken_to_the_letter(word: str) -> None:
    config = compose("compare", quote_arguments([word])) if word.startswith("sweep") else composed(word)
    key, _, value = word.partition("=")
    assert reduce(lambda node, part: node[part], key.split("."), config) == value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("data.value_column=null", None),
        ("data.value_column=[Größe,Temp (°C),plain]", ["Größe", "Temp (°C)", "plain"]),
        ("data.value_column='Temp (C)'", "Temp (C)"),
    ],
)
def test_names_may_be_none_listed_or_quoted_already(word: str, value: object) -> None:
    assert composed(word)["data"]["value_column"] == value


def test_names_may_be_swept() -> None:
    assert quote_arguments(["data.value_column=Größe,Temp, °C,x"]) == ["data.value_column='Größe','Temp, °C',x"]
    assert unquote_argument("data.value_column='Größe','Höhe'") == "data.value_column='Größe','Höhe'"
    assert quote_arguments(["data.label_column=a,b", "sweep=choice(a,b)"]) == [
        "data.label_column=a,b",
        "sweep=choice(a,b)",
    ]


def composed(word: str) -> dict[str, Any]:
    task = "sentiment" if "value" not in word else "forecasting"
    return plain(compose_train([f"task={task}", "data=file", "data.path=x", *quote_arguments([word])]).config)
