"""Gradients are clipped as torch clips them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnlab.tasks.clipping import clip_gradients


@pytest.mark.parametrize("largest", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_the_result_is_that_of_torch(largest: float, scale: float) -> None:
    ours, theirs = nn.LSTM(3, 5), nn.LSTM(3, 5)
    unused = nn.Parameter(torch.zeros(2))  # has no gradient
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        one.grad = torch.randn_like(one) * scale
        other.grad = one.grad.clone()
    norm = clip_gradients([*ours.parameters(), unused], largest)
    assert torch.allclose(norm, nn.utils.clip_grad_norm_(theirs.parameters(), largest))
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert one.grad is not None and other.grad is not None
        assert torch.allclose(one.grad, other.grad)
