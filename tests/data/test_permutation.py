"""The order of an epoch is a permutation that takes no memory."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from rnnlab.data.permutation import AT_ONCE, Permutation


def parts(count: int, seed: int) -> Permutation:
    return Permutation(count, np.random.default_rng(seed))


@given(st.integers(1, 5_000), st.integers(0, 2**32))
def test_every_row_has_one_place(count: int, seed: int) -> None:
    assert sorted(parts(count, seed)(np.arange(count))) == list(range(count))


@given(st.integers(1, 3 * AT_ONCE), st.integers(1, 2 * AT_ONCE), st.integers(0, 9))
def test_pieces_are_the_order_and_a_place_can_be_asked_for_alone(count: int, size: int, seed: int) -> None:
    order = parts(count, seed)
    pieces = list(order.pieces(size))
    assert {len(piece) for piece in pieces[:-1]} <= {size} and 0 < len(pieces[-1]) <= size
    whole = np.concatenate(pieces)
    assert len(whole) == count
    assert order(np.array([count // 2])) == whole[count // 2]


def test_a_hundred_million_rows_are_as_easy_as_a_hundred() -> None:
    order = parts(10**12, 0)
    rows = order(np.arange(100_000))
    assert len(set(rows.tolist())) == 100_000
    assert 0.49 < rows.mean() / 10**12 < 0.51


def test_all_orders_of_four_rows_are_equally_likely() -> None:
    seen = Counter(tuple(parts(4, seed)(np.arange(4)).tolist()) for seed in range(24_000))
    assert set(seen) == set(itertools.permutations(range(4)))
    assert chisquare(list(seen.values())).pvalue > 1e-4


def test_neighbours_are_strangers() -> None:
    """A row's place says nothing of the next row's, and nothing of the same row's in another epoch."""
    first, second = (parts(30_000, seed)(np.arange(30_000)) for seed in (0, 1))
    for one, other in ((first[:-1], first[1:]), (first, second), (first, np.arange(30_000))):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.03  # five standard errors
