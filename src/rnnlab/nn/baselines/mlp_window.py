"""A feed-forward network of the last few inputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnlab.nn.baselines.perceptron import perceptron
from rnnlab.nn.flops import linear_flops, total_flops
from rnnlab.nn.recurrent import Recurrent, State


class WindowMLP(Recurrent):
    """The output at each step is a feed-forward network of the last `window` inputs (Bengio et al. 2003).

        y_t = f(x_(t - window + 1), …, x_t)

    Before the first step there are zeros. Further layers see no further back than the first. The state holds the inputs
    that the next step still sees: the last window - 1 side by side, `(1, B, (window - 1) · D)`, the newest last.
    Parameters: (window · D + 1) · H, and (H + 1) · H of each further layer.

    Args:
        window: Inputs that a step sees, the present one included; at least 1.
        *args: The arguments of `Recurrent`.
        **shape: The arguments of `Recurrent`.
    """

    sums_up = False
    forwards_only = True

    def __init__(self, *args: Any, window: int, **shape: Any) -> None:
        super().__init__(*args, **shape)

        self.window = window
        self.layers = perceptron(window * self.input_size, self.hidden_size, self.num_layers, self.dropout)

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        rows, steps, _ = x.shape
        kept = self.window - 1
        before = x.new_zeros(rows, kept, self.input_size)
        if state is not None:
            assert isinstance(state, Tensor)
            before = state[0].view_as(before)
        read = torch.cat([before, x], dim=1)  # (B, window - 1 + T, D)
        windows = torch.cat([read[:, i : i + steps] for i in range(self.window)], dim=-1)  # (B, T, window · D)
        y: Tensor = self.layers(windows)
        if lengths is None:
            return y, read[:, steps:].reshape(1, rows, -1)
        lengths = lengths.to(x.device)[:, None]
        y = y.where((torch.arange(steps, device=x.device) < lengths)[..., None], 0.0)
        last = (lengths + torch.arange(kept, device=x.device))[..., None].expand(-1, -1, self.input_size)
        return y, read.gather(1, last).reshape(1, rows, -1)

    def flops(self, steps: int) -> float | None:
        return total_flops((steps, linear_flops(self.layers)))
