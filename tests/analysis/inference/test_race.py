"""A race: who gets seeds, what is shown at which look, and that the results alone decide it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.analysis.inference.judgement import Rules
from rnnlab.analysis.inference.observations import Observation
from rnnlab.analysis.inference.race import Race, Standing, judgement_of, standings

RULES = Rules(worth=0.05)
MOST = 8
Results = list[Observation]


def results(seed: int, means: Sequence[float], most: int = MOST) -> Results:
    """Every run that a race of some levels could have."""
    random = np.random.default_rng(seed)
    return [
        Observation(f"l{level}", (), (), index, float(10 + mean + random.standard_normal()))
        for level, mean in enumerate(means)
        for index in range(most)
    ]


def held(runs: Results, levels: int, all_pairs: bool = False, failed: Sequence[tuple[str, int]] = ()) -> Standing:
    race = Race(2, tuple(range(MOST)), {(): levels}, all_pairs)
    (standing,) = standings(runs, RULES, race, {(): [(level, (), seed) for level, seed in failed]})
    return standing


def counting(runs: Results, standing: Standing) -> Results:
    return [run for run in runs if run.seed in range(standing.counted[run.level])]


RACES = st.tuples(st.integers(0, 10_000), st.lists(st.sampled_from([0.0, 1.0, 3.0, 9.0]), min_size=2, max_size=5))


@settings(max_examples=8, deadline=None)
@given(race=RACES, all_pairs=st.booleans(), data=st.data())
def test_the_results_that_count_decide_in_any_order_and_no_other(
    race: tuple[int, list[float]], all_pairs: bool, data: st.DataObject
) -> None:
    runs, levels = results(*race), len(race[1])
    whole = held(runs, levels, all_pairs)
    assert whole.ending
    due = counting(runs, whole)
    assert held(data.draw(st.permutations(due)), levels, all_pairs) == whole
    some = data.draw(st.lists(st.sampled_from(runs), max_size=6))
    assert held([*due, *(run for run in some if run not in due)], levels, all_pairs) == whole


@settings(max_examples=8, deadline=None)
@given(race=RACES, all_pairs=st.booleans())
def test_what_is_shown_at_one_look_stands_at_all_later_ones(race: tuple[int, list[float]], all_pairs: bool) -> None:
    runs, levels = results(*race), len(race[1])
    before: Standing | None = None
    for count in range(2, MOST + 1):
        now = held([run for run in runs if int(str(run.seed)) < count], levels, all_pairs)
        if before is not None:
            assert set(now.contenders) <= set(before.contenders)
            assert set(now.group.candidates) <= set(before.group.candidates)
            decided = {frozenset((c.first, c.second)): c for c in before.group.contrasts if c.verdict != "undecided"}
            for contrast in now.group.contrasts:
                old = decided.get(frozenset((contrast.first, contrast.second)))
                assert old is None or abs(contrast.difference) == pytest.approx(abs(old.difference))
            if before.ending:
                assert now == before
        before = now


def test_no_look_is_taken_before_every_level_has_its_first_seeds() -> None:
    runs = results(0, [0, 30, 30])
    early = held([run for run in runs if run.level != "l2" or run.seed == 0], 3)
    assert early.looks == 0 and not early.ending and early.group.candidates == ("l0", "l1", "l2")
    assert all(math.isnan(contrast.p) for contrast in early.group.contrasts)
    assert held([run for run in runs if run.level != "l2"], 3).looks == 0, "a level without any run is waited for"


def test_a_level_far_ahead_wins_at_once_and_the_others_get_no_more_seeds() -> None:
    standing = held(results(1, [0, 40, 40, 40, 40]), 5)
    assert standing.ending == "best" and standing.group.candidates == ("l0",)
    assert set(standing.counted.values()) < set(range(2, 5))
    assert judgement_of([standing]).groups == (standing.group,) and judgement_of([standing]).overall is None


def test_practically_equal_levels_end_a_race() -> None:
    random = np.random.default_rng(2)
    runs = [
        Observation(f"l{level}", (), (), seed, 10 + 1e-4 * random.standard_normal())
        for level in range(3)
        for seed in range(MOST)
    ]
    standing = held(runs, 3)
    assert standing.ending == "equal" and len(standing.group.candidates) == 3
    assert set(standing.counted.values()) == {standing.looks + 1} != {MOST}


def test_a_race_for_all_pairs_decides_what_a_race_for_the_best_leaves_open() -> None:
    runs = results(3, [0, 40, 44])
    best, every = held(runs, 3), held(runs, 3, all_pairs=True)
    assert best.ending == "best" and every.ending == "decided"
    assert sum(best.counted.values()) < sum(every.counted.values())
    verdicts = {(c.first, c.second): c.verdict for c in every.group.contrasts}
    assert verdicts["l1", "l2"] == "better" and every.group.candidates == ("l0",)


def test_a_level_of_which_a_run_failed_leaves_the_race_and_wins_nothing() -> None:
    runs = [run for run in results(4, [0, 40, 40]) if (run.level, run.seed) != ("l0", 1)]
    standing = held(runs, 3, failed=[("l0", 1)])
    assert standing.failed == ("l0",) and standing.counted["l0"] == 1
    assert "l0" in standing.group.candidates, "nothing shows that it is worse"
    assert standing.ending in ("alone", "most", "equal")


def test_a_level_that_diverged_gets_no_more_seeds_and_is_out_where_it_was_worse_anyway() -> None:
    runs = [
        replace(run, value=math.nan) if run.seed == 1 and run.level in ("l0", "l3") else run
        for run in results(5, [0, 0.5, 0.5, 60])
    ]
    standing = held(runs, 4)
    assert set(standing.failed) == {"l0", "l3"} and standing.counted["l0"] == standing.counted["l3"] == 2
    assert standing.group.candidates != ("l0",) and "l0" in standing.group.candidates


def test_groups_share_the_error_and_race_on_their_own() -> None:
    near = [replace(run, within=(("size", 8),)) for run in results(6, [0, 0])]
    far = [replace(run, within=(("size", 16),)) for run in results(7, [0, 60])]
    levels = {run.within: 2 for run in (*near, *far)}
    both = standings([*near, *far], RULES, Race(2, tuple(range(MOST)), levels), {})
    assert [standing.ending for standing in both] == ["most", "best"]
    (alone,) = standings(far, RULES, Race(2, tuple(range(MOST)), {far[0].within: 2}), {})
    assert both[1].error < alone.error


def test_trials_that_chose_the_settings_are_no_part_of_a_race() -> None:
    runs = [replace(run, tuned=(("lr", 3),)) for run in results(8, [0, 9])]
    trials = [
        Observation(f"l{level}", (("lr", rate),), (), 100, 12.0 + abs(rate - 3))
        for level in (0, 1)
        for rate in range(6)
    ]
    with_trials = held([*trials, *runs], 2)
    assert with_trials.ending == "best" and with_trials.counted == held(runs, 2).counted
    level = with_trials.group.levels[0]
    assert level.choice.settings == 6 and level.seeds == with_trials.counted["l0"]
