"""One vector for a whole sequence, made of the outputs at its steps."""

from __future__ import annotations

import torch
from torch import Tensor

CONCATENATED = ("last", "mean", "max")


def pooled_size(units: int, how: str) -> int:
    """Units of the vector that `pool` makes of outputs with so many units."""
    return units * len(CONCATENATED) if how == "concat" else units


def pool(y: Tensor, lengths: Tensor, how: str, directions: int = 1) -> Tensor:
    """Make the outputs of each row one vector; padding has no part in it.

    Args:
        y: `(B, T, H · directions)` outputs.
        lengths: `(B,)` how many steps of each row are real, at least 1.
        how: `last` takes the output where each direction ends: at the last real step, and for the second direction
            at the first; `mean` and `max` go over the real steps of each unit; `concat` puts all three side by side
            (Howard and Ruder 2018).
        directions: 1 or 2.

    Returns:
        `(B, H · directions)`, of `concat` `(B, 3 · H · directions)`.

    Raises:
        ValueError: `how` is none of these.
    """
    if how == "concat":
        return torch.cat([pool(y, lengths, each, directions) for each in CONCATENATED], dim=-1)
    lengths = lengths.to(y.device)
    if how == "last":
        ends = y[torch.arange(len(y), device=y.device), lengths - 1]
        forward = y.shape[-1] // directions
        return torch.cat([ends[:, :forward], y[:, 0, forward:]], dim=-1)
    inside = (torch.arange(y.shape[1], device=y.device) < lengths[:, None])[..., None]  # (B, T, 1)
    if how == "mean":
        return y.where(inside, 0.0).sum(dim=1) / lengths[:, None]
    if how == "max":
        return y.where(inside, -torch.inf).amax(dim=1)
    raise ValueError(f"there is no pooling {how!r}")
