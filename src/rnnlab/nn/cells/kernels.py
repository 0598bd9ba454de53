"""The recurrent layers of torch as `Recurrent` layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnlab.nn.recurrent import Recurrent, State, StateWeights

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class _Kernel(Recurrent):
    """Layers of one of torch's kernels.

    Args:
        weight_dropout: Share of the recurrent weights that training sets to 0 for a batch, the same at all of its
            steps; the others are scaled up (DropConnect of W_hh, Merity et al. 2018).
        *args: The arguments of `Recurrent`.
        **shape: The arguments of `Recurrent`.
    """

    kernel: type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]
    options: ClassVar[Mapping[str, str]] = {}  # further arguments of torch's kernel
    blocks: tuple[str, ...] = ()  # the gates to which the rows of the weights belong, in torch's order; "" is no gate

    def __init__(self, *args: Any, weight_dropout: float = 0.0, **shape: Any) -> None:
        super().__init__(*args, **shape)
        self.weight_dropout = weight_dropout
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
            return self._run(x, state)
        # Packing is what makes a state end, and a backward pass begin, at each row's own end.
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        y, state = self._run(packed, state)
        y, _ = pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])
        return y, state

    def _run(self, x: Tensor | PackedSequence, state: State | None) -> tuple[Any, State]:
        """Return the kernel's outputs, packed as the inputs are, and its final state."""
        if self.training and self.weight_dropout:
            dropped = {
                name: nn.functional.dropout(weights, self.weight_dropout)
                for name, weights in self.layers.named_parameters()
                if name.startswith("weight_hh")
            }
            y, state = functional_call(self.layers, dropped, (x, state))
        else:
            y, state = self.layers(x, state)
        return y, state

    def flops(self, steps: int) -> int:
        # In a step each matrix of each layer and direction is applied once: W_ih to the input and W_hh to the state.
        matrices = (weight for weight in self.layers.parameters() if weight.dim() == 2)
        return steps * 2 * sum(weight.numel() for weight in matrices)

    def gate_activations(self, layer: int, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return σ(W_i x_t + b_i + W_h h_(t-1) + b_h) of every gate; the candidate's block is left out."""
        if not any(self.blocks):
            return {}
        h = state if isinstance(state, Tensor) else state[0]
        w_i, w_h, b_i, b_h = (getattr(self.layers, f"{name}_l{layer}") for name in WEIGHTS)
        activations = torch.sigmoid(nn.functional.linear(x, w_i, b_i) + nn.functional.linear(h, w_h, b_h))
        blocks = zip(self.blocks, activations.chunk(len(self.blocks), dim=-1), strict=True)
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
    """Long short-term memory (Hochreiter and Schmidhuber 1997) with a forget gate (Gers et al. 2000).

    Args:
        forget_bias: The forget gate's bias at first, the sum of torch's two; 1 in Jozefowicz et al. (2015, "An
            empirical exploration of recurrent network architectures"). None leaves both as torch draws them, around 0.
        *args: The arguments of the other kernels.
        **shape: The arguments of the other kernels.
    """

    kernel = nn.LSTM
    blocks = ("input", "forget", "", "output")

    def __init__(self, *args: Any, forget_bias: float | None = None, **shape: Any) -> None:
        super().__init__(*args, **shape)
        if forget_bias is None:
            return
        forget = slice(self.hidden_size, 2 * self.hidden_size)  # the second of the four blocks
        for name, weights in self.layers.named_parameters():
            if name.startswith("bias"):
                nn.init.constant_(weights[forget], forget_bias if name.startswith("bias_ih") else 0.0)

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        if not (x.device.type == "cpu" and torch.is_autocast_enabled("cpu")):
            return super().forward(x, state, lengths)
        with torch.autocast("cpu", enabled=False):  # most CPUs have no LSTM in bfloat16, and torch would raise
            return super().forward(x.float(), state, lengths)

    def flops(self, steps: int) -> int:
        return super().flops(steps)  # the precision changes nothing
