"""The yardstick: a window and nothing else, however its sequence is cut into pieces."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from networks import CELLS
from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.nn import build_recurrent
from rnnlab.nn.cells.transformer import Transformer


def transformer(layers: int = 1, **settings: Any) -> Transformer:
    torch.manual_seed(0)
    network = build_recurrent({**CELLS["transformer"], **settings}, 6, 8, layers).double().eval()
    assert isinstance(network, Transformer)
    return network


def randn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("context", [1, 2, 4])
def test_an_output_depends_on_the_steps_of_its_context_and_on_no_others(context: int, layers: int) -> None:
    """A layer reaches `context - 1` steps back, and layers reach that far each."""
    network, x = transformer(layers, context=context), randn(1, 12, 6).requires_grad_()
    y, _ = network(x)
    (gradient,) = torch.autograd.grad(y[0, 9].square().sum(), x)
    reached = gradient[0].abs().sum(dim=-1) > 0
    assert reached.nonzero().flatten().tolist() == list(range(9 - layers * (context - 1), 10))


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(1, 6), min_size=1, max_size=6), context=st.integers(1, 9))
def test_any_pieces_of_a_stream_give_what_the_stream_gives(cuts: list[int], context: int) -> None:
    network, x = transformer(2, context=context), randn(2, sum(cuts), 6)
    whole, _ = network(x)
    state, pieces = None, []
    for piece in x.split(cuts, dim=1):
        y, state = network(piece, state)
        pieces.append(y)
    assert torch.allclose(torch.cat(pieces, dim=1), whole, atol=1e-10)
    keys, values, known = state
    kept = min(context - 1, sum(cuts))
    assert keys.shape == values.shape == (2, 2, kept * 8) and known.unique().tolist() == [kept]


@settings(max_examples=30)
@given(pieces=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4))
def test_rows_of_different_lengths_go_on_as_if_alone(pieces: list[tuple[int, int]]) -> None:
    """Each piece is as long as it is for two rows; between their ends there is padding."""
    network, states, together = transformer(2, context=4), [None, None], None
    for lengths in pieces:
        x = randn(2, max(lengths) + 1, 6)
        y, together = network(x, together, torch.tensor(lengths))
        for row, length in enumerate(lengths):
            alone, states[row] = network(x[row : row + 1, :length], states[row])
            assert torch.allclose(y[row, :length], alone[0], atol=1e-10) and not y[row, length:].any()


def test_a_state_of_zeros_is_no_past() -> None:
    network, x = transformer(2), randn(2, 4, 6)
    zeros = tuple(map(torch.zeros_like, network(x)[1]))
    assert torch.allclose(network(x, zeros)[0], network(x)[0], atol=1e-10)


def test_positions_are_distances() -> None:
    """Far down a stream an output is what it is at the beginning, given the same steps before it."""
    network, x = transformer(context=3), randn(1, 50, 6)
    assert torch.allclose(network(x)[0][:, -1], network(x[:, -3:])[0][:, -1], atol=1e-10)


def test_order_matters() -> None:
    network, x = transformer(), randn(1, 4, 6)
    assert not torch.allclose(network(x)[0][:, -1], network(x[:, [1, 0, 2, 3]])[0][:, -1], atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "bidirectional", "named"),
    [
        ({"heads": 3}, False, r"cell\.heads=3: model\.hidden_size=8"),
        ({"heads": 8}, False, r"cell\.heads=8"),
        ({"heads": 0}, False, r"cell\.heads must be"),
        ({"context": 0}, False, r"cell\.context"),
        ({"context": 2.5}, False, r"cell\.context"),
        ({"context": None}, False, r"cell\.context"),
        ({}, True, r"model\.bidirectional=true is not for cell=transformer"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(settings: dict[str, Any], bidirectional: bool, named: str) -> None:
    node = {**CELLS["transformer"], **settings}
    with pytest.raises(UserError, match=named):
        check({"cell": node})
        build_recurrent(node, 6, 8, bidirectional=bidirectional)
