"""Long short-term memory with layer normalisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State, StateWeights


class LayerNormLSTM(Cell):
    """An LSTM with layer normalisation (Ba, Kiros and Hinton 2016, equations 20 to 22).

        i_t, f_t, o_t, g_t = LN(W x_t; γ_1, b) + LN(U h_(t-1); γ_2)
        c_t = σ(f_t) ⊙ c_(t-1) + σ(i_t) ⊙ tanh(g_t)    h_t = σ(o_t) ⊙ tanh(LN(c_t; γ_3, β_3))

    LN(v; γ, β) = γ ⊙ (v - mean) / deviation + β, over the 4 · H sums of all gates together, and over the H of c_t.
    The paper's b and β_1 and β_2 are added to each other, and one of them does for all. From D inputs, H units have
    4 · H · (D + H) + 14 · H parameters.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.of_input = nn.Linear(input_size, 4 * hidden_size, bias=False)  # input, forget, output, candidate
        self.of_state = nn.Linear(hidden_size, 4 * hidden_size, bias=False)
        for weight in self.parameters():  # torch.nn.LSTM starts from the same range
            nn.init.uniform_(weight, -(hidden_size**-0.5), hidden_size**-0.5)
        self.input_norm = nn.LayerNorm(4 * hidden_size)
        self.state_norm = nn.LayerNorm(4 * hidden_size, bias=False)
        self.memory_norm = nn.LayerNorm(hidden_size)

    def initial_state(self, x: Tensor) -> State:
        zeros = x.new_zeros(len(x), self.hidden_size)
        return zeros, zeros

    def step(self, x: Tensor, state: State) -> State:
        h, c = state
        *gates, candidate = self._sums(x, h).chunk(4, dim=-1)
        take, forget, output = map(torch.sigmoid, gates)
        c = forget * c + take * torch.tanh(candidate)
        return output * torch.tanh(self.memory_norm(c)), c

    def flops(self) -> int | None:
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        take, forget, output, _ = torch.sigmoid(self._sums(x, state[0])).chunk(4, dim=-1)
        return {"input": take, "forget": forget, "output": output}

    def state_weights(self) -> list[StateWeights]:
        return [StateWeights.from_linear(self.of_state, ("input", "forget", "output", "candidate"))]

    def _sums(self, x: Tensor, h: Tensor) -> Tensor:
        """Return the sums before each gate and the candidate, side by side `(B, 4 · H)`."""
        sums: Tensor = self.input_norm(self.of_input(x)) + self.state_norm(self.of_state(h))
        return sums
