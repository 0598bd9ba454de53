"""The setting at which a level is at its own best, and the seeds that had no part in choosing it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rnnlab.analysis.inference.observations import Seeds, Setting
from rnnlab.analysis.inference.tuning import choose


def rate(value: float) -> Setting:
    return (("lr", value),)


def seeds(*values: float, first: int = 0) -> Seeds:
    return dict(enumerate(values, start=first))


SMALL, MIDDLE, LARGE = rate(0.001), rate(0.01), rate(0.1)


def test_a_single_setting_is_estimated_from_all_of_its_seeds() -> None:
    choice = choose({SMALL: seeds(2, 1, 3)})
    assert (choice.setting, choice.seeds, choice.settings, choice.biased) == (SMALL, (0, 1, 2), 1, False)


def test_fresh_seeds_estimate_what_the_others_chose() -> None:
    """However good or bad they are: seeds 10 to 12, which only the chosen setting has."""
    choice = choose({SMALL: seeds(2.0, 2.2), MIDDLE: {**seeds(1.9, 2.1), **seeds(9, 8, 7, first=10)}})
    assert (choice.setting, choice.seeds, choice.biased) == (MIDDLE, (10, 11, 12), False)


def test_one_seed_chooses_and_the_others_estimate_where_none_is_fresh() -> None:
    choice = choose({SMALL: seeds(1.0, 2.0, 2.1), MIDDLE: seeds(1.1, 1.6, 2.4)})
    assert (choice.setting, choice.seeds, choice.biased, choice.others) == (SMALL, (1, 2), False, (MIDDLE,))


@pytest.mark.parametrize(("count", "choosing"), [(2, 1), (3, 1), (5, 1), (6, 2), (10, 3)])
def test_one_seed_in_three_chooses(count: int, choosing: int) -> None:
    rows: Sequence[float] = [1.0 + 0.1 * (-1) ** seed for seed in range(count)]
    choice = choose({SMALL: seeds(*rows), MIDDLE: seeds(*(2.1 - value for value in rows))})
    assert choice.seeds == tuple(range(choosing, count))


def test_all_seeds_estimate_a_setting_that_no_other_comes_near() -> None:
    """What is so far ahead owes nothing to luck."""
    choice = choose({SMALL: seeds(9.0, 9.1, 9.2), MIDDLE: seeds(1.0, 1.1, 1.2), LARGE: seeds(7, 7.1, 7.2)})
    assert (choice.setting, choice.seeds, choice.biased, choice.others) == (MIDDLE, (0, 1, 2), False, ())


def test_of_one_seed_the_best_is_chosen_by_its_own_luck_and_said_to_be() -> None:
    choice = choose({SMALL: seeds(2.0), MIDDLE: seeds(1.0)})
    assert (choice.setting, choice.seeds, choice.biased) == (MIDDLE, (0,), True)


def test_a_search_that_tries_each_setting_once_is_biased_too() -> None:
    choice = choose({rate(index): {index: 1.0 + index} for index in range(5)})
    assert (choice.setting, choice.settings, choice.biased) == (rate(0), 5, True)
