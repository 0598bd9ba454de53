"""Whether the differences between levels depend on the setting at which they are compared."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2
from scipy.stats import t as student

from rnnlab.analysis.inference.interaction import interaction


def test_of_two_levels_at_two_settings_it_is_welchs_test_of_the_difference_of_differences() -> None:
    """Johansen 1980: a single contrast has Welch's degrees of freedom."""
    means, squares = np.array([[1.0, 2.0], [1.0, 4.5]]), np.array([[0.1, 0.3], [0.2, 0.4]])
    freedoms = np.array([[2.0, 4.0], [9.0, 3.0]])
    freedom = squares.sum() ** 2 / (squares**2 / freedoms).sum()
    statistic = 2.5 / math.sqrt(squares.sum())
    assert interaction(means, squares, freedoms) == pytest.approx(2 * student.sf(statistic, freedom))


def test_with_known_variances_it_is_a_chi_squared_test() -> None:
    means = np.array([[0.0, 1.0, 2.0], [0.3, 1.0, 1.2]])
    centred = means - means.mean(axis=0) - means.mean(axis=1, keepdims=True) + means.mean()
    statistic = (centred**2).sum() / 0.04
    found = interaction(means, np.full((2, 3), 0.04), np.full((2, 3), math.inf))
    assert found == pytest.approx(chi2.sf(statistic, 2), rel=1e-3)


def test_levels_that_differ_alike_everywhere_do_not_interact() -> None:
    means = np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 7.0]])
    assert interaction(means, np.full((2, 3), 0.1), np.full((2, 3), 4.0)) == pytest.approx(1.0)


def test_it_is_held_to_its_level_where_variances_differ() -> None:
    """5% and four standard errors of 1,000 trials, two levels five times as noisy as the third."""
    random, seeds = np.random.default_rng(0), 5
    scales, hits = np.array([[5.0, 1.0, 5.0], [5.0, 1.0, 5.0]]), 0
    for _ in range(1_000):
        values = scales[..., None] * random.standard_normal((2, 3, seeds))
        squares = values.var(axis=2, ddof=1) / seeds
        hits += interaction(values.mean(axis=2), squares, np.full((2, 3), seeds - 1.0)) < 0.05
    assert hits < 50 + 4 * math.sqrt(1_000 * 0.05 * 0.95)


@pytest.mark.parametrize("squares", [math.nan, 0.0])
def test_nothing_is_tested_without_variances(squares: float) -> None:
    assert math.isnan(interaction(np.zeros((2, 2)), np.full((2, 2), squares), np.ones((2, 2))))
    assert math.isnan(interaction(np.zeros((1, 2)), np.ones((1, 2)), np.ones((1, 2))))
