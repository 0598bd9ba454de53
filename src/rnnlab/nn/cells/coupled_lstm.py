"""Long short-term memory with coupled input and forget gates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Cell, State, StateWeights


class CoupledLSTM(Cell):
    """An LSTM with coupled gates, i_t = 1 - f_t, and a forget gate that begins open.

        f_t, o_t = σ(W x_t + U h_(t-1) + b)    g_t = tanh(W_g x_t + U_g h_(t-1) + b_g)
        c_t = f_t ⊙ c_(t-1) + (1 - f_t) ⊙ g_t    h_t = o_t ⊙ tanh(c_t)

    Coupling is variant CIFG of Greff et al. (2017, "LSTM: a search space odyssey"), which loses nothing by it; the
    forget gate's bias is at first `forget_bias`, 1 in Jozefowicz et al. (2015, "An empirical exploration of
    recurrent network architectures"). From D inputs, H units have 3 · (D · H + H · H + H) parameters.

    Args:
        input_size: D.
        hidden_size: H.
        forget_bias: The bias of the forget gate at first; None draws it as the other weights are.
    """

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None) -> None:
        super().__init__(input_size, hidden_size)
        self.of_input = nn.Linear(input_size, 3 * hidden_size)  # forget, output, candidate
        self.of_state = nn.Linear(hidden_size, 3 * hidden_size, bias=False)
        for weight in self.parameters():  # torch.nn.LSTM starts from the same range
            nn.init.uniform_(weight, -(hidden_size**-0.5), hidden_size**-0.5)
        if forget_bias is not None:
            nn.init.constant_(self.of_input.bias[:hidden_size], forget_bias)

    def initial_state(self, x: Tensor) -> State:
        zeros = x.new_zeros(len(x), self.hidden_size)
        return zeros, zeros

    def step(self, x: Tensor, state: State) -> State:
        h, c = state
        forget, output, candidate = (self.of_input(x) + self.of_state(h)).chunk(3, dim=-1)
        forget = torch.sigmoid(forget)
        c = forget * c + (1 - forget) * torch.tanh(candidate)
        return torch.sigmoid(output) * torch.tanh(c), c

    def flops(self) -> int | None:
        return linear_flops(self)

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        forget, output, _ = torch.sigmoid(self.of_input(x) + self.of_state(state[0])).chunk(3, dim=-1)
        return {"input": 1 - forget, "forget": forget, "output": output}

    def state_weights(self) -> list[StateWeights]:
        return [StateWeights.from_linear(self.of_state, ("forget", "output", "candidate"))]
