"""The statistics keep their promises: on textbook cases, and on thousands of sweeps whose truth is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rnnlab.analysis.configurations import Configuration, losses
from rnnlab.analysis.factors import Factor, factors
from rnnlab.analysis.statistics import difference, holm, mean_of
from rnnlab.analysis.tables.ranking import in_order
from rnnlab.records.reading import Run
from rnnlab.report.findings import conclusions

SWEEPS = 1_000
SPREAD = 0.01  # standard deviation over seeds
TWO_ERRORS = 2 * math.sqrt(0.05 * 0.95 / SWEEPS)  # of a share of 5% in so many sweeps


def configuration(cell: str, size: int, losses: NDArray[np.float64]) -> Configuration:
    runs = tuple(
        Run(Path(f"{cell}-{size}-{seed}"), "complete", "", {"seed": seed}, {"metrics": {"best": {"val/loss": loss}}})
        for seed, loss in enumerate(losses.tolist())
    )
    return Configuration(f"{cell} {size}", {"cell": cell, "hidden_size": size}, runs)


def sweep(
    random: np.random.Generator, cells: str, sizes: Sequence[int], seeds: int, better: float = 0.0, luck: float = 0.5
) -> list[Configuration]:
    """A sweep in which larger is better, and the first cell better than the others by so many deviations.

    A share `luck` of the variance over seeds is the seed's own: its runs of a cell have it at every size.
    """
    own = {cell: math.sqrt(luck) * random.standard_normal(seeds) for cell in cells}
    outcome = []
    for cell, size in itertools.product(cells, sizes):
        noise = own[cell] + math.sqrt(1 - luck) * random.standard_normal(seeds)
        outcome.append(configuration(cell, size, 2 - size / 100 + SPREAD * (noise - better * (cell == cells[0]))))
    return in_order(outcome)


def by_seed(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


def cell_of(ranked: Sequence[Configuration]) -> Factor:
    return next(factor for factor in factors(ranked) if factor.name == "cell")


@pytest.mark.parametrize(
    ("cells", "sizes", "seeds"),
    [("ab", (1,), 3), ("ab", (1,), 5), ("ab", (1,), 10), ("abc", (1,), 5), ("ab", (1, 9), 3), ("ab", (1, 9), 10)],
    ids=str,
)
def test_of_equal_cells_a_winner_is_named_in_hardly_one_sweep_of_twenty(cells, sizes, seeds) -> None:
    random, named, beaten = np.random.default_rng(seeds), 0, 0
    for _ in range(SWEEPS):
        ranked = sweep(random, cells, sizes, seeds)
        varied = factors(ranked)
        sentence, findings = conclusions(ranked, varied, "nats per token")
        about_cells = next(finding for finding in findings if finding.startswith("cell"))
        named += "the seeds separate it" in sentence or cell_of(ranked).winner is not None
        beaten += "beats" in about_cells
    assert named / SWEEPS <= 0.05 + TWO_ERRORS
    assert beaten / SWEEPS <= 0.05 + TWO_ERRORS


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_cover_the_truth_as_often_as_they_say(seeds) -> None:
    random, covered, covered_over_settings, covered_gaps = np.random.default_rng(seeds), 0, 0, 0
    for _ in range(SWEEPS):
        ranked = sweep(random, "ab", (1, 9), seeds)
        best = next(entry for entry in ranked if entry.label == "a 1")
        outcome = mean_of([losses(best)])
        covered += abs(outcome.value - 1.99) <= outcome.half
        cell = cell_of(ranked)
        (level,) = (level for level in cell.levels if level.name == "a")
        covered_over_settings += abs(level.loss.value - 1.95) <= level.loss.half
        gap = cell.contrasts[0].difference
        covered_gaps += abs(gap.mean) <= gap.half
    assert 0.93 <= covered / SWEEPS <= 0.97
    assert covered_gaps / SWEEPS >= 0.93
    assert covered_over_settings / SWEEPS >= 0.93


def test_a_difference_of_one_deviation_is_found_as_often_as_the_power_of_the_test_says() -> None:
    random = np.random.default_rng(0)
    outcome = sum(cell_of(sweep(random, "ab", (1,), 10, better=1.0)).winner == "a" for _ in range(SWEEPS)) / SWEEPS
    shift, critical = math.sqrt(10 / 2), stats.t.ppf(0.975, 18)  # in standard errors of the difference
    power = stats.nct.sf(critical, 18, shift) + stats.nct.cdf(-critical, 18, shift)
    assert power == pytest.approx(0.562, abs=0.001)
    assert outcome == pytest.approx(power, abs=2 * math.sqrt(power * (1 - power) / SWEEPS))


def test_a_mean_has_students_interval() -> None:
    values = [2.0, 2.5, 2.1]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    outcome = mean_of([by_seed(*values)])
    assert (outcome.value - outcome.half, outcome.value + outcome.half) == pytest.approx((low, high))
    assert math.isnan(mean_of([by_seed(2.0)]).half) and mean_of([by_seed(2.0, 2.0)]).half == 0


def test_at_one_setting_a_difference_is_welchs_test() -> None:
    first, second = [1.0, 2.0, 3.0], [3.0, 5.0, 7.0, 9.0]
    theirs = stats.ttest_ind(first, second, equal_var=False)
    outcome = difference([(by_seed(*first), by_seed(*second))])
    low, high = theirs.confidence_interval(0.95)
    assert outcome.p == pytest.approx(theirs.pvalue)
    assert (outcome.mean - outcome.half, outcome.mean + outcome.half) == pytest.approx((low, high))
    cohen = (2.0 - 6.0) / math.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    freedom = len(first) + len(second) - 2
    assert outcome.effect == pytest.approx(cohen * (1 - 3 / (4 * freedom - 1)), rel=0.01)  # Hedges' approximation


def test_with_one_seed_each_settings_take_the_place_of_seeds() -> None:
    first, second = [2.0, 1.8, 1.7, 1.5], [2.1, 1.85, 1.8, 1.56]
    outcome = difference([(by_seed(a), by_seed(b)) for a, b in zip(first, second, strict=True)])
    assert outcome.p == pytest.approx(stats.ttest_rel(first, second).pvalue)
    assert difference([(by_seed(2.0), by_seed(2.1)), (by_seed(1.8), by_seed(1.9))]).p is None


def test_seeds_without_any_spread_need_no_test() -> None:
    assert difference([(by_seed(2.0, 2.0), by_seed(2.0, 2.0))]).p == 1.0
    assert difference([(by_seed(2.0, 2.0), by_seed(2.1, 2.1))]).p == 0.0


def test_holms_correction_is_that_of_his_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_a_corrected_p_value_is_never_smaller_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(after >= before and after <= 1 for before, after in zip(p_values, corrected, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [corrected[index] for index in order] == sorted(corrected)
