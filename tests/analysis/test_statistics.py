"""The intervals of a ranking keep their promises: on textbook cases, and on sweeps whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rnnlab.analysis.statistics import holm, mean_of

SWEEPS = 1_000
SPREAD = 0.01  # standard deviation over seeds
LUCK = 0.5  # the share of it that is the seed's own, at every setting


def by_seed(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_cover_the_truth_as_often_as_they_say(seeds: int) -> None:
    random, covered, covered_over_settings = np.random.default_rng(seeds), 0, 0
    for _ in range(SWEEPS):
        own = math.sqrt(LUCK) * random.standard_normal(seeds)
        noise = own + math.sqrt(1 - LUCK) * random.standard_normal((2, seeds))
        settings = [by_seed(*row) for row in (np.array([[1.99], [1.91]]) + SPREAD * noise).tolist()]
        alone, both = mean_of(settings[:1]), mean_of(settings)
        covered += abs(alone.value - 1.99) <= alone.half
        covered_over_settings += abs(both.value - 1.95) <= both.half
    assert 0.93 <= covered / SWEEPS <= 0.97
    assert covered_over_settings / SWEEPS >= 0.93


def test_a_mean_has_students_interval() -> None:
    values = [2.0, 2.5, 2.1]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    outcome = mean_of([by_seed(*values)])
    assert (outcome.value - outcome.half, outcome.value + outcome.half) == pytest.approx((low, high))
    assert math.isnan(mean_of([by_seed(2.0)]).half) and mean_of([by_seed(2.0, 2.0)]).half == 0


def test_holms_correction_is_that_of_his_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_a_corrected_p_value_is_never_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(after >= before and after <= 1 for before, after in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [corrected[index] for index in order] == sorted(corrected)
