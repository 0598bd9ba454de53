"""Runs whose result says more of an accident in training than of their setting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.analysis.inference.divergence import diverged, worst
from rnnlab.analysis.inference.observations import Configurations

USUAL = {0: 1.0, 1: 1.1, 2: 0.9, 3: 1.05}


def of(**levels: dict[int, float]) -> Configurations:
    return {(level, ()): dict(seeds) for level, seeds in levels.items()}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_diverged(value: float) -> None:
    assert diverged(of(gru={**USUAL, 4: value}), math.nan) == {("gru", (), 4)}


def test_what_ends_worse_than_chance_diverged_where_its_siblings_have_learned() -> None:
    assert diverged(of(gru={**USUAL, 4: 3.1}), chance=3.0) == {("gru", (), 4)}
    assert diverged(of(gru={0: 3.1, 1: 3.2, 2: 3.3}), chance=3.0) == set(), "none of them has learned anything"


def test_what_lies_far_beyond_its_siblings_diverged() -> None:
    assert diverged(of(gru={**USUAL, 4: 9.0}, lstm=USUAL), math.nan) == {("gru", (), 4)}
    assert diverged(of(gru={**USUAL, 4: -9.0}, lstm=USUAL), math.nan) == set(), "a good result is no accident"


def test_a_level_that_is_noisy_throughout_has_not_diverged() -> None:
    noisy = {0: 1.0, 1: 9.0, 2: 5.0, 3: 12.0}
    assert diverged(of(gru=noisy, lstm=USUAL), math.nan) == set()


def test_a_result_that_is_a_little_worse_than_equal_siblings_has_not_diverged() -> None:
    """Less than a quarter of what they have learned is no accident worth a word."""
    assert diverged(of(gru={0: 1.0, 1: 1.0, 2: 1.001, 3: 1.4}), chance=3.0) == set()


def test_of_pairs_of_seeds_none_diverged_by_their_usual_luck() -> None:
    """As of networks that have hardly learned, where a seed is a quarter of the way to chance behind the other."""
    random = np.random.default_rng(0)
    pairs = of(**{f"cell {n}": dict(enumerate(0.686 + 0.003 * random.standard_normal(2))) for n in range(6)})
    assert all(pairs[level, at][seed] > 0.693 for level, at, seed in diverged(pairs, chance=0.693))
    close = {f"cell {n}": {0: 0.3, 1: 0.31} for n in range(4)}
    assert diverged(of(**close, gru={0: 0.3, 1: 0.6}), chance=0.693) == {("gru", (), 1)}


def test_hardly_one_of_ten_thousand_normal_results_counts_as_diverged() -> None:
    random = np.random.default_rng(0)
    values = {(str(level), ()): dict(enumerate(random.standard_normal(10).tolist())) for level in range(1_000)}
    assert len(diverged(values, math.nan)) <= 1


def test_chance_or_the_worst_result_stands_for_what_is_not_finite() -> None:
    values = of(gru={0: 1.0, 1: math.inf}, lstm={0: 2.0})
    assert worst(values, 3.0) == 3.0
    assert worst(values, math.nan) == 2.0
    assert math.isnan(worst(of(gru={0: math.nan}), math.nan))
