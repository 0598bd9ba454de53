"""A bag of embeddings: an encoder that is blind to the order of its inputs."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.nn.recurrent import Recurrent, State


class Bag(Recurrent):
    """A bag of embeddings: the output at every step is the mean of all inputs, so that every pooling gives the same.

    It has no weights, and as many units as its inputs: `hidden_size`, `num_layers`, `dropout` and `bidirectional`
    change nothing. The state is the sum of the inputs so far, `(1, B, D)`, and how many they were, `(1, B, 1)`.
    """

    causal = False
    one_output = True

    @property
    def output_size(self) -> int:
        return self.input_size

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        if lengths is None:
            lengths = torch.full((x.shape[0],), x.shape[1])
        lengths = lengths.to(x.device)
        real = (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[..., None]  # (B, T, 1)
        total, count = x.where(real, 0.0).sum(dim=1), lengths[:, None].to(x.dtype)
        if state is not None:
            total, count = total + state[0][0], count + state[1][0]
        mean = (total / count)[:, None]  # (B, 1, D)
        return mean.expand_as(x).where(real, 0.0), (total[None], count[None])

    def flops(self, steps: int) -> int:
        return 0  # it only adds
