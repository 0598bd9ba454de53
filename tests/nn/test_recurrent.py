"""Every cell under the one contract: padding changes nothing, states carry on, loops equal kernels."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlab.errors import UserError
from rnnlab.nn import Recurrent, State, build_recurrent
from rnnlab.reference.cells import ScratchRNN

CELLS = {
    "rnn": "rnnlab.nn.kernels.RNN",
    "gru": "rnnlab.nn.kernels.GRU",
    "lstm": "rnnlab.nn.kernels.LSTM",
    "scratch_rnn": "rnnlab.reference.cells.ScratchRNN",
}
SHAPES = [(1, False), (2, False), (1, True), (3, True)]
each_cell = pytest.mark.parametrize("cell", CELLS)
each_shape = pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)


def layer(cell: str, layers: int = 1, bidirectional: bool = False) -> Recurrent:
    torch.manual_seed(0)
    return build_recurrent({"name": cell, "_target_": CELLS[cell]}, 3, 4, layers, bidirectional=bidirectional).eval()


def parts(state: State) -> tuple[Tensor, ...]:
    return (state,) if isinstance(state, Tensor) else state


def same(a: State, b: State) -> bool:
    return all(torch.allclose(x, y, atol=1e-6) for x, y in zip(parts(a), parts(b), strict=True))


@each_cell
@each_shape
@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_a_padded_row_gets_what_it_gets_alone(cell: str, layers: int, bidirectional: bool, lengths: list[int]) -> None:
    network = layer(cell, layers, bidirectional)
    x = torch.randn(len(lengths), max(lengths), 3)
    y, state = network(x, lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone, state_alone = network(x[row : row + 1, :length])
        assert torch.allclose(y[row, :length], alone[0], atol=1e-6)
        assert not y[row, length:].any()
        assert same(tuple(p[:, row : row + 1] for p in parts(state)), parts(state_alone))


@each_cell
@pytest.mark.parametrize("layers", [1, 2])
def test_a_sequence_in_two_pieces_is_the_sequence(cell: str, layers: int) -> None:
    network, x = layer(cell, layers), torch.randn(2, 9, 3)
    whole, final = network(x)
    first, state = network(x[:, :4])
    second, state = network(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, second], dim=1), whole, atol=1e-6)
    assert same(state, final)


@each_cell
@each_shape
def test_outputs_and_states_have_the_shapes_of_the_contract(cell: str, layers: int, bidirectional: bool) -> None:
    network = layer(cell, layers, bidirectional)
    y, state = network(torch.randn(5, 6, 3))
    directions = 2 if bidirectional else 1
    assert y.shape == (5, 6, 4 * directions) and network.output_size == 4 * directions
    assert all(part.shape == (layers * directions, 5, 4) for part in parts(state))


@each_shape
def test_the_loop_equals_torchs_kernel_given_the_same_weights(layers: int, bidirectional: bool) -> None:
    """SYSTEMS B4 and A5: outputs, states and gradients, to 1e-6."""
    ours = layer("scratch_rnn", layers, bidirectional)
    torchs = nn.RNN(3, 4, layers, batch_first=True, bidirectional=bidirectional)
    theirs = dict(torchs.named_parameters())
    with torch.no_grad():
        for index, cell in enumerate(ours.cells):
            suffix = f"l{index // ours.directions}" + ("_reverse" if index % ours.directions else "")
            assert isinstance(cell, ScratchRNN)
            theirs[f"weight_ih_{suffix}"].copy_(cell.input_to_hidden.weight)
            theirs[f"bias_ih_{suffix}"].copy_(cell.input_to_hidden.bias)
            theirs[f"weight_hh_{suffix}"].copy_(cell.hidden_to_hidden.weight)
            theirs[f"bias_hh_{suffix}"].copy_(cell.hidden_to_hidden.bias)
    x = torch.randn(2, 8, 3)
    (y, h), (y_torch, h_torch) = ours(x), torchs(x)
    assert torch.allclose(y, y_torch, atol=1e-6) and torch.allclose(h, h_torch, atol=1e-6)
    y.square().sum().backward()
    y_torch.square().sum().backward()
    first = ours.cells[0]
    assert isinstance(first, ScratchRNN)
    assert torch.allclose(first.hidden_to_hidden.weight.grad, theirs["weight_hh_l0"].grad, atol=1e-5)
    if layers == 1 and not bidirectional:
        assert torch.equal(y_torch[:, -1], h_torch[0])  # A5: the last output is the state


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [((10, 20, 2), 1_480), ((64, 128, 3), 90_880), ((64, 128, 2, 0.0, True), 148_480)],
)
def test_parameters_are_those_of_the_documents(arguments: tuple[Any, ...], parameters: int) -> None:
    """SYSTEMS E5 and C6."""
    network = build_recurrent({"_target_": CELLS["rnn"]}, *arguments)
    assert sum(weight.numel() for weight in network.parameters()) == parameters


def test_dropout_works_between_layers_and_only_while_training() -> None:
    x = torch.randn(2, 5, 3)
    for cell in CELLS:
        network = build_recurrent({"_target_": CELLS[cell]}, 3, 4, 2, dropout=0.5)
        assert not torch.equal(network.train()(x)[0], network(x)[0])
        assert torch.equal(network.eval()(x)[0], network(x)[0])


def test_a_target_that_is_no_recurrent_layer_is_refused() -> None:
    with pytest.raises(UserError, match=r"cell\._target_.*derives neither"):
        build_recurrent({"_target_": "rnnlab.data.readers.lines"}, 3, 4)


def test_a_key_that_the_cell_does_not_take_is_named() -> None:
    with pytest.raises(UserError, match="depth"):
        build_recurrent({"_target_": CELLS["gru"], "depth": 3}, 3, 4)
