"""torch's own recurrent kernels under rnnlab's contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlab.nn.recurrent import Recurrent, State, StateWeights

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class _Kernel(Recurrent):
    kernel: type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]
    options: ClassVar[Mapping[str, str]] = {}  # what else torch's kernel is told
    blocks: tuple[str, ...] = ()  # what the rows of its weights belong to, in torch's order; "" is no gate

    def __init__(self, *args: Any, **shape: Any) -> None:
        super().__init__(*args, **shape)
        self.layers = self.kernel(
            self.input_size,
            self.hidden_size,
            self.num_layers,
            batch_first=True,
            # torch warns of a dropout between layers where there is only one
            dropout=self.dropout if self.num_layers > 1 else 0.0,
            bidirectional=self.directions == 2,
            **self.options,
        )

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        if lengths is None:
            y, state = self.layers(x, state)
            return y, state
        # Packing is what makes a state end, and a backward pass begin, at each row's own end.
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        y, state = self.layers(packed, state)
        y, _ = pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])
        return y, state

    def gate_activations(self, layer: int, x: Tensor, state: State) -> dict[str, Tensor]:
        """σ(W_i x_t + b_i + W_h h_(t-1) + b_h) of every gate; the block that is none belongs to the candidate."""
        if not any(self.blocks):
            return {}
        h = state if isinstance(state, Tensor) else state[0]
        w_i, w_h, b_i, b_h = (getattr(self.layers, f"{name}_l{layer}") for name in WEIGHTS)
        opened = torch.sigmoid(nn.functional.linear(x, w_i, b_i) + nn.functional.linear(h, w_h, b_h))
        blocks = zip(self.blocks, opened.chunk(len(self.blocks), dim=-1), strict=True)
        return {name: block for name, block in blocks if name}

    def state_weights(self, layer: int) -> list[StateWeights]:
        names = tuple(name or "candidate" for name in self.blocks) or ("state",)
        return [StateWeights(getattr(self.layers, f"weight_hh_l{layer}"), names)]


class RNN(_Kernel):
    """Elman's network: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

    kernel = nn.RNN


class GRU(_Kernel):
    """The gated recurrent unit of Cho et al. 2014, in cuDNN's variant (reset gate behind the matrix product)."""

    kernel = nn.GRU
    blocks = ("reset", "update", "")


class LSTM(_Kernel):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with a forget gate (Gers et al. 2000)."""

    kernel = nn.LSTM
    blocks = ("input", "forget", "", "output")

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        if not (x.device.type == "cpu" and torch.is_autocast_enabled("cpu")):
            return super().forward(x, state, lengths)
        with torch.autocast("cpu", enabled=False):  # most CPUs have no LSTM in bfloat16, and torch would raise
            return super().forward(x.float(), state, lengths)
