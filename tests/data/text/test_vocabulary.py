"""Symbols and channels."""

from __future__ import annotations

from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import Vocabulary


def test_channels_are_as_many_as_a_vector_has_numbers_and_survive_a_checkpoint() -> None:
    channels = Vocabulary.of_channels(["value", "marker"])
    assert len(channels) == 2 and channels.pad == 0
    assert from_card(channels.card) == channels
    assert from_card(channels.card) != Vocabulary(("value", "marker"), "word")


def test_figures_call_a_step_by_its_symbol_or_its_numbers() -> None:
    assert Vocabulary(("a", " ", "\n")).names_of([2, 0, 1]) == ["↵", "a", "␣"]
    assert Vocabulary.of_channels(["value", "marker"]).names_of([[0.25, 1.0], [-1.53, 0.0]]) == ["0.25 1", "-1.5 0"]
