"""Recurrent layers made of cells: unrolled over time, stacked, in one or two directions."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.config.targets import locate
from rnnlab.errors import UserError
from rnnlab.nn.flops import declared_flops, total_flops
from rnnlab.nn.recurrent import Cell, Recurrent, State, StateWeights, map_state


class Stack(Recurrent):
    """A `Recurrent` layer made of cells: unrolled over time, one layer on top of the other, dropout between them.

    Args:
        cell: The class of the cells.
        settings: Their keyword arguments beside input and hidden size.
        **shape: The arguments of `Recurrent`.
    """

    def __init__(self, cell: type[Cell], settings: Mapping[str, Any], **shape: Any) -> None:
        super().__init__(**shape)
        sizes = [self.input_size] + [self.output_size] * (self.num_layers - 1)
        self.cells = nn.ModuleList(
            cell(size, self.hidden_size, **settings) for size in sizes for _ in range(self.directions)
        )

    def forward(self, x: Tensor, state: State | None = None, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        lengths = None if lengths is None else lengths.to(x.device)
        finals = []
        for layer in range(self.num_layers):
            if layer:
                x = nn.functional.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(self.directions):
                index = layer * self.directions + direction
                start = None if state is None else map_state(itemgetter(index), state)
                y, final = self._unroll(index, x if direction == 0 else _reverse(x, lengths), start, lengths)
                outputs.append(y if direction == 0 else _reverse(y, lengths))
                finals.append(final)
            x = torch.cat(outputs, dim=-1)
        return x, _join(finals)

    def initial_state(self, x: Tensor) -> State:
        """Return the state in which rows of inputs `(B, T, D)` begin that are given none."""
        cells = [cell for cell in self.cells if isinstance(cell, Cell)]
        return _join([cell.initial_state(x.new_zeros(len(x), cell.input_size)) for cell in cells])

    def flops(self, steps: int) -> float | None:
        return total_flops(*((steps, declared_flops(cell)) for cell in self.cells))

    def gate_activations(self, layer: int, x: Tensor, state: State) -> dict[str, Tensor]:
        cell = self.cells[layer * self.directions]
        assert isinstance(cell, Cell)
        return cell.gate_activations(x, state)

    def state_weights(self, layer: int) -> list[StateWeights]:
        cell = self.cells[layer * self.directions]
        assert isinstance(cell, Cell)
        return cell.state_weights()

    def _unroll(self, index: int, x: Tensor, state: State | None, lengths: Tensor | None) -> tuple[Tensor, State]:
        cell = self.cells[index]
        assert isinstance(cell, Cell)
        y, states = cell.unroll(x, cell.initial_state(x[:, 0]) if state is None else state)
        if lengths is None:
            return y, map_state(lambda part: part[:, -1], states)
        inside = (torch.arange(x.shape[1], device=x.device) < lengths[:, None])[..., None]  # (B, T, 1)
        rows = torch.arange(len(x), device=x.device)
        return y.where(inside, 0.0), map_state(lambda part: part[rows, lengths - 1], states)


def build_recurrent(
    cell: Mapping[str, Any],
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    dropout: float = 0.0,
    bidirectional: bool = False,
) -> Recurrent:
    """Build the recurrent layers that a configuration's node `cell` names.

    A class that derives from `Cell` is stacked and unrolled; one that derives from `Recurrent` is used as it is.

    Args:
        cell: `_target_` names the class; further keys beside `name` are keyword arguments of the class.
        input_size: Units of an input.
        hidden_size: Units of each layer and direction.
        num_layers: Layers on top of each other.
        dropout: Share of units that training drops between layers.
        bidirectional: Read the inputs forwards and backwards.

    Raises:
        UserError: The class derives from neither, is unfinished, cannot read backwards, or does not take these
            arguments.
    """
    target = _layer_class(str(cell["_target_"]))
    settings = {key: value for key, value in cell.items() if key not in ("_target_", "name")}
    shape: dict[str, Any] = {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "dropout": dropout,
        "bidirectional": bidirectional,
    }
    if bidirectional and issubclass(target, Recurrent) and target.forwards_only:
        raise UserError(f"model.bidirectional=true is not for cell={cell['name']}, which only reads forwards")
    try:
        return Stack(target, settings, **shape) if issubclass(target, Cell) else target(**shape, **settings)
    except TypeError as error:
        raise UserError(f"cell: {target.__name__} cannot be made from the keys of its YAML file ({error})") from error


def _layer_class(name: str) -> type[Cell] | type[Recurrent]:
    """Return the class of that name.

    Raises:
        UserError: It derives neither from `Cell` nor from `Recurrent`, or does not define what these ask for.
    """
    layer = locate(name)
    if not (isinstance(layer, type) and issubclass(layer, Cell | Recurrent)):
        raise UserError(f"cell._target_: {name} derives neither from rnnlab.nn.Cell nor from rnnlab.nn.Recurrent")
    if issubclass(layer, Cell):
        undefined = "step" if layer.step is Cell.step and layer.unroll is Cell.unroll else ""
    else:
        undefined = "forward" if layer.forward is Recurrent.forward else ""
    if undefined:
        raise UserError(f"cell: {layer.__name__} does not define {undefined}")
    return layer


def _join(states: list[State]) -> State:
    """Stack the states `(B, H)` of layers and directions along a new first dimension."""
    if isinstance(states[0], Tensor):
        return torch.stack([state for state in states if isinstance(state, Tensor)])
    return tuple(torch.stack(list(parts)) for parts in zip(*states, strict=True))


def _reverse(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each row `(T, D)` of x within its own length; the padding behind it stays where it is."""
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    mirrored = lengths[:, None] - 1 - steps  # (B, T), negative behind a row's end
    source = torch.where(mirrored >= 0, mirrored, steps)
    return x.gather(1, source[..., None].expand_as(x))
