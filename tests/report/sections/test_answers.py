"""What configurations say of a few texts, beside each other."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from rnnlab.report.sections.answers import Answers


@dataclass(frozen=True)
class Says:
    """A prediction as a trained model gives it."""

    label: str | None
    probability: float | None
    note: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)


def says(positive: float) -> Says:
    label, probability = ("positive", positive) if positive >= 0.5 else ("negative", 1 - positive)
    return Says(label, probability, probabilities={"negative": 1 - positive, "positive": positive})


UNKNOWN = Says(None, None, "none of its words is known")
FOUR = {text: text.split() for text in ("not good", "good not", "not bad , good", "not good , bad")}
BAG = ("bag", [says(p) for p in (0.3, 0.3, 0.45, 0.45)])
GRU = ("gru", [says(p) for p in (0.1, 0.6, 0.9, 0.2)])
LSTM = ("lstm", [says(p) for p in (0.1, 0.5, 0.8, 0.25)])


def screen(answers: Answers, width: int) -> str:
    stream = io.StringIO()
    answers.terminal(Console(file=stream, width=width))
    assert max(map(len, stream.getvalue().splitlines())) <= width
    return stream.getvalue()


def test_a_row_is_a_text_and_a_column_a_configuration() -> None:
    lines = Answers(FOUR, [GRU, BAG]).markdown().splitlines()
    assert lines[2:6] == [
        "| text | gru | bag |",
        "| --- | --- | --- |",
        "| not good | negative 0.90 | negative 0.70 |",
        "| good not | positive 0.60 | negative 0.70 |",
    ]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            [GRU, BAG],
            "bag cannot tell “not good” from “good not”, nor “not bad , good” from “not good , bad”;"
            " gru tells every such pair apart",
        ),
        ([GRU, LSTM], "gru and lstm tell every such pair apart"),
        (
            [("bag", BAG[1]), ("half", [*BAG[1][:2], *GRU[1][2:]]), ("twin", BAG[1])],
            "bag and twin cannot tell “not good” from “good not”, nor “not bad , good” from “not good , bad”;"
            " half cannot tell “not good” from “good not”",
        ),
    ],
)
def test_the_sentence_names_the_pairs_that_a_configuration_cannot_tell_apart(
    said: list[tuple[str, list[Says]]], sentence: str
) -> None:
    assert Answers(FOUR, said).word_order() == (
        f"Of texts with the same words in another order, {sentence}"
        " (another answer: a probability that differs by more than 0.0001)."
    )


@pytest.mark.parametrize(("difference", "distinguished"), [(0.00009, False), (0.0002, True)])
def test_a_difference_of_rounding_is_none(difference: float, distinguished: bool) -> None:
    texts = {text: text.split() for text in ("not good", "good not")}
    sentence = Answers(texts, [("gru", [says(0.3), says(0.3 + difference)])]).word_order()
    assert ("tells every such pair apart" in sentence) is distinguished


@pytest.mark.parametrize("texts", [("good",), ("not good", "not bad"), ("Good film", "good  film"), ("a a b", "a b")])
def test_without_two_orders_of_the_same_words_there_is_no_sentence(texts: tuple[str, ...]) -> None:
    answers = Answers({text: text.lower().split() for text in texts}, [("gru", [says(0.4)] * len(texts))])
    assert answers.word_order() == ""
    assert answers.markdown().endswith(" |\n")


def test_no_answer_says_why_and_is_the_same_as_another_without() -> None:
    texts = {text: text.split() for text in ("xq zz", "zz xq")}
    answers = Answers(texts, [("gru", [UNKNOWN, UNKNOWN])])
    assert "| xq zz | none of its words is known |" in answers.markdown()
    assert "gru cannot tell “xq zz” from “zz xq”" in answers.word_order()


def test_what_is_nearly_certain_does_not_look_certain() -> None:
    text = Answers({"good": ["good"], "bad": ["bad"]}, [("gru", [says(0.9949), says(0.0001)])]).markdown()
    assert "positive 0.99 |" in text and "negative >0.99 |" in text


def test_markdown_shows_a_text_as_it_is() -> None:
    text = Answers({"a|b *c*\n<br>": ["a"]}, [("gru with hidden_size 64", [says(0.7)])]).markdown()
    assert "| a\\|b \\*c\\* \\<br> | positive 0.70 |" in text
    assert "| text | gru with hidden_size 64 |" in text


@pytest.mark.parametrize("width", [120, 80, 40])
def test_the_terminal_shows_every_answer_at_any_width(width: int) -> None:
    labels = [f"gru with hidden_size {size}" for size in (32, 64, 128, 256)]
    text = screen(Answers(FOUR, [(label, GRU[1]) for label in labels]), width)
    assert text.count("negative 0.90") == 4 and text.count("positive 0.60") == 4
    assert all(size in text for size in ("32", "64", "128", "256"))
    assert "tell every such pair" in " ".join(text.split())


def test_configurations_that_are_left_out_are_counted() -> None:
    text = Answers(FOUR, [GRU, BAG], left_out=3).markdown()
    assert text.startswith("What the best run of each of the best 2 configurations (3 left out) says")
