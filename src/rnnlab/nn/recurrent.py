"""The contract of every recurrent layer, and of a cell that knows one step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

State = Tensor | tuple[Tensor, ...]
"""What a layer carries from step to step: one tensor or several, each `(layers · directions, B, H)`.

Rows of a batch lie along dimension 1, whatever else: that is where tasks pick those that go on.
"""


def map_state(function: Callable[[Tensor], Tensor], state: State) -> State:
    """Apply a function to each tensor of a state."""
    return function(state) if isinstance(state, Tensor) else tuple(map(function, state))


class StateWeights(NamedTuple):
    """Weights by which a layer multiplies the state of the step before: for those who want to look.

    Attributes:
        weight: `(n · H, H)`, one square matrix above the other.
        blocks: What each of the n matrices belongs to, such as `forget`; `state` where there is only one.
    """

    weight: nn.Parameter
    blocks: tuple[str, ...] = ("state",)

    @classmethod
    def from_linear(cls, layer: nn.Linear, blocks: tuple[str, ...] = ("state",)) -> StateWeights:
        """Return the weights of a linear layer whose input is the state."""
        assert isinstance(layer.weight, nn.Parameter)
        return cls(layer.weight, blocks)

    def matrices(self) -> dict[str, Tensor]:
        """Each matrix `(H, H)` by what it belongs to: a view, so that writing to it changes the weights."""
        return dict(zip(self.blocks, self.weight.detach().chunk(len(self.blocks)), strict=True))


class Recurrent(nn.Module):
    """A stack of recurrent layers in one or two directions.

    A state goes in and comes out, so that generation, truncated backpropagation through time and streaming are the
    same call. Padding never changes a result: with `lengths`, the state is the one at each sequence's own end and
    a backward pass starts there.

    Attributes:
        causal: Whether an output depends on no later input, as a language model needs it.
        sums_up: Whether a state sums up all that was read in a fixed number of units, which probes can follow from
            step to step. A Transformer's state is what it has read, and grows.
        longest: The most steps of a sequence that it has room for; None for any number.
    """

    causal = True
    sums_up = True
    longest: int | None = None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.directions = 2 if bidirectional else 1
        self.causal = self.causal and not bidirectional

    @property
    def output_size(self) -> int:
        """Units of an output: those of both directions side by side."""
        return self.hidden_size * self.directions

    @abstractmethod
    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """Run over whole sequences.

        Args:
            x: `(B, T, D)` inputs.
            state: Where to start; None for zeros.
            lengths: `(B,)` how many steps of each row are real, at least 1; None for all T.

        Returns:
            The outputs `(B, T, H · directions)` of the last layer, 0 behind a row's length, and the final state.
        """

    def gate_activations(self, layer: int, x: Tensor, state: State) -> dict[str, Tensor]:
        """How open one layer's gates are at a step, from 0 to 1; empty where it has none or does not tell.

        Args:
            layer: Its number, counted from 0.
            x: `(N, D)` its inputs.
            state: The state before the step, each part `(N, H)`.

        Returns:
            The gates by name, each `(N, H)`.
        """
        return {}

    def state_weights(self, layer: int) -> list[StateWeights]:
        """What one layer, counted from 0, multiplies its state by; empty where nothing is, or it does not tell."""
        return []


class Cell(nn.Module):
    """One step of one layer in one direction. Derive from it, write `step`, and name the class in a YAML file.

    `Stack` builds as many of it as there are layers and directions, and takes care of padding. A cell that has a
    faster way through a sequence than step by step writes `unroll` instead.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size

    def initial_state(self, x: Tensor) -> State:
        """The state before the first step, zeros `(B, H)`; a cell with several tensors returns a tuple."""
        return x.new_zeros(len(x), self.hidden_size)

    @abstractmethod
    def step(self, x: Tensor, state: State) -> State:
        """From an input `(B, D)` and a state to the next state, whose first tensor `(B, H)` is the output."""

    def unroll(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """From inputs `(B, T, D)` and a state to the outputs and the states behind every step, each `(B, T, H)`."""
        states = []
        for inputs in x.unbind(dim=1):
            state = self.step(inputs, state)
            states.append(state)
        if isinstance(state, Tensor):
            y = torch.stack([each for each in states if isinstance(each, Tensor)], dim=1)
            return y, y
        parts = tuple(torch.stack(part, dim=1) for part in zip(*states, strict=True))
        return parts[0], parts

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """How open its gates are in that step, by name, `(B, H)` each from 0 to 1: for those who want to look."""
        return {}

    def state_weights(self) -> list[StateWeights]:
        """What it multiplies its state by, if it does: for those who want to look."""
        return []
