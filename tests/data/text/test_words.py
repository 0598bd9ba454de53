"""What a word is."""

from __future__ import annotations

import pytest

from rnnlab.data.text.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop!", ["don't", "stop", "!"]),
        ("don’t", ["don’t"]),
        ("A film.<br /><br />Great<BR>fun", ["a", "film", ".", "great", "fun"]),
        ("amélie à la carte", ["amélie", "à", "la", "carte"]),
        ("10/10 :-)", ["10", "/", "10", ":", "-", ")"]),
        (" \n\t\u0085", []),
        ("", []),
    ],
)
def test_words_are_lower_case_and_punctuation_marks_are_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
