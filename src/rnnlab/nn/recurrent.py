"""The contract of every recurrent layer, and how a cell that knows one step becomes such a layer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.config.targets import locate
from rnnlab.errors import UserError

State = Tensor | tuple[Tensor, ...]
"""What a layer carries from step to step: one tensor or several, each `(layers · directions, B, H)`."""


class Recurrent(nn.Module):
    """A stack of recurrent layers in one or two directions.

    A state goes in and comes out, so that generation, truncated backpropagation through time and streaming are the
    same call. Padding never changes a result: with `lengths`, the state is the one at each sequence's own end and
    a backward pass starts there.

    Attributes:
        causal: Whether an output depends on no later input, as a language model needs it.
    """

    causal = True

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


class Cell(nn.Module):
    """One step of one layer in one direction. Derive from it, write `step`, and name the class in a YAML file.

    `Stack` unrolls the cell over time, and builds as many of it as there are layers and directions.
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


class Stack(Recurrent):
    """Cells, unrolled over time in a loop: layers on top of each other, dropout between them."""

    def __init__(self, cell: type[Cell], settings: Mapping[str, Any], **shape: Any) -> None:
        super().__init__(**shape)
        sizes = [self.input_size] + [self.output_size] * (self.num_layers - 1)
        self.cells = nn.ModuleList(
            cell(size, self.hidden_size, **settings) for size in sizes for _ in range(self.directions)
        )

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        if lengths is None:
            lengths = torch.full((x.shape[0],), x.shape[1], device=x.device)
        finals = []
        for layer in range(self.num_layers):
            if layer:
                x = nn.functional.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                start = None if state is None else _pick(state, index)
                y, final = self._unroll(index, x if direction == 0 else _reverse(x, lengths), start, lengths)
                outputs.append(y if direction == 0 else _reverse(y, lengths))
                finals.append(final)
            x = torch.cat(outputs, dim=-1)
        return x, _join(finals)

    def _unroll(self, index: int, x: Tensor, state: State | None, lengths: Tensor) -> tuple[Tensor, State]:
        cell = self.cells[index]
        assert isinstance(cell, Cell)
        state = cell.initial_state(x[:, 0]) if state is None else state
        outputs = []
        for t in range(x.shape[1]):
            inside = (t < lengths)[:, None]  # (B, 1)
            following = cell.step(x[:, t], state)
            outputs.append(_first(following) * inside)
            state = _where(inside, following, state)  # a row's state stays as it was at its own end
        return torch.stack(outputs, dim=1), state


def build_recurrent(
    cell: Mapping[str, Any],
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> Recurrent:
    """The recurrent layers that a configuration's node `cell` names.

    A target that derives from `Cell` is stacked and unrolled; any other must keep the contract of `Recurrent`.
    Keys of the node beside `_target_` and `name` are handed to the class.

    Raises:
        UserError: The target is neither, or does not take the node's keys.
    """
    target = locate(str(cell["_target_"]))
    settings = {key: value for key, value in cell.items() if key not in ("_target_", "name")}
    shape: dict[str, Any] = {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "dropout": dropout,
        "bidirectional": bidirectional,
    }
    if not (isinstance(target, type) and issubclass(target, Cell | Recurrent)):
        raise UserError(
            f"cell._target_: {cell['_target_']} derives neither from rnnlab.nn.Cell nor from rnnlab.nn.Recurrent"
        )
    if target.step is Cell.step if issubclass(target, Cell) else target.forward is Recurrent.forward:
        method = "step" if issubclass(target, Cell) else "forward"
        raise UserError(f"cell: {target.__name__} does not define {method}")
    try:
        return Stack(target, settings, **shape) if issubclass(target, Cell) else target(**shape, **settings)
    except TypeError as error:
        raise UserError(f"cell: {target.__name__} cannot be made from the keys of its YAML file ({error})") from error


def _first(state: State) -> Tensor:
    return state if isinstance(state, Tensor) else state[0]


def _pick(state: State, index: int) -> State:
    return state[index] if isinstance(state, Tensor) else tuple(part[index] for part in state)


def _join(states: list[State]) -> State:
    if isinstance(states[0], Tensor):
        return torch.stack([_first(state) for state in states])
    return tuple(torch.stack(list(parts)) for parts in zip(*states, strict=True))


def _where(condition: Tensor, yes: State, no: State) -> State:
    if isinstance(yes, Tensor) and isinstance(no, Tensor):
        return torch.where(condition, yes, no)
    return tuple(torch.where(condition, a, b) for a, b in zip(yes, no, strict=True))


def _reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Turn each row `(T, D)` of x around within its own length; the padding behind it stays where it is."""
    steps = torch.arange(x.shape[1], device=x.device)
    mirrored = lengths[:, None] - 1 - steps  # (B, T), negative behind a row's end
    source = torch.where(mirrored >= 0, mirrored, steps)
    return x.gather(1, source[..., None].expand_as(x))
