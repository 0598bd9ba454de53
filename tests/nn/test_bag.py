"""The bag of embeddings: under the contract as far as it goes, and blind to order."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.nn import Recurrent, build_recurrent
from rnnlab.nn.pooling import pool

LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=4)


def bag(**shape: int | bool) -> Recurrent:
    return build_recurrent({"name": "bag", "_target_": "rnnlab.nn.baselines.bag.Bag"}, 5, 8, **shape)  # type: ignore[arg-type]


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-6)


@given(LENGTHS, st.integers(0, 3))
def test_a_padded_row_gets_what_it_gets_alone(lengths: list[int], more: int) -> None:
    network = bag()
    x = torch.randn(len(lengths), max(lengths) + more, 5)
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan  # whatever stands in the padding
    y, (total, count) = network(x, lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone, (its_total, its_count) = network(x[row : row + 1, :length])
        assert close(y[row, :length], alone[0]) and not y[row, length:].any()
        assert close(total[:, row], its_total[:, 0]) and torch.equal(count[:, row], its_count[:, 0])


def test_every_output_is_the_mean_of_all_inputs() -> None:
    x = torch.randn(3, 4, 5)
    y, (total, count) = bag()(x)
    assert close(y, x.mean(dim=1, keepdim=True).expand_as(x))
    assert total.shape == (1, 3, 5) and close(total[0], x.sum(dim=1)) and count.tolist() == [[[4.0]] * 3]


@given(st.integers(1, 8))
def test_a_sequence_in_two_pieces_ends_as_the_sequence_does(cut: int) -> None:
    """Outputs inside of the first piece cannot: they would have to know the second."""
    network, x = bag(), torch.randn(2, 9, 5)
    whole, (total, count) = network(x)
    _, state = network(x[:, :cut])
    second, (its_total, its_count) = network(x[:, cut:], state)
    assert close(second[:, -1], whole[:, -1])
    assert close(its_total, total) and torch.equal(its_count, count)


@given(st.permutations(range(6)), st.sampled_from(["last", "mean", "max"]), st.integers(1, 2))
def test_no_order_of_the_inputs_changes_anything_under_any_pooling(order: list[int], how: str, directions: int) -> None:
    network, x, lengths = bag(), torch.randn(2, 6, 5), torch.tensor([6, 6])
    a, b = (pool(network(inputs, lengths=lengths)[0], lengths, how, directions) for inputs in (x, x[:, order]))
    assert close(a, b) and close(a, x.mean(dim=1))


@pytest.mark.parametrize("shape", [{}, {"num_layers": 3}, {"bidirectional": True}])
def test_it_has_as_many_units_as_its_inputs_and_no_weights(shape: dict[str, int]) -> None:
    network = bag(**shape)
    assert network.output_size == 5 and network(torch.randn(1, 2, 5))[0].shape == (1, 2, 5)
    assert not list(network.parameters())
    assert not network.causal  # a language model would see what it predicts
