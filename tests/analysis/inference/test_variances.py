"""Variances of a few seeds, steadied by those of all configurations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import polygamma

from rnnlab.analysis.inference.estimates import half_width
from rnnlab.analysis.inference.variances import (
    Prior,
    cautious,
    cautious_of,
    fit_prior,
    freedom_of_pool,
    moderated,
    pooled,
)

Array = NDArray[np.float64]


def sample(true: Array, freedom: float, random: np.random.Generator) -> Array:
    """Sample variances with these true ones."""
    return true * random.chisquare(freedom, len(true)) / freedom


def test_a_moderated_variance_is_smyths_weighted_mean() -> None:
    """Smyth 2004, section 3: s̃² = (d0 s0² + d s²) / (d0 + d), with d0 + d degrees of freedom."""
    shrunk, freedoms = moderated(np.array([1.0, 9.0]), np.array([2.0, 4.0]), Prior(4.0, 3.0))
    assert shrunk == pytest.approx([(3 * 4 + 2 * 1) / 5, (3 * 4 + 4 * 9) / 7])
    assert freedoms == pytest.approx([5, 7])


def test_without_a_prior_each_variance_stands_alone_and_with_an_infinite_one_all_are_equal() -> None:
    variances, freedoms = np.array([1.0, 9.0]), np.array([2.0, 4.0])
    alone, of_alone = moderated(variances, freedoms, Prior(4.0, 0.0))
    assert alone.tolist() == [1, 9] and of_alone.tolist() == [2, 4]
    together, of_together = moderated(variances, freedoms, Prior(4.0, math.inf))
    assert together.tolist() == [4, 4] and np.isinf(of_together).all()


def test_the_prior_is_found_that_the_variances_come_from() -> None:
    """The true variances of 20,000 configurations are d0 s0² / χ²(d0): Smyth's model."""
    random = np.random.default_rng(0)
    true = 2.0 * 4.0 / random.chisquare(4.0, 20_000)
    prior = fit_prior(sample(true, 3.0, random), np.full(len(true), 3.0))
    assert prior.freedom == pytest.approx(4.0, rel=0.15)


def test_the_scatter_is_that_of_the_logarithms_beyond_the_trigamma_of_half_the_freedom() -> None:
    """The defining equation of d0: var(log s²) - trigamma(d / 2) = trigamma(d0 / 2)."""
    variances, freedoms = np.array([0.1, 1.0, 10.0, 100.0]), np.full(4, 8.0)
    prior = fit_prior(variances, freedoms)
    surplus = np.log(variances).var(ddof=1) - polygamma(1, 4.0)
    assert polygamma(1, prior.freedom / 2) == pytest.approx(surplus)
    assert prior.variance == pytest.approx(variances.mean())


def test_variances_that_agree_are_taken_for_one_and_caution_takes_a_part_of_that_back() -> None:
    variances, freedoms = np.array([1.0, 1.1, 0.9, 1.0]), np.full(4, 2.0)
    assert math.isinf(fit_prior(variances, freedoms).freedom)
    assert 0 < fit_prior(variances, freedoms, caution=5.0).freedom < 10


def test_two_variances_say_nothing_of_their_scatter() -> None:
    assert fit_prior(np.array([1.0, 3.0]), np.array([2.0, 2.0])) == Prior(2.0, 0.0)


def test_few_configurations_are_trusted_less_than_many() -> None:
    cautions = [cautious(count) for count in (3, 4, 5, 6, 50)]
    assert cautions == sorted(cautions, reverse=True) and cautions[-1] == 1.0


def test_a_pooled_variance_weighs_by_degrees_of_freedom() -> None:
    assert pooled(np.array([1.0, 4.0]), np.array([2.0, 1.0])) == pytest.approx(2.0)
    assert math.isnan(pooled(np.array([]), np.array([])))


def test_settings_that_share_the_luck_of_seeds_are_worth_hardly_more_than_one() -> None:
    random = np.random.default_rng(1)
    shared = random.standard_normal(5)
    alike = [shared + 0.01 * random.standard_normal((12, 5))]
    apart = [random.standard_normal((12, 5))]
    assert freedom_of_pool(alike) == pytest.approx(4.0, abs=0.1)
    assert freedom_of_pool(apart) > 25
    assert freedom_of_pool([]) == 0.0


def test_variances_of_two_seeds_hardly_count_towards_their_scatter() -> None:
    """Three of ten seeds that agree say that they do, beside three of two seeds, which scatter as such do."""
    freedoms = np.array([9.0, 9.0, 9.0, 1.0, 1.0, 1.0])
    agreeing = np.array([0.5, 1.0, 1.8, 0.9, 3.0, 0.002])
    apart = np.array([0.05, 1.0, 20.0, 0.9, 1.0, 1.1])
    assert fit_prior(agreeing, freedoms, caution=1.0).freedom > 4
    assert fit_prior(apart, freedoms, caution=1.0).freedom < 2


def test_the_scatter_of_unequal_variances_is_estimated_without_bias() -> None:
    """Over many draws with nothing but sampling between them, surplus and shortfall of the scatter balance."""
    random, freedoms = np.random.default_rng(2), np.tile([9.0, 4.0, 1.0], 4)
    draws = random.chisquare(freedoms, (2_000, 12)) / freedoms
    agree = [math.isinf(fit_prior(variances, freedoms).freedom) for variances in draws]
    assert 0.45 < np.mean(agree) < 0.7


def test_levels_that_lack_seeds_are_trusted_less() -> None:
    equal, unequal = cautious_of(np.full(6, 9.0)), cautious_of(np.array([9.0, 9.0, 9.0, 1.0, 1.0, 1.0]))
    assert equal == pytest.approx(cautious(6)) and unequal > cautious(3)


def test_a_seed_of_whose_luck_next_to_nothing_is_known_has_no_interval() -> None:
    """With a fifth of a degree of freedom it would reach thousands of deviations to either side."""
    assert half_width(1.0, 1.0, 1) == pytest.approx(12.7062, rel=1e-4)
    assert math.isnan(half_width(1.0, 0.9, 1)) and math.isnan(half_width(math.nan, math.nan, 1))
    assert half_width(0.0, 0.2, 3) == 0
