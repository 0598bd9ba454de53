"""What may be said of every two levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import ttest_ind, tukey_hsd

from rnnlab.analysis.inference.candidates import candidates
from rnnlab.analysis.inference.contrasts import (
    Differences,
    contrasts,
    every_two,
    paired,
    reversed_,
    unpaired,
    with_alternatives,
)
from rnnlab.analysis.inference.estimates import Estimate, Spread, estimate, luck, spread
from rnnlab.analysis.inference.variances import Prior

ALONE = Prior(math.nan, 0.0)


def estimates(*rows: list[float]) -> list[Estimate]:
    return [estimate(f"l{index}", dict(enumerate(row))) for index, row in enumerate(rows)]


def names(levels: list[Estimate]) -> list[str]:
    return [level.level for level in levels]


def own_variances(levels: list[Estimate]) -> Spread:
    return spread(levels, luck([[level.seeds] for level in levels]), ALONE)


def test_two_levels_are_compared_by_welchs_test() -> None:
    levels = estimates([1.0, 1.2, 1.1, 0.9], [2.0, 3.1, 1.4])
    (contrast,) = contrasts(names(levels), unpaired(levels, own_variances(levels)), 0.0, 1)
    expected = ttest_ind([1.0, 1.2, 1.1, 0.9], [2.0, 3.1, 1.4], equal_var=False)
    assert contrast.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    assert (contrast.low, contrast.high) == pytest.approx((low, high))


def test_levels_with_one_variance_are_compared_by_tukeys_test() -> None:
    rows = [[1.0, 1.4, 0.8], [2.0, 2.3, 1.5], [1.1, 1.9, 1.6]]
    levels = estimates(*rows)
    pooled = float(np.mean([np.var(row, ddof=1) for row in rows]))
    equal = Spread(np.full(3, pooled), np.full(3, 6.0), 6.0)
    listed = contrasts(names(levels), unpaired(levels, equal), 0.0, 1)
    expected = tukey_hsd(*rows).pvalue
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert [contrast.p for contrast in listed] == pytest.approx([expected[pair] for pair in pairs], rel=5e-3)


def test_pairing_finds_at_three_seeds_what_the_luck_of_seeds_hides() -> None:
    """The second learning rate is worse by 0.1 with each seed, and seeds differ by one."""
    first = [1.0, 2.0, 3.0]
    levels = estimates(first, [value + 0.1 for value in (1.0, 2.001, 2.999)])
    (hidden,) = contrasts(names(levels), unpaired(levels, own_variances(levels)), 0.0, 1)
    (seen,) = contrasts(names(levels), paired(levels, 2), 0.0, 1)
    assert (hidden.verdict, seen.verdict) == ("undecided", "better")
    assert seen.difference == pytest.approx(-0.1) and seen.p < 0.001


def test_pairs_are_held_to_their_error_by_bonferronis_bound() -> None:
    levels = estimates([1.0, 2.0, 3.0, 4.0, 5.0], [1.1, 2.2, 3.0, 4.1, 5.2], [2.0, 2.1, 4.0, 4.2, 5.5])
    differences = paired(levels, 3)
    halves = -stdtrit(differences.freedoms, 0.05 / 6) * differences.errors
    for contrast, half in zip(contrasts(names(levels), differences, 0.0, 1), halves, strict=True):
        assert (contrast.high - contrast.low) / 2 == pytest.approx(half)
        assert (contrast.p < 0.05) == (contrast.high < 0 or contrast.low > 0)


def test_levels_are_equal_if_both_one_sided_tests_say_less_than_is_worth_having() -> None:
    levels = estimates([1.00, 1.01, 0.99, 1.0], [1.0, 1.02, 1.0, 0.99])
    differences = unpaired(levels, own_variances(levels))
    verdicts = {worth: contrasts(names(levels), differences, worth, 1)[0].verdict for worth in (0.001, 0.1)}
    assert verdicts == {0.001: "undecided", 0.1: "equal"}


def test_a_difference_that_is_there_and_smaller_than_worth_having_is_equal() -> None:
    levels = estimates([1.000, 1.001, 0.999], [1.010, 1.011, 1.009])
    differences = unpaired(levels, own_variances(levels))
    assert contrasts(names(levels), differences, 0.0, 1)[0].verdict == "better"
    assert contrasts(names(levels), differences, 0.1, 1)[0].verdict == "equal"


def test_more_families_ask_for_more() -> None:
    levels = estimates([1.0, 1.1, 0.9], [1.4, 1.5, 1.3])
    differences = unpaired(levels, own_variances(levels))
    one, ten = (contrasts(names(levels), differences, 0.0, tests)[0] for tests in (1, 10))
    assert ten.p == pytest.approx(10 * one.p) and ten.low < one.low
    assert (one.verdict, ten.verdict) == ("better", "undecided")


def test_one_seed_supports_nothing() -> None:
    levels = estimates([1.0], [9.0], [5.0])
    differences = unpaired(levels, own_variances(levels))
    listed = contrasts(names(levels), differences, 0.0, 1)
    assert all(math.isnan(contrast.p) and contrast.verdict == "undecided" for contrast in listed)
    assert candidates(names(levels), differences) == ["l0", "l1", "l2"]


def test_a_level_is_compared_at_every_setting_that_could_be_its_best() -> None:
    """The second level is worse at the chosen setting, and as good at the other: nothing is said."""
    levels = [
        estimate("gru", {0: 1.0, 1: 1.1, 2: 0.9}),
        estimate("lstm", {0: 9.0, 1: 9.1, 2: 8.9}),
        estimate("lstm", {0: 1.0, 1: 1.1, 2: 0.9}),
    ]
    equal = Spread(np.full(3, 0.01), np.full(3, 6.0), 6.0)
    without = contrasts(["gru", "lstm"], unpaired(levels[:2], Spread(np.full(2, 0.01), np.full(2, 6.0), 6.0)), 0.0, 1)
    with_ = contrasts(["gru", "lstm"], unpaired(levels, equal, with_alternatives([0, 1])), 0.0, 1)
    assert (without[0].verdict, with_[0].verdict) == ("better", "undecided")


def test_alternatives_bound_a_difference_on_the_side_of_their_own_level() -> None:
    pairs = with_alternatives([1, 0, 2])
    a, b = pairs.units
    rows = list(zip(a, b, *pairs.levels, pairs.below, pairs.above, strict=True))
    assert rows == [
        (0, 2, 0, 1, True, True),
        (1, 2, 0, 1, True, False),
        (0, 3, 0, 2, True, True),
        (1, 3, 0, 2, True, False),
        (0, 4, 0, 2, False, True),
        (0, 5, 0, 2, False, True),
        (2, 3, 1, 2, True, True),
        (2, 4, 1, 2, False, True),
        (2, 5, 1, 2, False, True),
    ]


def test_a_level_drops_out_only_if_another_is_shown_to_be_better() -> None:
    pairs = every_two(3)
    differences = pairs.differences(np.array([-5.0, -1.0, 4.0]), np.ones(3), np.full(3, 8.0))
    assert candidates(["a", "b", "c"], differences) == ["a", "c"]
    nothing = Differences(
        *pairs.levels, differences.means, np.full(3, math.nan), differences.freedoms, pairs.below, pairs.above
    )
    assert candidates(["a", "b", "c"], nothing) == ["a", "b", "c"]


def test_a_contrast_reads_from_both_sides() -> None:
    levels = estimates([1.0, 1.1, 0.9], [2.4, 2.5, 2.3])
    (contrast,) = contrasts(names(levels), unpaired(levels, own_variances(levels)), 0.0, 1)
    other = reversed_(contrast)
    assert (other.first, other.verdict, other.low) == ("l1", "worse", -contrast.high)
    assert reversed_(other) == contrast


def test_levels_without_any_scatter_differ_for_certain_or_not_at_all() -> None:
    levels = estimates([1.0, 1.0], [1.0, 1.0], [2.0, 2.0])
    differences = unpaired(levels, Spread(np.zeros(3), np.ones(3), 3.0))
    first, second, third = contrasts(names(levels), differences, 0.0, 1)
    assert (first.verdict, second.verdict, third.verdict) == ("undecided", "better", "better")
    assert (first.p, second.p) == pytest.approx((1.0, 0.0))
