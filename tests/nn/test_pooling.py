"""One vector for a whole sequence, whatever stands behind it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlab.nn.pooling import pool, pooled_size

LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)
HOW = ("last", "mean", "max", "concat")
each_way = pytest.mark.parametrize("how", HOW)
each_direction = pytest.mark.parametrize("directions", [1, 2])


@each_way
@each_direction
@given(lengths=LENGTHS, more=st.integers(0, 3), padding=st.floats(allow_nan=True, allow_infinity=True, width=32))
def test_padding_has_no_part_in_it(how: str, directions: int, lengths: list[int], more: int, padding: float) -> None:
    y = torch.randn(len(lengths), max(lengths) + more, 3 * directions)
    for row, length in enumerate(lengths):
        y[row, length:] = padding
    vectors = pool(y, torch.tensor(lengths), how, directions)
    assert vectors.shape == (len(lengths), pooled_size(3 * directions, how))
    for row, length in enumerate(lengths):
        alone = pool(y[row : row + 1, :length], torch.tensor([length]), how, directions)
        assert torch.allclose(vectors[row], alone[0], atol=1e-6)


@each_direction
@given(lengths=LENGTHS)
def test_last_is_where_each_direction_of_torchs_gru_ends(directions: int, lengths: list[int]) -> None:
    gru = nn.GRU(2, 3, batch_first=True, bidirectional=directions == 2)
    packed = pack_padded_sequence(
        torch.randn(len(lengths), max(lengths), 2), torch.tensor(lengths), batch_first=True, enforce_sorted=False
    )
    outputs, h_n = gru(packed)  # h_n: (directions, B, 3)
    y, _ = pad_packed_sequence(outputs, batch_first=True)
    expected = torch.cat(list(h_n), dim=-1)
    assert torch.allclose(pool(y, torch.tensor(lengths), "last", directions), expected, atol=1e-6)


def test_mean_and_max_go_over_the_real_steps_of_each_unit() -> None:
    y = torch.tensor([[[1.0, -5.0], [3.0, -7.0], [9.0, 9.0]]])
    lengths = torch.tensor([2])
    assert pool(y, lengths, "mean").tolist() == [[2.0, -6.0]]
    assert pool(y, lengths, "max").tolist() == [[3.0, -5.0]]
    assert pool(y, lengths, "last").tolist() == [[3.0, -7.0]]
    assert pool(y, lengths, "last", directions=2).tolist() == [[3.0, -5.0]]
    assert pool(y, lengths, "concat").tolist() == [[3.0, -7.0, 2.0, -6.0, 3.0, -5.0]]


def test_another_pooling_is_refused() -> None:
    with pytest.raises(ValueError, match="no pooling 'sum'"):
        pool(torch.zeros(1, 1, 1), torch.tensor([1]), "sum")
