"""Recurrent cells written as their formulas, one step at a time.

A cell gives the same states as torch's kernel with the same weights, and has as many of them: like cuDNN's, it keeps
two biases where one would do. σ is the logistic function, ⊙ the product of two vectors unit by unit.

Sources:
    J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990.
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12, 2000.
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State, StateWeights


class ScratchRNN(Cell):
    """Elman's cell (Elman 1990): h_t = tanh(W_xh x_t + b_xh + W_hh h_(t-1) + b_hh).

    96 units over 96 inputs have 2 · (96 · 96 + 96) = 18,624 parameters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.input_to_hidden = nn.Linear(input_size, hidden_size)
        self.hidden_to_hidden = nn.Linear(hidden_size, hidden_size)
        _start_like_torch(self)

    def step(self, x: Tensor, state: State) -> State:
        assert isinstance(state, Tensor)
        return torch.tanh(self.input_to_hidden(x) + self.hidden_to_hidden(state))

    def flops(self) -> int | None:
        """Return 2 · H · (D + H): each weight is multiplied and added once."""
        return linear_flops(self)

    def state_weights(self) -> list[StateWeights]:
        """Return W_hh."""
        return [StateWeights.from_linear(self.hidden_to_hidden)]


class ScratchGRU(Cell):
    """The gated recurrent unit (Cho et al. 2014) in cuDNN's variant: the reset gate is behind the matrix product.

        r_t = σ(W_xr x_t + b_xr + W_hr h_(t-1) + b_hr)              reset: how much of the past the candidate sees
        z_t = σ(W_xz x_t + b_xz + W_hz h_(t-1) + b_hz)              update: how much of the old state stays
        n_t = tanh(W_xn x_t + b_xn + r_t ⊙ (W_hn h_(t-1) + b_hn))   the candidate
        h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_(t-1)

    Cho et al. write W_hn (r_t ⊙ h_(t-1)) instead, and z_t where 1 - z_t is here.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.input_to_gates = nn.Linear(input_size, 2 * hidden_size)  # W_xr above W_xz
        self.hidden_to_gates = nn.Linear(hidden_size, 2 * hidden_size)
        self.input_to_candidate = nn.Linear(input_size, hidden_size)
        self.hidden_to_candidate = nn.Linear(hidden_size, hidden_size)
        _start_like_torch(self)

    def step(self, x: Tensor, state: State) -> State:
        assert isinstance(state, Tensor)
        gates = self.gate_activations(x, state)
        reset, update = gates["reset"], gates["update"]
        candidate = torch.tanh(self.input_to_candidate(x) + reset * self.hidden_to_candidate(state))
        return (1 - update) * candidate + update * state

    def flops(self) -> int | None:
        """Return 2 · 3 · H · (D + H): two gates and a candidate."""
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return r_t and z_t, each `(B, H)`."""
        gates = torch.sigmoid(self.input_to_gates(x) + self.hidden_to_gates(state))
        return dict(zip(("reset", "update"), gates.chunk(2, dim=-1), strict=True))

    def state_weights(self) -> list[StateWeights]:
        """Return W_hr above W_hz, and W_hn."""
        gates = StateWeights.from_linear(self.hidden_to_gates, ("reset", "update"))
        return [gates, StateWeights.from_linear(self.hidden_to_candidate, ("candidate",))]


class ScratchLSTM(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with a forget gate (Gers et al. 2000).

        i_t = σ(W_xi x_t + b_xi + W_hi h_(t-1) + b_hi)       input: how much of the candidate is written
        f_t = σ(W_xf x_t + b_xf + W_hf h_(t-1) + b_hf)       forget: how much of the memory stays
        o_t = σ(W_xo x_t + b_xo + W_ho h_(t-1) + b_ho)       output: how much of the memory is shown
        g_t = tanh(W_xg x_t + b_xg + W_hg h_(t-1) + b_hg)    the candidate
        c_t = f_t ⊙ c_(t-1) + i_t ⊙ g_t
        h_t = o_t ⊙ tanh(c_t)

    The state is (h, c).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.input_to_gates = nn.Linear(input_size, 3 * hidden_size)  # W_xi above W_xf above W_xo
        self.hidden_to_gates = nn.Linear(hidden_size, 3 * hidden_size)
        self.input_to_candidate = nn.Linear(input_size, hidden_size)
        self.hidden_to_candidate = nn.Linear(hidden_size, hidden_size)
        _start_like_torch(self)

    def initial_state(self, x: Tensor) -> State:
        """Return zeros `(B, H)` for h and for c."""
        zeros = x.new_zeros(len(x), self.hidden_size)
        return zeros, zeros

    def step(self, x: Tensor, state: State) -> State:
        h, c = state
        gates = self.gate_activations(x, state)
        candidate = torch.tanh(self.input_to_candidate(x) + self.hidden_to_candidate(h))
        c = gates["forget"] * c + gates["input"] * candidate
        return gates["output"] * torch.tanh(c), c

    def flops(self) -> int | None:
        """Return 2 · 4 · H · (D + H): three gates and a candidate."""
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return i_t, f_t and o_t, each `(B, H)`."""
        gates = torch.sigmoid(self.input_to_gates(x) + self.hidden_to_gates(state[0]))
        return dict(zip(("input", "forget", "output"), gates.chunk(3, dim=-1), strict=True))

    def state_weights(self) -> list[StateWeights]:
        """Return W_hi above W_hf above W_ho, and W_hg."""
        gates = StateWeights.from_linear(self.hidden_to_gates, ("input", "forget", "output"))
        return [gates, StateWeights.from_linear(self.hidden_to_candidate, ("candidate",))]


def _start_like_torch(cell: Cell) -> None:
    """Draw all weights and biases uniformly from -1/√H to 1/√H, as torch's kernels do."""
    for weight in cell.parameters():
        nn.init.uniform_(weight, -(cell.hidden_size**-0.5), cell.hidden_size**-0.5)
