"""Pooling: one vector for a sequence from the outputs at its steps."""

from __future__ import annotations

import torch
from torch import Tensor

CONCATENATED = ("last", "mean", "max")


def pooled_size(units: int, pooling: str) -> int:
    """Return the units of the vector that `pool` makes of outputs with so many units."""
    return units * len(CONCATENATED) if pooling == "concat" else units


def pool(y: Tensor, lengths: Tensor, pooling: str, directions: int = 1) -> Tensor:
    """Pool the outputs of each row to one vector; padding has no part in it.

    Args:
        y: `(B, T, H · directions)` outputs.
        lengths: `(B,)` how many steps of each row are real, at least 1.
        pooling: `last` takes the output where each direction ends: at the last real step, and for the second direction
            at the first; `mean` and `max` go over the real steps of each unit; `concat` puts all three side by side
            (Howard and Ruder 2018).
        directions: 1 or 2.

    Returns:
        `(B, H · directions)`, of `concat` `(B, 3 · H · directions)`.

    Raises:
        ValueError: There is no such pooling.
    """
    if pooling == "concat":
        return torch.cat([pool(y, lengths, part, directions) for part in CONCATENATED], dim=-1)
    lengths = lengths.to(y.device)
    if pooling == "last":
        ends = y[torch.arange(y.shape[0], device=y.device), lengths - 1]
        forward = y.shape[-1] // directions
        return torch.cat([ends[:, :forward], y[:, 0, forward:]], dim=-1)
    real = (torch.arange(y.shape[1], device=y.device) < lengths[:, None])[..., None]  # (B, T, 1)
    if pooling == "mean":
        return y.where(real, 0.0).sum(dim=1) / lengths[:, None]
    if pooling == "max":
        return y.where(real, -torch.inf).amax(dim=1)
    raise ValueError(f"there is no pooling {pooling!r}")
