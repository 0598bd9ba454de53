"""Every cell under the one contract: padding changes nothing and states carry on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from networks import CELLS
from rnnlab.errors import UserError
from rnnlab.nn import Recurrent, State, build_recurrent

WHOLE = ("bag", "mlp_flat")  # see a sequence as a whole: no cells, and they have tests of their own
FORWARDS = ("transformer", "mlp_window")  # have states of other sizes, and do not read backwards
RECURRENT = [cell for cell in CELLS if cell not in WHOLE]
SHAPES = [(1, False), (2, False), (1, True), (3, True)]
each_cell = pytest.mark.parametrize("cell", RECURRENT)
each_shape = pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)
each_cell_and_shape = pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"),
    [(cell, *shape) for cell in RECURRENT for shape in SHAPES if cell not in FORWARDS or not shape[1]],
)


def layer(cell: str, layers: int = 1, bidirectional: bool = False) -> Recurrent:
    torch.manual_seed(0)
    return build_recurrent(CELLS[cell], 3, 4, layers, bidirectional=bidirectional).double().eval()


def randn(*shape: int) -> Tensor:
    """In float64, where what should be equal differs by next to nothing, also behind a layer normalisation."""
    return torch.randn(*shape, dtype=torch.float64)


def parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else state


def same(a: State, b: State) -> bool:
    return all(torch.allclose(x, y, atol=1e-9) for x, y in zip(parts(a), parts(b), strict=True))


@each_cell_and_shape
@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_a_padded_row_gets_what_it_gets_alone(cell: str, layers: int, bidirectional: bool, lengths: list[int]) -> None:
    network = layer(cell, layers, bidirectional)
    x, more = randn(len(lengths), max(lengths), 3), randn(len(lengths), 2, 3)
    y, state = network(x, lengths=torch.tensor(lengths))
    going_on, _ = network(more, state)
    for row, length in enumerate(lengths):
        alone, state_alone = network(x[row : row + 1, :length])
        assert torch.allclose(y[row, :length], alone[0], atol=1e-9)
        assert not y[row, length:].any()
        assert torch.allclose(going_on[row], network(more[row : row + 1], state_alone)[0], atol=1e-9)
        if cell != "transformer":  # whose state is as wide as the longest row
            assert same(tuple(p[:, row : row + 1] for p in parts(state)), parts(state_alone))


@each_cell
@pytest.mark.parametrize("layers", [1, 2])
def test_a_sequence_in_two_pieces_is_the_sequence(cell: str, layers: int) -> None:
    network, x = layer(cell, layers), randn(2, 9, 3)
    whole, final = network(x)
    first, state = network(x[:, :4])
    second, state = network(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, second], dim=1), whole, atol=1e-9)
    assert same(state, final)


@each_cell_and_shape
def test_outputs_and_states_have_the_shapes_of_the_contract(cell: str, layers: int, bidirectional: bool) -> None:
    network = layer(cell, layers, bidirectional)
    y, state = network(randn(5, 6, 3))
    directions = 2 if bidirectional else 1
    assert y.shape == (5, 6, 4 * directions) and network.output_size == 4 * directions
    for part in parts(state):
        assert part.dim() == 3 and part.shape[1] == 5
        assert part.shape[::2] == (layers * directions, 4) or cell in FORWARDS


@each_cell
def test_no_output_depends_on_a_later_input(cell: str) -> None:
    network, x = layer(cell, 2), randn(2, 9, 3)
    assert network.causal
    changed = torch.cat([x[:, :5], randn(2, 4, 3)], dim=1)
    assert torch.allclose(network(changed)[0][:, :5], network(x)[0][:, :5], atol=1e-9)


@each_cell
def test_rows_of_a_state_can_be_picked_as_tasks_do(cell: str) -> None:
    network, x, more = layer(cell, 2), randn(4, 6, 3), randn(4, 3, 3)
    _, state = network(x)
    whole, _ = network(more, state)
    picked = torch.tensor([3, 1])
    rows = tuple(part.index_select(1, picked).detach() for part in parts(state))
    some, _ = network(more[picked], rows if isinstance(state, tuple) else rows[0])
    assert torch.allclose(some, whole[picked], atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [((10, 20, 2), 1_480), ((64, 128, 3), 90_880), ((64, 128, 2, 0.0, True), 148_480)],
)
def test_parameters_are_those_of_the_documents(arguments: tuple[Any, ...], parameters: int) -> None:
    """SYSTEMS E5 and C6."""
    network = build_recurrent(CELLS["rnn"], *arguments)
    assert sum(weight.numel() for weight in network.parameters()) == parameters


def test_dropout_works_between_layers_and_only_while_training() -> None:
    x = torch.randn(2, 5, 3)
    for cell in RECURRENT:
        network = build_recurrent(CELLS[cell], 3, 4, 2, dropout=0.5)
        assert not torch.equal(network.train()(x)[0], network(x)[0])
        assert torch.equal(network.eval()(x)[0], network(x)[0])


def test_a_target_that_is_no_recurrent_layer_is_refused() -> None:
    with pytest.raises(UserError, match=r"cell\._target_.*derives neither"):
        build_recurrent({"_target_": "rnnlab.data.sources.names.read_lines"}, 3, 4)


def test_a_key_that_the_cell_does_not_take_is_named() -> None:
    with pytest.raises(UserError, match="depth"):
        build_recurrent({**CELLS["gru"], "depth": 3}, 3, 4)
