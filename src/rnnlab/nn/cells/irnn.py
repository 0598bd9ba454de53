"""A network of rectified linear units whose recurrent weights begin as the identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from rnnlab.nn.cells.kernels import RNN


class IRNN(RNN):
    """h_t = max(0, W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), W_hh at first the identity (Le, Jaitly and Hinton 2015).

    "A simple way to initialize recurrent networks of rectified linear units": the biases begin at 0, so that without
    an input the state is copied. With inputs it may grow without bound: train it with clipped gradients, and where
    the state is carried from window to window with a smaller identity.

    Args:
        identity_scale: The factor of the identity; below 1 the state fades, which Le et al. recommend for tasks of
            short memory.
        input_std: Standard deviation of W_ih at first.
        *args: The arguments of `Recurrent`.
        **shape: The arguments of `Recurrent`.
    """

    options: ClassVar[Mapping[str, str]] = {"nonlinearity": "relu"}

    def __init__(self, *args: Any, identity_scale: float, input_std: float, **shape: Any) -> None:
        super().__init__(*args, **shape)
        for name, weight in self.layers.named_parameters():
            if name.startswith("weight_hh"):
                nn.init.eye_(weight)
                weight.data.mul_(identity_scale)
            elif name.startswith("weight_ih"):
                nn.init.normal_(weight, std=input_std)
            else:
                nn.init.zeros_(weight)
