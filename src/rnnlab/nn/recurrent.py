"""The base classes of recurrent layers and of cells, which compute one step of a layer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

State = Tensor | tuple[Tensor, ...]
"""The tensors that a layer carries from step to step, each `(layers · directions, B, H)`.

Rows of a batch always lie along dimension 1, where tasks select those that go on.
"""


def map_state(function: Callable[[Tensor], Tensor], state: State) -> State:
    """Apply a function to each tensor of a state."""
    return function(state) if isinstance(state, Tensor) else tuple(map(function, state))


class StateWeights(NamedTuple):
    """Weights by which a layer multiplies the state of the step before; probes look at them.

    Attributes:
        weight: `(n · H, H)`, one square matrix above the other.
        blocks: The gate to which each of the n matrices belongs, such as `forget`; `state` where there is only one.
    """

    weight: nn.Parameter
    blocks: tuple[str, ...] = ("state",)

    @classmethod
    def from_linear(cls, layer: nn.Linear, blocks: tuple[str, ...] = ("state",)) -> StateWeights:
        """Return the weights of a linear layer whose input is the state."""
        assert isinstance(layer.weight, nn.Parameter)
        return cls(layer.weight, blocks)

    def matrices(self) -> dict[str, Tensor]:
        """Return each matrix `(H, H)` by its block; they are views, so that writing to them changes the weights."""
        return dict(zip(self.blocks, self.weight.detach().chunk(len(self.blocks)), strict=True))


class Recurrent(nn.Module):
    """A stack of recurrent layers in one or two directions; the base class of layers that unroll themselves.

    A state goes in and comes out, so that generation, truncated backpropagation through time and streaming are the
    same call. Padding never changes a result: with `lengths`, the state is the one at each sequence's own end and
    a backward pass starts there.

    Attributes:
        causal: Whether an output depends on no later input, as a language model needs it.
        sums_up: Whether a state sums up all inputs so far in a fixed number of units, which probes can follow from
            step to step. The state of a Transformer holds the inputs themselves, and grows.
        forwards_only: Whether the layers cannot read backwards, so that `bidirectional` is refused.
        one_output: Whether the output at every step is the same, of all steps, so that every pooling gives the same.
        longest: The most steps of a sequence; None for any number.

    Args:
        input_size: Units of an input, D.
        hidden_size: Units of each layer and direction, H.
        num_layers: Layers on top of each other.
        dropout: Share of units that training drops between layers.
        bidirectional: Whether the layers read the inputs forwards and backwards.
    """

    causal = True
    sums_up = True
    forwards_only = False
    one_output = False
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
        """Run the layers over whole sequences.

        Args:
            x: `(B, T, D)` inputs.
            state: Where to start; None for zeros.
            lengths: `(B,)` how many steps of each row are real, at least 1; None for all T.

        Returns:
            The outputs `(B, T, H · directions)` of the last layer, 0 behind a row's length, and the final state.
        """

    def initial_state(self, x: Tensor) -> State:
        """Return the state in which rows of inputs `(B, T, D)` begin that are given none: zeros."""
        with torch.no_grad():
            _, state = self(x[:, :1])
        return map_state(torch.zeros_like, state)

    def flops(self, steps: int) -> float | None:
        """Return the floating-point operations of a forward pass over one sequence of so many steps.

        What counts as one is said in `rnnlab.nn.flops`. None, unless a class declares them: nothing is guessed.
        """
        return None

    def gate_activations(self, layer: int, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return how open the gates of one layer are at a step, from 0 to 1; empty where there are none to show.

        Args:
            layer: The number of the layer, counted from 0.
            x: `(N, D)` the inputs of the layer.
            state: The state before the step, each part `(N, H)`.

        Returns:
            The gates by name, each `(N, H)`.
        """
        return {}

    def state_weights(self, layer: int) -> list[StateWeights]:
        """Return the weights by which one layer, counted from 0, multiplies its state; empty where there are none."""
        return []


class Cell(nn.Module):
    """One step of a recurrent layer in one direction. Derive from it, write `step`, and name the class in a YAML file.

    `Stack` builds a cell for each layer and direction, and takes care of padding. A cell with a faster way through a
    sequence than step by step writes `unroll` instead. Further arguments of `__init__` are keys of the YAML file.

    Args:
        input_size: Units of an input, D.
        hidden_size: Units of the state and of the output, H.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size

    def initial_state(self, x: Tensor) -> State:
        """Return the state before the first step, zeros `(B, H)`; a cell with several tensors returns a tuple."""
        return x.new_zeros(len(x), self.hidden_size)

    @abstractmethod
    def step(self, x: Tensor, state: State) -> State:
        """Compute the next state from an input `(B, D)` and a state; its first tensor `(B, H)` is the output."""

    def unroll(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Compute the outputs and the states after each step, each `(B, T, H)`, from inputs `(B, T, D)` and a state."""
        states = []
        for inputs in x.unbind(dim=1):
            state = self.step(inputs, state)
            states.append(state)
        if isinstance(state, Tensor):
            y = torch.stack([step for step in states if isinstance(step, Tensor)], dim=1)
            return y, y
        parts = tuple(torch.stack(part, dim=1) for part in zip(*states, strict=True))
        return parts[0], parts

    def flops(self) -> float | None:
        """Return the floating-point operations of one step of one sequence; None where they are not declared.

        A multiply-add of a matrix product counts as two, elementwise operations do not count; see `rnnlab.nn.flops`,
        whose `linear_flops` does for a cell that is made of `nn.Linear`.
        """
        return None

    def gate_activations(self, x: Tensor, state: State) -> dict[str, Tensor]:
        """Return how open each gate is in a step, `(B, H)` from 0 to 1, by name; for probes."""
        return {}

    def state_weights(self) -> list[StateWeights]:
        """Return the weights that multiply the state, if there are any; for probes."""
        return []
