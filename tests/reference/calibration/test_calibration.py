"""A small part of every scenario of experiments/calibration, and the tests that it compares with.

The bounds are those of a statistical statement: what is held to 5% exceeds them in one of ten thousand trials.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, ttest_ind
from scipy.stats import dunnett as scipy_dunnett
from scipy.stats import tukey_hsd as scipy_tukey

from rnnlab.charts.document import Table
from rnnlab.charts.values import Lines
from rnnlab.reference.calibration.report import calibration, document
from rnnlab.reference.calibration.rivals import dunnett, games_howell, known, rliable, said, tukey, welch_holm
from rnnlab.reference.calibration.scenarios import BASE, Scenario, scenarios
from rnnlab.reference.calibration.simulation import METHODS, OURS, Tally, simulate
from rnnlab.reference.calibration.sweeps import draw
from support import ROOT, Answer, assert_refused

SWEEPS = 12
LONG = 10  # divisor of what takes too long for a test
RARELY = 1e-4

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    every = [scenario for scenario in scenarios() if scenario.divisor < LONG]
    return dict(zip((scenario.name for scenario in every), simulate(every, SWEEPS, methods=False), strict=True))


@pytest.mark.records
def test_no_scenario_has_more_false_winners_than_five_percent_explain(tallies: dict[str, Tally]) -> None:
    too_many = {
        name: tally.wrong[OURS]
        for name, tally in tallies.items()
        if tally.wrong[OURS] > binom.ppf(1 - RARELY / len(tallies), tally.sweeps, 0.05)
    }
    assert too_many == {}


def test_five_percent_hold_over_all_scenarios_together(tallies: dict[str, Tally]) -> None:
    sweeps, wrong = (sum(values) for values in zip(*((t.sweeps, t.wrong[OURS]) for t in tallies.values()), strict=True))
    assert sweeps > 1_000
    assert wrong <= binom.ppf(1 - RARELY, sweeps, 0.05)


def test_sets_of_candidates_hold_the_best_level(tallies: dict[str, Tally]) -> None:
    sweeps, held = (sum(values) for values in zip(*((t.sweeps, t.held) for t in tallies.values()), strict=True))
    assert held >= binom.ppf(RARELY, sweeps, 0.95)


def test_intervals_cover_the_expected_results(tallies: dict[str, Tally]) -> None:
    """Those of one sweep share their variance, so that the sweep counts, and not the interval."""
    with_any = [tally for tally in tallies.values() if tally.intervals]
    covered = sum(tally.coverage * tally.sweeps for tally in with_any)
    assert covered >= binom.ppf(RARELY, sum(tally.sweeps for tally in with_any), 0.93)


def test_one_seed_never_has_a_winner(tallies: dict[str, Tally]) -> None:
    single = [tally for name, tally in tallies.items() if name.startswith("one seed")]
    assert len(single) == 3
    for tally in single:
        assert tally.wrong[OURS] == 0 and not tally.intervals and tally.held == tally.sweeps


def test_a_search_that_tried_each_setting_once_names_nothing(tallies: dict[str, Tally]) -> None:
    tally = tallies["a search of 20 runs for each of 3 equal levels"]
    assert tally.wrong[OURS] == 0 and not tally.intervals


@pytest.mark.parametrize("levels", [2, 6, 20])
def test_a_level_far_ahead_is_named_at_three_seeds(levels: int, tallies: dict[str, Tally]) -> None:
    tally = tallies[f"ahead by 8 of {levels}, 3 seeds"]
    assert tally.power(OURS) > 0.7


def test_levels_that_cross_are_told_apart_at_each_setting(tallies: dict[str, Tally]) -> None:
    tally = tallies["levels that cross by 5 deviations, 5 seeds"]
    assert tally.asked == 2 * tally.sweeps and tally.power(OURS) == 1.0


def test_pairs_find_what_the_luck_of_seeds_hides(tallies: dict[str, Tally]) -> None:
    assert tallies["ahead by 2 of 6 in pairs, 90% of luck common, 3 seeds"].power(OURS) > 0.7


def test_scenarios_have_names_of_their_own() -> None:
    names = [scenario.name for scenario in scenarios()]
    assert len(set(names)) == len(names)


def test_a_sweep_is_drawn_as_its_scenario_says() -> None:
    scenario = Scenario("test", ((0.0, 4.0),), (500,), (1.0, 3.0), settings=3, bowl=2.0, own=0.9)
    values = draw(scenario, np.random.default_rng(0)).values[0]
    assert values.mean(axis=2) == pytest.approx(BASE + np.array([[2, 0, 2], [6, 4, 6]]), abs=0.5)
    assert values.std(axis=2) == pytest.approx(np.array([[1.0] * 3, [3.0] * 3]), rel=0.1)
    assert np.corrcoef(values[0])[0, 1] == pytest.approx(0.9, abs=0.03)
    assert abs(np.corrcoef(values[0, 0], values[1, 0])[0, 1]) < 0.2


def test_runs_are_missing_or_diverge_as_often_as_a_scenario_says() -> None:
    scenario = Scenario("test", ((0.0, 0.0),), (1_000,), diverges=0.1, missing=0.2)
    sweep = draw(scenario, np.random.default_rng(0))
    assert np.isnan(sweep.values).mean() == pytest.approx(0.2, abs=0.04)
    far = np.nan_to_num(sweep.values, nan=0.0) > BASE + 15
    assert far.sum() / np.isfinite(np.nan_to_num(sweep.values, nan=np.inf, posinf=0.0)).sum() == pytest.approx(
        0.1, abs=0.03
    )
    assert len(sweep.observations()) == (~np.isnan(sweep.values)).sum()


def test_fresh_seeds_are_those_of_the_setting_that_the_others_chose() -> None:
    scenario = Scenario("test", ((0.0,),), (3,), settings=4, bowl=5.0, fresh=2)
    runs = draw(scenario, np.random.default_rng(0)).observations()
    fresh = {(run.tuned, run.seed) for run in runs if run.seed in (3, 4)}
    assert fresh == {((("lr", 2),), 3), ((("lr", 2),), 4)} and len(runs) == 4 * 3 + 2


def samples(seed: int = 0) -> list[Array]:
    random = np.random.default_rng(seed)
    return [mean + random.standard_normal(count) for mean, count in ((0.0, 4), (2.5, 6), (1.0, 5), (3.5, 6))]


def test_tukeys_test_is_that_of_scipy() -> None:
    rows = samples()
    expected = (scipy_tukey(*rows).pvalue < 0.05) & np.array([[a.mean() < b.mean() for b in rows] for a in rows])
    assert expected.any() and (tukey(rows, 0.05) == expected).all()


def test_games_and_howells_test_is_that_of_scipy() -> None:
    rows = samples()
    better = scipy_tukey(*rows, equal_var=False).pvalue < 0.05
    expected = better & np.array([[a.mean() < b.mean() for b in rows] for a in rows])
    assert expected.any() and (games_howell(rows, 0.05) == expected).all()


@pytest.mark.parametrize("seed", range(3))
def test_dunnetts_test_is_that_of_scipy(seed: int) -> None:
    rows = samples(seed)
    best = int(np.argmin([row.mean() for row in rows]))
    others = [row for index, row in enumerate(rows) if index != best]
    p = scipy_dunnett(*others, control=rows[best], alternative="greater", rng=np.random.default_rng(0)).pvalue
    shown = dunnett(rows, 0.05)
    assert np.delete(shown[best], best).tolist() == (p < 0.05).tolist()
    assert not np.delete(shown, best, axis=0).any()


def test_holm_corrects_welchs_test_of_every_two() -> None:
    a, b, c = np.array([0.0, 0.1, 0.2]), np.array([1.0, 1.1, 1.3]), np.array([1.2, 1.0, 1.15])
    assert ttest_ind(a, b, equal_var=False).pvalue * 3 < 0.05
    assert welch_holm([a, b, c], 0.05).tolist() == [[False, True, True], [False] * 3, [False] * 3]


def test_the_probability_of_improvement_counts_wins() -> None:
    """Agarwal et al. 2021: every run against every run; where all win, the interval is beyond a half."""
    assert rliable([np.array([1.0, 2.0]), np.array([3.0, 4.0])], 0.05).tolist() == [[False, True], [False, False]]
    assert not rliable([np.array([1.0, 4.0]), np.array([2.0, 3.0])], 0.05).any()


def test_a_level_without_runs_is_left_out() -> None:
    rows = [np.array([0.0, 0.1, 0.2]), np.array([]), np.array([5.0, 5.1, 5.2])]
    for method in METHODS.values():
        shown = said(method, rows, 0.05)
        assert shown[0, 2] and shown.sum() == 1


def test_who_knows_the_variance_needs_no_more_than_it() -> None:
    scenario = Scenario("test", ((0.0, 3.0),), (2,))
    values = np.array([[[20.0, 20.2]], [[22.4, 22.6]]])
    assert known(scenario, 0, values, 0.05).tolist() == [[False, True], [False, False]]
    assert not known(Scenario("test", ((0.0, 3.0),), (2,), (3.0,)), 0, values, 0.05).any()


def small() -> list[Scenario]:
    names = re.compile(r"3 equal levels, best of 1 setting, 3|ahead by \d of (20|6), [35] seeds")
    return [scenario for scenario in scenarios() if names.match(scenario.name)]


def results(processes: int = 1) -> Mapping[Scenario, Tally]:
    every = small()
    return dict(zip(every, simulate(every, 2, processes=processes), strict=True))


def test_the_answer_has_a_table_of_each_kind_and_a_figure() -> None:
    blocks = document(results()).blocks
    tables = {block.name: block for block in blocks if isinstance(block, Table)}
    assert tables.keys() == {"calibration", "power", "false-winners"}
    assert len(tables["calibration"].rows) == len(small()) and len(tables["power"].rows) == len(small()) - 1
    (figure,) = (block for block in blocks if isinstance(block, Lines))
    assert [line.label for line in figure.lines][:2] == [OURS, "Tukey"]
    assert isinstance(blocks[0], str) and "names a false winner in no more than 5%" in blocks[0]


def test_what_misses_a_goal_is_said() -> None:
    scenario = small()[0]
    bad = Tally(sweeps=100)
    bad.wrong[OURS], bad.intervals[(1.0, 3)], bad.covered[(1.0, 3)] = 20, 100, 50
    text = str(document({**results(), scenario: bad}).blocks[2])
    assert f"{scenario.name}: false winners in 20.0% of sweeps" in text
    assert f"{scenario.name}: intervals cover 50.0%" in text


@pytest.mark.slow
def test_more_processes_count_the_same() -> None:
    assert document(results(2)) == document(results(1))


@pytest.mark.parametrize(("name", "value"), [("sweeps", 0), ("sweeps", 2.5), ("seed", -1), ("sweeps", True)])
def test_a_setting_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        calibration(**{name: value})  # type: ignore[arg-type]


def test_a_study_without_sweeps_is_refused(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    shutil.copytree(ROOT / "experiments" / "calibration", workdir / "experiments" / "calibration")
    answer = rnnlab("study", "name=calibration", "reference.sweeps=0")
    assert_refused(answer, ["sweeps must be a whole number of at least 1"])


def test_a_share_has_an_error_that_shrinks_with_the_sweeps() -> None:
    assert Tally(sweeps=1_000).allowed == pytest.approx(0.05 + 2 * math.sqrt(0.05 * 0.95 / 1_000))
