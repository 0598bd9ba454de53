"""What the sentence says about the best configuration and the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.report.compare import compare
from rnnlab.report.statistics import welch
from rnnlab.report.wording import chance, loss, p_value, plus_minus

SWEEP = Path("runs/first-look")


def test_seeds_that_agree_separate_the_best_from_the_next(first_look):
    sentence = compare([first_look]).sentence
    assert sentence.startswith("gru has the lowest mean validation loss, 2.0320 ± 0.0020 nats per token over 3 seeds")
    assert "and the seeds separate it from the next, lstm (2.0600 ± 0.0100 over 3 seeds)" in sentence
    assert "Welch's t-test, p = 0.036" in sentence
    assert "1 of 28 repetitions" in sentence


def test_seeds_that_overlap_do_not_separate(write_seeds):
    write_seeds("gru", (2.05, 2.06, 2.07))
    write_seeds("rnn", (2.055, 2.065, 2.075))
    sentence = compare([SWEEP]).sentence
    assert "but the seeds do not separate it from the next, rnn" in sentence
    assert "about 57 of 100 repetitions (Welch's t-test, p = 0.57)" in sentence


@pytest.mark.parametrize(
    ("gru", "rnn", "whose"),
    [((2.0,), (2.1,), "each"), ((2.0, 2.0), (2.1,), "rnn"), ((2.0,), (2.1, 2.2), "gru")],
)
def test_one_seed_cannot_tell(gru, rnn, whose, write_seeds):
    write_seeds("gru", gru)
    write_seeds("rnn", rnn)
    sentence = compare([SWEEP]).sentence
    assert f"one seed of {whose} cannot tell" in sentence
    assert "p =" not in sentence


def test_one_configuration_has_nothing_to_be_compared_with(write_seeds):
    write_seeds("gru", (2.0, 2.1))
    comparison = compare([SWEEP])
    assert comparison.sentence == (
        "There is one configuration, gru, and nothing to compare it with:"
        " its validation loss is 2.0500 ± 0.0707 nats per token over 2 seeds."
    )
    assert comparison.settings == ("cell",)


def test_it_is_one_sentence(write_run):
    for loss_, cell in enumerate(("gru", "rnn"), start=2):
        write_run(cell, loss_)
    assert compare([SWEEP]).sentence.count(". ") == 0


def test_welch_agrees_with_the_textbook():
    # Means 2 and 5, variances 1 and 4, three values each: t = 3 / sqrt(5/3) = 2.3238 with
    # (5/3)² / ((1/9 + 16/9) / 2) = 2.9412 degrees of freedom.
    from scipy.stats import t

    expected = 2 * t.sf(3 / (5 / 3) ** 0.5, (5 / 3) ** 2 / ((1 / 9 + 16 / 9) / 2))
    assert welch([1, 2, 3], [3, 5, 7]) == pytest.approx(expected, rel=1e-9)


def test_seeds_without_any_spread_need_no_test():
    assert welch([2.0, 2.0], [2.0, 2.0]) == 1.0
    assert welch([2.0, 2.0], [2.1, 2.1]) == 0.0
    assert welch([2.0], [2.1, 2.1]) is None


def test_figures_have_sensible_digits():
    assert plus_minus(2.03155, float("nan")) == "2.0316"
    assert loss(float("nan")) == "–"
    assert loss(0.0000123) == "1.2e-05"
    assert (p_value(0.0004), chance(0.0004)) == ("p < 0.001", "fewer than 1 of 1,000 repetitions")
