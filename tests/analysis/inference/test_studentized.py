"""The studentised range, integrated faster than SciPy does and to the same figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import studentized_range

from rnnlab.analysis.inference.studentized import critical, p_values


@pytest.mark.parametrize("levels", [3, 6, 50])
@pytest.mark.parametrize("freedom", [1.0, 2.0, 8.0])
def test_critical_values_are_those_of_scipy(levels: int, freedom: float) -> None:
    expected = studentized_range.ppf(0.95, levels, freedom) / math.sqrt(2)
    assert critical(np.array([freedom]), levels, 0.05) == pytest.approx([expected], rel=1e-4)


def test_p_values_are_those_of_scipy() -> None:
    sizes = np.array([0.5, 2.0, 4.0, -4.0])
    expected = studentized_range.sf(np.abs(sizes) * math.sqrt(2), 4, 8)
    assert p_values(sizes, np.full(4, 8.0), 4) == pytest.approx(expected, rel=2e-3)


def test_of_two_levels_it_is_students_t() -> None:
    assert critical(np.array([3.3, math.inf]), 2, 0.05) == pytest.approx(stdtrit([3.3, 1e9], 0.975))
    assert p_values(critical(np.array([3.3]), 2, 0.05), np.array([3.3]), 2) == pytest.approx([0.05])


def test_known_variances_have_a_value_of_their_own() -> None:
    """Tables: the upper 5% of the range of three normal values is 3.314."""
    assert critical(np.array([math.inf]), 3, 0.05) * math.sqrt(2) == pytest.approx([3.314], abs=1e-3)


def test_a_p_value_below_the_error_belongs_to_a_statistic_beyond_the_critical_value() -> None:
    freedoms = np.array([1.0, 1.3, 2.7, 4.1, 11.5, 400.0])
    at = critical(freedoms, 5, 0.05)
    assert p_values(at, freedoms, 5) == pytest.approx(np.full(6, 0.05), rel=5e-3)


def test_degrees_of_freedom_between_two_tables_err_on_the_side_of_no_difference() -> None:
    exact = studentized_range.ppf(0.95, 5, 2.7) / math.sqrt(2)
    assert exact <= critical(np.array([2.7]), 5, 0.05)[0] < 1.05 * exact


def test_nothing_is_said_without_a_statistic() -> None:
    assert np.isnan(p_values(np.array([math.nan, 1.0]), np.array([2.0, math.nan]), 3)).all()
    assert np.isnan(critical(np.array([math.nan]), 3, 0.05)).all()
