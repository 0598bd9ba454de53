"""Linear recurrences by parallel scan: over T steps in 2 · log2(T) rounds, each a few operations on whole tensors.

Blelloch 1990, "Prefix sums and their applications": two steps h → a_1 h + b_1 → a_2 (…) + b_2 are again one step, with
a = a_2 a_1 and b = a_2 b_1 + b_2. Only products and sums of what is given occur, so that any sign is allowed and
nothing is lost where |a| is at most 1. The scan in logarithms that Feng et al. (2024) take from Heinsen (2023) needs
positive b, takes differences of sums of logarithms that grow with T, and is the slower one.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def linear_recurrence(a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    """Compute all h_t = a_t ⊙ h_(t-1) + b_t, real or complex.

    Args:
        a: `(B, T, H)`, or `(1, 1, H)` for factors that stay the same.
        b: `(B, T, H)`.
        start: `(B, H)` the state before the first step, in whose precision everything is computed.

    Returns:
        `(B, T, H)`; its gradients can be taken once.
    """
    a, b = a.to(start.dtype).expand(-1, b.shape[1], -1), b.to(start.dtype)
    if b.shape[1] == 1:
        return torch.addcmul(b, a, start[:, None])
    h: Tensor = _Scan.apply(a, b, start)  # type: ignore[no-untyped-call]
    return h


class _Scan(Function):
    """Its gradient is again a linear recurrence, which runs backwards: g_t = ∂L/∂h_t + a*_(t+1) ⊙ g_(t+1)."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, start: Tensor) -> Tensor:
        b = b.clone()
        b[:, 0] += a[:, 0] * start
        h = _forwards(a[:, 1:], b)
        ctx.save_for_backward(a, start, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, start, h = ctx.saved_tensors
        a = a.conj_physical()
        grad_b = _backwards(a[:, 1:], grad_h)
        grad_a = torch.empty_like(grad_b)
        grad_a[:, 0] = grad_b[:, 0] * start.conj()
        grad_a[:, 1:] = grad_b[:, 1:] * h[:, :-1].conj()
        return grad_a.sum_to_size(a.shape), grad_b, a[:, 0] * grad_b[:, 0]


def _forwards(a: Tensor, b: Tensor) -> Tensor:
    """Compute h_0 = b_0 and h_(t+1) = a_t ⊙ h_t + b_(t+1) from factors `(B, T - 1, H)`.

    The odd steps are a recurrence over pairs of steps, half as long; the even ones follow from them.
    """
    steps = b.shape[1]
    if steps == 1:
        return b
    odds, more = steps // 2, (steps - 1) // 2  # odd steps; even steps behind the first
    (to_odd, to_even), (even, odd) = _halves(a), _halves(b)
    h = torch.empty_like(b)
    h[:, 1::2] = h_odd = _forwards(to_even[:, : odds - 1] * to_odd[:, 1:], torch.addcmul(odd, to_odd, even[:, :odds]))
    h[:, 0] = b[:, 0]
    h[:, 2::2] = torch.addcmul(even[:, 1:], to_even, h_odd[:, :more])
    return h


def _backwards(a: Tensor, b: Tensor) -> Tensor:
    """Compute g_(T-1) = b_(T-1) and g_t = a_t ⊙ g_(t+1) + b_t; the even steps come first."""
    steps = b.shape[1]
    if steps == 1:
        return b
    odds, more = steps // 2, (steps - 1) // 2
    (to_odd, to_even), (even, odd) = _halves(a), _halves(b)
    even = even.clone()
    even[:, :odds].addcmul_(to_odd, odd)
    g, g_odd = torch.empty_like(b), odd.clone()
    g[:, ::2] = g_even = _backwards(to_odd[:, :more] * to_even, even)
    g_odd[:, :more].addcmul_(to_even, g_even[:, 1:])
    g[:, 1::2] = g_odd
    return g


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the even and the odd places along the second dimension."""
    return x[:, ::2], x[:, 1::2]
