"""A small part of every kind of race in experiments/calibration-races, and what the study says of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from rnnlab.charts.document import Table
from rnnlab.reference.calibration.race_report import race_calibration, race_document
from rnnlab.reference.calibration.races import RaceScenario, RaceTally, hold, race_scenarios, simulate_races

KINDS = [kind for kind in race_scenarios() if kind.scenario.levels <= 6 and kind.most <= 12]
LONG = [kind for kind in race_scenarios() if kind not in KINDS]
RARELY = 1e-4


def tallied(kinds: list[RaceScenario], races: int) -> dict[str, RaceTally]:
    every = [RaceScenario(kind.scenario, kind.first, kind.all_pairs, kind.priced) for kind in kinds]
    return dict(zip((kind.name for kind in kinds), simulate_races(every, races, priced=False), strict=True))


def test_races_name_no_more_false_winners_than_five_percent_explain() -> None:
    tallies = tallied(KINDS, 3)
    races, wrong = (sum(values) for values in zip(*((t.races, t.wrong) for t in tallies.values()), strict=True))
    assert races >= 60 and wrong <= binom.ppf(1 - RARELY, races, 0.05)
    far = tallies["race with one ahead by 4 of 6"]
    assert far.power == 1.0 and far.mean_runs < 6 * 6


@pytest.mark.slow
def test_long_races_name_no_more_false_winners_than_five_percent_explain() -> None:
    tallies = tallied(LONG, 2)
    races, wrong = (sum(values) for values in zip(*((t.races, t.wrong) for t in tallies.values()), strict=True))
    assert wrong <= binom.ppf(1 - RARELY, races, 0.05)


def test_names_are_told_apart() -> None:
    names = [kind.name for kind in race_scenarios()]
    assert len(set(names)) == len(names)


def test_a_race_draws_all_that_it_could_need_and_uses_a_part() -> None:
    (kind,) = (kind for kind in KINDS if kind.name == "race with one ahead by 4 of 6")
    standing = hold(kind, np.random.default_rng(0))
    assert standing.ending == "best" and sum(standing.counted.values()) < 6 * kind.most


def test_the_study_says_what_is_wrong_and_what_is_saved() -> None:
    equal, priced = KINDS[0], next(kind for kind in KINDS if kind.priced)
    good = RaceTally(races=1_000, wrong=40, named=0, runs=20_000, looks=9_000)
    costs = RaceTally(races=500, wrong=3, named=400, runs=500 * 36, looks=2_000, seeds=12.0)
    answer, _, errors, _, saved = race_document({equal: good, priced: costs}).blocks
    assert "In 2 of 2 kinds" in str(answer) and "50 to 50% of" in str(answer) and "every goal is met" in str(answer)
    assert isinstance(errors, Table) and errors.rows[0][3:5] == ["4.0", "0.6"]
    assert isinstance(saved, Table) and saved.rows[0][-2:] == ["0.50", "0.67"]
    good.wrong, costs.seeds = 100, 8.0
    blocks = race_document({equal: good, priced: costs}).blocks
    assert "2 goals are missed" in str(blocks[0])
    assert "false winners in 10.0% of races" in str(blocks[1]) and "0.75 of the runs" in str(blocks[1])


@pytest.mark.parametrize(("name", "value"), [("races", 0), ("races", 2.5), ("seed", -1)])
def test_a_setting_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        race_calibration(**{name: value})  # type: ignore[arg-type]
