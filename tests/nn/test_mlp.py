"""Layers without a memory under the contract of recurrent ones: a window of inputs, and a whole sequence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from networks import CELLS
from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.nn import Recurrent, build_recurrent
from rnnlab.nn.pooling import pool
from support import trained

STEPS = 16


def mlp(cell: str, hidden_size: int = 4, **keys: Any) -> Recurrent:
    torch.manual_seed(0)
    node = CELLS[cell] | {key: keys.pop(key) for key in ("window", "steps") if key in keys}
    check({"cell": node})
    return build_recurrent(node, 3, hidden_size, **keys).eval()


def close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_window_sees_its_last_inputs_and_no_others(window: int, layers: int) -> None:
    network, x = mlp("mlp_window", 64, window=window, num_layers=layers), torch.randn(1, 9, 3)
    y, state = network(x)
    for changed in range(9):
        other = x.clone()
        other[0, changed] += torch.tensor([3.0, -2.0, 4.0])
        differs = (network(other)[0] - y).abs().amax(dim=(0, 2)) > 1e-6
        sees = torch.arange(9).sub(changed)
        assert not (differs & ~((sees >= 0) & (sees < window))).any()
        assert differs[changed]
    assert isinstance(state, Tensor) and torch.equal(state, x[:, 10 - window :].reshape(1, 1, -1))


def test_a_window_is_the_network_of_its_inputs_side_by_side() -> None:
    network, x = mlp("mlp_window"), torch.randn(2, 5, 3)
    y, _ = network(x)
    first, *_ = network.get_submodule("layers")
    side_by_side = torch.cat([x[:, 1], x[:, 2], x[:, 3]], dim=-1)
    assert close(y[:, 3], first(side_by_side).relu())  # type: ignore[operator]
    assert close(y[:, 0], first(torch.cat([torch.zeros(2, 6), x[:, 0]], dim=-1)).relu())  # type: ignore[operator]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(0, 3))
def test_a_padded_row_of_a_flat_network_gets_what_it_gets_alone(lengths: list[int], more: int) -> None:
    network, x = mlp("mlp_flat"), torch.randn(len(lengths), max(lengths) + more, 3)
    for row, length in enumerate(lengths):
        x[row, length:] = torch.nan  # whatever stands in the padding
    y, (read, count) = network(x, lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone, (alone_state, its_count) = network(x[row : row + 1, :length])
        assert close(y[row, :length], alone[0]) and not y[row, length:].any()
        assert torch.equal(read[:, row], alone_state[:, 0]) and torch.equal(count[:, row], its_count[:, 0])


@given(st.integers(1, 8))
def test_a_sequence_in_two_pieces_ends_as_the_sequence_does(cut: int) -> None:
    network, x = mlp("mlp_flat"), torch.randn(2, 9, 3)
    whole, final = network(x)
    _, state = network(x[:, :cut])
    second, its_final = network(x[:, cut:], state)
    assert close(second[:, -1], whole[:, -1])
    assert all(torch.equal(a, b) for a, b in zip(its_final, final, strict=True))


def test_a_flat_network_is_that_of_the_sequence_laid_flat_under_every_pooling() -> None:
    network, x, lengths = mlp("mlp_flat", steps=6), torch.randn(2, 6, 3), torch.tensor([6, 6])
    first, *_ = network.get_submodule("layers")
    expected = first(x.flatten(1)).relu()  # type: ignore[operator]
    assert all(close(pool(network(x)[0], lengths, how, 2), expected) for how in ("mean", "max"))
    assert not network.causal  # a language model would see what it predicts


@pytest.mark.parametrize(
    ("cell", "layers", "parameters"),
    [
        ("mlp_flat", 1, (STEPS * 3 + 1) * 4),
        ("mlp_flat", 3, (STEPS * 3 + 1) * 4 + 2 * 20),
        ("mlp_window", 1, 40),
        ("mlp_window", 2, 60),
    ],
)
def test_parameters_are_those_of_the_docstrings(cell: str, layers: int, parameters: int) -> None:
    assert sum(weight.numel() for weight in mlp(cell, num_layers=layers).parameters()) == parameters


@pytest.mark.parametrize("cell", ["mlp_flat", "mlp_window"])
def test_gradients_reach_every_input_that_is_seen(cell: str) -> None:
    x = torch.randn(2, 3, 3, requires_grad=True)
    mlp(cell, hidden_size=64)(x, lengths=torch.tensor([3, 2]))[0][:, 1].sum().backward()
    assert x.grad is not None and x.grad[1, :2].any(dim=-1).all() and not x.grad[1, 2].any()


@pytest.mark.parametrize("cell", ["mlp_flat", "mlp_window"])
def test_dropout_works_between_layers_and_only_while_training(cell: str) -> None:
    network, x = mlp(cell, hidden_size=32, num_layers=2, dropout=0.5), torch.randn(2, 5, 3)
    assert not torch.equal(network.train()(x)[0], network(x)[0])
    assert torch.equal(network.eval()(x)[0], network(x)[0])


def test_a_sequence_that_has_no_room_is_refused_in_one_line() -> None:
    network = mlp("mlp_flat", steps=4)
    with pytest.raises(UserError, match=r"cell=mlp_flat has room for 4 steps, and a sequence has 5"):
        network(torch.randn(1, 5, 3))
    _, state = network(torch.randn(2, 3, 3))
    with pytest.raises(UserError, match="a sequence has 5"):
        network(torch.randn(2, 2, 3), state)


@pytest.mark.parametrize(
    ("cell", "keys", "named"),
    [
        ("mlp_window", {"window": 0}, r"cell\.window must be"),
        ("mlp_flat", {"steps": 0}, r"cell\.steps must be"),
        ("mlp_window", {"bidirectional": True}, r"model\.bidirectional=true is not for cell=mlp_window"),
    ],
)
def test_what_cannot_be_is_refused(cell: str, keys: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        mlp(cell, **keys)


def test_a_window_is_a_language_model_that_generates_as_it_reads(tmp_path: Path) -> None:
    from rnnlab import load

    trained(tmp_path, "cell=mlp_window", "debug=fast", "model.hidden_size=8", "model.embedding_size=4")
    made = load(tmp_path / "runs/names").generate(prompt="ma", samples=3)
    assert all(name.startswith("ma") for name in made)
