"""A gated recurrent unit whose gate does not depend on the state, so that a parallel scan computes all steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.nn.cells.scan import linear_recurrence
from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State


class MinGRU(Cell):
    """minGRU (Feng et al. 2024, "Were RNNs all we needed?", section 3.1).

        z_t = σ(W_z x_t + b_z)
        h_t = (1 - z_t) ⊙ h_(t-1) + z_t ⊙ (W_h x_t + b_h)

    An open gate takes the candidate, where that of `GRU` keeps the state. From D inputs, H units have
    2 · (D · H + H) parameters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.update_and_candidate = nn.Linear(input_size, 2 * hidden_size)

    def unroll(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        assert isinstance(state, Tensor)
        update, candidate = self.update_and_candidate(x).chunk(2, dim=-1)  # (B, T, H) each
        update = torch.sigmoid(update)
        h = linear_recurrence(1 - update, update * candidate, state)
        return h, h

    def flops(self) -> int | None:
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        return {"update": torch.sigmoid(self.update_and_candidate(x).chunk(2, dim=-1)[0])}
