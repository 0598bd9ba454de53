"""Recurrent cells as their formulas say them, one step at a time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.nn.recurrent import Cell, State


class ScratchRNN(Cell):
    """Elman's cell: h_t = tanh(W_xh x_t + b_xh + W_hh h_(t-1) + b_hh).

    Equal to `torch.nn.RNN` with the same weights. Both keep two biases where one would do, which is why the cell
    of 96 units over 96 inputs has 2 · (96 · 96 + 96) = 18,624 parameters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.input_to_hidden = nn.Linear(input_size, hidden_size)
        self.hidden_to_hidden = nn.Linear(hidden_size, hidden_size)
        for weight in self.parameters():  # torch.nn.RNN starts from the same range
            nn.init.uniform_(weight, -(hidden_size**-0.5), hidden_size**-0.5)

    def step(self, x: Tensor, state: State) -> State:
        assert isinstance(state, Tensor)
        return torch.tanh(self.input_to_hidden(x) + self.hidden_to_hidden(state))
