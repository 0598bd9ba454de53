"""The judgement of a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnnlab.analysis.inference.contrasts import Contrast, reversed_
from rnnlab.analysis.inference.judgement import Judgement, Rules, judge
from rnnlab.analysis.inference.observations import Observation

Sweep = list[Observation]


def sweep(seed: int, settings: int = 1, groups: int = 1, seeds: int = 4) -> Sweep:
    """Three levels, the first ahead, tuned over some settings and asked about at some groups."""
    random = np.random.default_rng(seed)
    return [
        Observation(
            level=level,
            tuned=(("lr", setting),) if settings > 1 else (),
            within=(("size", group),) if groups > 1 else (),
            seed=index,
            value=float(10 + 3 * (level != "gru") + setting + random.standard_normal()),
        )
        for group in range(groups)
        for level in ("gru", "lstm", "rnn")
        for setting in range(settings)
        for index in range(seeds)
    ]


def contrasts(judgement: Judgement) -> list[Contrast]:
    families = [group.contrasts for group in judgement.groups]
    families += [judgement.overall.contrasts] if judgement.overall else []
    return [contrast for family in families for contrast in family]


def changed(runs: Sweep, change: Callable[[float], float]) -> Sweep:
    return [replace(run, value=change(run.value)) for run in runs]


KINDS = st.builds(sweep, st.integers(0, 10_000), settings=st.sampled_from([1, 3]), groups=st.sampled_from([1, 2]))
RULES = st.builds(Rules, worth=st.just(0.5), pairs=st.booleans())


@settings(max_examples=10, deadline=None)
@given(runs=KINDS, rules=RULES, factor=st.sampled_from([0.01, 3.0, 1e4]), shift=st.sampled_from([-7.0, 0.0, 100.0]))
def test_another_unit_scales_the_differences_and_changes_no_verdict(
    runs: Sweep, rules: Rules, factor: float, shift: float
) -> None:
    before = contrasts(judge(runs, rules))
    scaled = judge(changed(runs, lambda value: shift + factor * value), replace(rules, worth=0.5 * factor))
    for old, new in zip(before, contrasts(scaled), strict=True):
        assert (new.first, new.second, new.verdict) == (old.first, old.second, old.verdict)
        assert (new.difference, new.low, new.high) == pytest.approx(
            (factor * old.difference, factor * old.low, factor * old.high), rel=1e-6, abs=1e-9 * factor
        )
        assert new.p == pytest.approx(old.p, rel=1e-6, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(runs=KINDS, rules=RULES, order=st.permutations(["gru", "lstm", "rnn"]))
def test_levels_of_other_names_have_the_same_answer_under_those(runs: Sweep, rules: Rules, order: list[str]) -> None:
    names = dict(zip(["gru", "lstm", "rnn"], order, strict=True))
    renamed = judge([replace(run, level=names[run.level]) for run in runs], rules)
    for old, new in zip(judge(runs, rules).groups, renamed.groups, strict=True):
        assert [names[level.name] for level in old.levels] == [level.name for level in new.levels]
        assert [names[name] for name in old.candidates] == list(new.candidates)
        assert [level.value for level in old.levels] == [level.value for level in new.levels]
        assert [contrast.verdict for contrast in old.contrasts] == [contrast.verdict for contrast in new.contrasts]


@settings(max_examples=10, deadline=None)
@given(runs=KINDS, rules=RULES, random=st.randoms(use_true_random=False))
def test_the_order_of_the_runs_is_irrelevant(runs: Sweep, rules: Rules, random: object) -> None:
    shuffled = list(runs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = judge(runs, rules), judge(shuffled, rules)
    by_group = {group.within: group for group in after.groups}
    for old in before.groups:
        new = by_group[old.within]
        assert [level.name for level in old.levels] == [level.name for level in new.levels]
        assert old.candidates == new.candidates
        for one, other in zip(old.contrasts, new.contrasts, strict=True):
            assert (one.verdict, one.p) == (other.verdict, pytest.approx(other.p, rel=1e-6))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_paired_results_that_are_turned_over_turn_the_answer_over(seed: int) -> None:
    """Of two levels, a difference of the other sign has the opposite verdict and the same p-value."""
    runs = [run for run in sweep(seed) if run.level != "rnn"]
    turned = changed(runs, lambda value: 20 - value)
    before, after = (judge(values, Rules(worth=0.0, pairs=True)) for values in (runs, turned))
    assume(not any(judgement.diverged[()] for judgement in (before, after)))  # only a bad result is an accident
    old, new = contrasts(before)[0], contrasts(after)[0]
    ahead = old if old.first == "gru" else reversed_(old)
    behind = new if new.first == "gru" else reversed_(new)
    assert behind.difference == pytest.approx(-ahead.difference)
    assert behind.p == pytest.approx(ahead.p)
    assert {"better": "worse", "worse": "better"}.get(ahead.verdict, ahead.verdict) == behind.verdict


def one(level: str, *values: float) -> Sweep:
    return [Observation(level, (), (), seed, value) for seed, value in enumerate(values)]


GOOD, BAD = (1.0, 1.1, 0.9, 1.0, 1.05), (2.0, 2.1, 1.9, 2.05, 1.95)


def test_a_level_is_judged_at_its_own_best_rate() -> None:
    """On average over the rates the first level is worse."""
    rates = {("gru", 1): 1.0, ("gru", 2): 9.0, ("rnn", 1): 2.0, ("rnn", 2): 2.5}
    random = np.random.default_rng(0)
    runs = [
        Observation(level, (("lr", lr),), (), seed, mean + 0.1 * float(random.standard_normal()))
        for (level, lr), mean in rates.items()
        for seed in range(6)
    ]
    (group,) = judge(runs, Rules(worth=0.0)).groups
    assert group.candidates == ("gru",) and group.contrasts[0].verdict == "better"
    assert [(level.name, level.choice.setting, level.at_edge) for level in group.levels] == [
        ("gru", (("lr", 1),), ("lr",)),
        ("rnn", (("lr", 1),), ("lr",)),
    ]


def test_levels_that_cross_have_no_overall_verdict() -> None:
    runs = [
        replace(run, within=(("size", size),), level=level)
        for size, levels in ((64, ("gru", "rnn")), (128, ("rnn", "gru")))
        for level, values in zip(levels, (GOOD, BAD), strict=True)
        for run in one(level, *values)
    ]
    judgement = judge(runs, Rules(worth=0.0))
    assert judgement.interaction < 0.001 and judgement.overall is None
    assert [group.candidates for group in judgement.groups] == [("gru",), ("rnn",)]


def test_levels_that_keep_their_order_have_one_overall_verdict() -> None:
    runs = [
        replace(run, within=(("size", size),), value=run.value + 0.1 * random)
        for size, shift in ((64, 0), (128, 1))
        for level, values in (("gru", GOOD), ("rnn", BAD))
        for run, random in zip(one(level, *values), (shift, -shift, 0, shift, 0), strict=True)
    ]
    judgement = judge(runs, Rules(worth=0.0))
    assert judgement.interaction > 0.05 and judgement.overall is not None
    assert judgement.overall.candidates == ("gru",) and judgement.overall.contrasts[0].verdict == "better"


def test_groups_whose_results_must_not_be_averaged_have_no_overall_verdict() -> None:
    runs = [replace(run, within=(("data", name),)) for name in ("names", "text") for run in one("gru", *GOOD)]
    judgement = judge(runs, Rules(worth=0.0, pools=False))
    assert judgement.overall is None and math.isnan(judgement.interaction)


def test_a_seed_that_diverged_makes_undecided_what_it_turns_round() -> None:
    """Without it the level is better; with it, it is not."""
    (group,) = judge([*one("gru", *GOOD, 30.0), *one("rnn", *BAD)], Rules(worth=0.0)).groups
    gru = next(level for level in group.levels if level.name == "gru")
    assert gru.diverged == 1 and gru.seeds == 5 and gru.value.value == pytest.approx(np.mean(GOOD))
    assert group.contrasts[0].verdict == "undecided" and set(group.candidates) == {"gru", "rnn"}


def test_a_level_that_is_worse_even_without_its_diverged_seed_is_worse() -> None:
    (group,) = judge([*one("gru", *GOOD), *one("rnn", *BAD, math.inf)], Rules(worth=0.0)).groups
    assert group.contrasts[0].verdict == "better" and group.candidates == ("gru",)
    assert next(level for level in group.levels if level.name == "rnn").diverged == 1


def test_the_test_part_is_reported_beside_validation() -> None:
    runs = [replace(run, test=run.value + 1) for run in (*one("gru", *GOOD), *one("rnn", *BAD))]
    (group,) = judge(runs, Rules()).groups
    assert all(level.test and level.test.value == pytest.approx(level.value.value + 1) for level in group.levels)
    (only,) = judge(one("gru", *GOOD), Rules()).groups
    assert only.levels[0].test is None


def test_a_difference_worth_having_is_half_a_percent_of_the_way_from_chance() -> None:
    runs = [*one("gru", *GOOD), *one("rnn", *BAD)]
    assert judge(runs, Rules(chance={(): 3.01})).worth == pytest.approx(0.005 * 2.0)
    assert judge(runs, Rules()).worth == pytest.approx(0.005 * 1.01)
    assert judge(runs, Rules(worth=0.2)).worth == 0.2


def test_nothing_is_judged_where_there_is_nothing() -> None:
    judgement = judge([], Rules())
    assert judgement.groups == () and judgement.overall is None
    assert judge(one("gru", math.nan), Rules()).groups == ()
