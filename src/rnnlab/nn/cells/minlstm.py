"""Long short-term memory whose gates do not depend on the state, so that a parallel scan computes all steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from rnnlab.nn.cells.scan import linear_recurrence
from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State


class MinLSTM(Cell):
    """minLSTM (Feng et al. 2024, "Were RNNs all we needed?", section 3.2): its state is h alone.

        f_t = σ(W_f x_t + b_f)    i_t = σ(W_i x_t + b_i)
        h_t = f_t / (f_t + i_t) ⊙ h_(t-1) + i_t / (f_t + i_t) ⊙ (W_h x_t + b_h)

    From D inputs, H units have 3 · (D · H + H) parameters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gates_and_candidate = nn.Linear(input_size, 3 * hidden_size)

    def unroll(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        assert isinstance(state, Tensor)
        odds, candidate = self._odds_and_candidate(x)  # (B, T, H) each
        forget = torch.sigmoid(odds)
        h = linear_recurrence(forget, (1 - forget) * candidate, state)
        return h, h

    def flops(self) -> int | None:
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return the normalised gates, whose sum is 1."""
        odds, _ = self._odds_and_candidate(x)
        forget = torch.sigmoid(odds)
        return {"forget": forget, "input": 1 - forget}

    def _odds_and_candidate(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return log(f / i) and the candidate; its sigmoid is f / (f + i), also where both gates are 0."""
        forget, take, candidate = self.gates_and_candidate(x).chunk(3, dim=-1)
        return logsigmoid(forget) - logsigmoid(take), candidate
