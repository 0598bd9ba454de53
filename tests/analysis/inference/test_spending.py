"""The spending of an error over looks at growing numbers of seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from rnnlab.analysis.inference.spending import errors_of_looks


def test_looks_together_have_the_error_of_one_test() -> None:
    counts = range(3, 13)
    bounds = -ndtri(np.array(errors_of_looks(counts, 0.05)) / 2)
    sums = np.random.default_rng(0).standard_normal((40_000, 12)).cumsum(axis=1)
    crossed = (np.abs(sums / np.sqrt(np.arange(1, 13)))[:, 2:] > bounds).any(axis=1)
    assert crossed.mean() == pytest.approx(0.05, abs=0.004)


def test_bounds_are_those_of_the_power_family_in_jennison_and_turnbull() -> None:
    """Table 7.1 of Jennison and Turnbull (1999) has these constants' first bound for five looks: 0.05 / 25 is spent."""
    first, *_, last = errors_of_looks(range(1, 6), 0.05)
    assert first == pytest.approx(0.05 / 25) and -ndtri(last / 2) == pytest.approx(2.114, abs=0.002)


def test_a_single_look_has_the_whole_error_and_many_comparisons_share_more_strictly() -> None:
    assert errors_of_looks([12], 0.05) == pytest.approx([0.05])
    one, many = (errors_of_looks(range(2, 31), 0.05, count) for count in (1, 190))
    assert all(0 < b <= a * (1 + 1e-9) for a, b in zip(one, many, strict=True)) and many[-1] < 0.8 * one[-1]
    assert list(one) == sorted(one)
