"""Clipping of gradients."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

TINY = 1e-6  # keeps the quotient finite where the gradient is 0, as torch does it


def clip_gradients(weights: Iterable[nn.Parameter], largest: float) -> Tensor:
    """Scale all gradients so that their common Euclidean norm is at most `largest` (Pascanu et al. 2013).

    The same as `torch.nn.utils.clip_grad_norm_`, for weights that lie on one device: torch looks up the device of each,
    which takes longer than the arithmetic where the weights are small.

    Returns:
        The norm before clipping, a scalar on the device of the weights.
    """
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm = _norm(gradients)
    scale = largest / (norm + TINY)
    if scale.device.type != "cpu" or scale < 1:  # asking another device would mean to wait for it
        torch._foreach_mul_(gradients, scale.clamp_(max=1.0))
    return norm


def gradient_norm(weights: Iterable[nn.Parameter]) -> Tensor:
    """Compute the common Euclidean norm of all gradients, a scalar on the device of the weights."""
    return _norm([weight.grad for weight in weights if weight.grad is not None])


def clipped_norm(norm: float, largest: float | None) -> float:
    """Return the norm after `clip_gradients`; `largest` is None for no clipping."""
    return norm if largest is None else norm * min(1.0, largest / (norm + TINY))


def _norm(gradients: list[Tensor]) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    return norm
