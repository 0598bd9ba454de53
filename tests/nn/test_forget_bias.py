"""The bias with which an LSTM's forget gate begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import torch
from torch import Tensor

from networks import CELLS
from rnnlab.nn import Recurrent, build_recurrent
from rnnlab.nn.cells.kernels import LSTM
from support import Answer, assert_refused

SIZE = 8


def lstm(forget_bias: float | None) -> LSTM:
    """Two layers in both directions."""
    torch.manual_seed(0)
    return cast(LSTM, build_recurrent({**CELLS["lstm"], "forget_bias": forget_bias}, 3, SIZE, 2, bidirectional=True))


def biases(network: Recurrent) -> list[Tensor]:
    """The sum of both biases of each layer and direction, as rows of input, forget, candidate and output."""
    named = dict(network.layers.named_parameters())
    pairs = [(named[name], named[name.replace("_ih", "_hh")]) for name in named if name.startswith("bias_ih")]
    return [(of_input + of_state).detach().view(4, SIZE) for of_input, of_state in pairs]


@pytest.mark.parametrize("bias", [1.0, 0, -2.5])
def test_every_forget_gate_begins_with_the_bias_and_nothing_else_changes(bias: float) -> None:
    network, plain = lstm(bias), lstm(None)
    assert len(biases(network)) == 4
    for sums, as_drawn in zip(biases(network), biases(plain), strict=True):
        assert torch.equal(sums[1], torch.full((SIZE,), float(bias)))
        assert torch.equal(sums[[0, 2, 3]], as_drawn[[0, 2, 3]]) and as_drawn[1].abs().max() > 0
    weights = [(a, b) for a, b in zip(network.parameters(), plain.parameters(), strict=True) if a.dim() == 2]
    assert len(weights) == 8 and all(torch.equal(a, b) for a, b in weights)


def test_an_open_gate_is_what_the_network_computes_with() -> None:
    x = torch.randn(2, 5, 3)
    gates = [lstm(bias).gate_activations(0, x[:, 0], (torch.zeros(2, SIZE),) * 2)["forget"] for bias in (0.0, 1.0)]
    odds = [torch.logit(gate) for gate in gates]
    assert torch.allclose(odds[1], odds[0] + 1, atol=1e-5)
    assert not torch.allclose(lstm(0.0)(x)[0], lstm(1.0)(x)[0])


def test_a_bias_is_a_number_and_belongs_to_cells_with_a_forget_gate(rnnlab: Callable[..., Answer]) -> None:
    assert_refused(rnnlab("train", "cell=lstm", "cell.forget_bias=open"), ["cell.forget_bias", "number"])
    assert_refused(rnnlab("train", "cell=gru", "cell.forget_bias=1"), ["forget_bias"])
