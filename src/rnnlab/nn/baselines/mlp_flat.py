"""A feed-forward network of the whole sequence at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnlab.errors import UserError
from rnnlab.nn.baselines.perceptron import perceptron
from rnnlab.nn.flops import linear_flops
from rnnlab.nn.recurrent import Recurrent, State


class FlatMLP(Recurrent):
    """The output at every step is a feed-forward network of all inputs, so that every pooling gives the same.

        y_t = f(x_1, …, x_T, 0, …, 0)

    Each of the `steps` places has weights of its own; zeros fill the places behind a shorter sequence. The state holds
    the inputs so far, side by side in their places, `(1, B, steps · D)`, and their number, `(1, B, 1)`. Parameters:
    (steps · D + 1) · H, and (H + 1) · H of each further layer. `bidirectional` changes nothing.

    Args:
        steps: The length of the longest sequence, at least 1.
        *args: The arguments of `Recurrent`.
        **shape: The arguments of `Recurrent`.
    """

    causal = False
    one_output = True
    sums_up = False

    def __init__(self, *args: Any, steps: int, **shape: Any) -> None:
        super().__init__(*args, **shape)
        self.longest: int = steps
        self.layers = perceptron(steps * self.input_size, self.hidden_size, self.num_layers, self.dropout)

    @property
    def output_size(self) -> int:
        return self.hidden_size

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """Run the network over whole sequences; see `Recurrent.forward`.

        Raises:
            UserError: A sequence is longer than `steps`.
        """
        rows, width, _ = x.shape
        before, count = (x.new_zeros(rows, self.longest * self.input_size), x.new_zeros(rows, 1))
        if state is not None:
            before, count = state[0][0], state[1][0]
        read = torch.full((rows, 1), width, device=x.device) if lengths is None else lengths.to(x.device)[:, None]
        count = count.long()
        if not torch.compiler.is_exporting() and int((count + read).max()) > self.longest:
            steps = int((count + read).max())
            raise UserError(f"cell=mlp_flat has room for {self.longest} steps, and a sequence has {steps}")
        step = torch.arange(width, device=x.device)
        real = (step < read)[..., None]  # (B, T, 1)
        places = (count + step).clamp(max=self.longest - 1)[..., None].expand_as(x)
        filled = before.view(rows, self.longest, -1).scatter_add(1, places, x.where(real, 0.0)).flatten(1)
        y = self.layers(filled)[:, None].expand(-1, width, -1).where(real, 0.0)  # (B, T, H)
        return y, (filled[None], (count + read).to(x.dtype)[None])

    def flops(self, steps: int) -> float | None:
        return linear_flops(self.layers)  # once a sequence, whose empty places are computed as well
