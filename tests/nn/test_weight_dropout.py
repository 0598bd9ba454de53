"""Recurrent weights that a batch of the training does without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from networks import CELLS
from rnnlab.nn import Recurrent, build_recurrent
from support import Answer, assert_refused

SHARE = 0.5
each_kernel = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])


def layers(cell: str, weight_dropout: float) -> Recurrent:
    torch.manual_seed(0)
    return build_recurrent({**CELLS[cell], "weight_dropout": weight_dropout}, 3, 8, 2)


def recurrent_weights(network: Recurrent) -> list[nn.Parameter]:
    return [weights for name, weights in network.named_parameters() if "weight_hh" in name]


@each_kernel
@pytest.mark.parametrize("lengths", [None, torch.tensor([5, 2])])
def test_a_batch_is_read_with_what_is_left_of_the_recurrent_weights(cell: str, lengths: Tensor | None) -> None:
    """The same weights are gone at every step: they get no gradient, and a kernel without them reads the same."""
    network, plain, x = layers(cell, SHARE), layers(cell, 0.0), torch.randn(2, 5, 3)
    y, _ = network(x, lengths=lengths)
    y.sum().backward()
    for weights, plain_weights in zip(recurrent_weights(network), recurrent_weights(plain), strict=True):
        assert weights.grad is not None
        kept = weights.grad != 0
        assert 0.2 < kept.float().mean() < 0.8
        plain_weights.data = weights.data * kept / (1 - SHARE)
    assert torch.allclose(plain(x, lengths=lengths)[0], y, atol=1e-6)


@each_kernel
def test_each_batch_drops_others_and_a_trained_network_none(cell: str) -> None:
    network, plain, x = layers(cell, SHARE), layers(cell, 0.0), torch.randn(2, 5, 3)
    assert not torch.equal(network(x)[0], network(x)[0])
    assert torch.equal(network.eval()(x)[0], plain(x)[0])
    assert network.state_dict().keys() == plain.state_dict().keys()


def test_a_share_of_all_weights_is_refused(rnnlab: Callable[..., Answer]) -> None:
    assert_refused(rnnlab("train", "cell.weight_dropout=1"), ["cell.weight_dropout"])


def test_a_cell_that_knows_no_such_thing_says_so(rnnlab: Callable[..., Answer]) -> None:
    assert_refused(rnnlab("train", "cell=mingru", "cell.weight_dropout=0.5"), ["weight_dropout"])
