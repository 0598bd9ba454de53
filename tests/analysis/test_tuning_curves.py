"""Tuning curves and their bands: what they say of trials whose distribution is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.analysis.findings.tuning_curves import tuning_curve


def test_a_curve_falls_with_trials_within_its_band() -> None:
    curve = tuning_curve([2.5, 2.1, 2.9, 2.2, 2.4, 2.3])
    assert list(curve.median) == sorted(curve.median, reverse=True)
    assert all(low <= middle <= high for low, middle, high in zip(curve.low, curve.median, curve.high, strict=True))
    assert curve.low[-1] == -math.inf  # so few trials do not tell how good the best may be
    assert curve.median[0] in (2.3, 2.4) and curve.median[-1] == 2.1


def test_a_trial_without_a_result_is_worse_than_all_others() -> None:
    curve = tuning_curve([math.nan, 2.1, 2.2, math.nan, math.nan])
    assert curve.median[0] == math.inf and curve.median[-1] == 2.1


def test_the_order_of_trials_does_not_matter() -> None:
    assert tuning_curve([3.0, 1.0, 2.0]) == tuning_curve([1.0, 2.0, 3.0])


@pytest.mark.parametrize("trials", [6, 12])
def test_bands_hold_at_every_number_of_trials_at_once_in_95_of_100_tunings(trials: int) -> None:
    draw, wrong, times = np.random.default_rng(1), 0, 2000
    for _ in range(times):
        curve = tuning_curve(draw.random(trials).tolist())
        # The best of k uniform trials is below 1 - 0.5 ** (1 / k) in half of all tunings.
        truth = [1 - 0.5 ** (1 / k) for k in range(1, trials + 1)]
        wrong += any(not low <= true <= high for low, true, high in zip(curve.low, truth, curve.high, strict=True))
    assert wrong / times <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / times)
