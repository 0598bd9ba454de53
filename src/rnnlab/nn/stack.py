"""How a cell that knows one step becomes a recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.config.targets import locate
from rnnlab.errors import UserError
from rnnlab.nn.recurrent import Cell, Recurrent, State, StateWeights, map_state


class Stack(Recurrent):
    """Cells, unrolled over time: layers on top of each other, dropout between them."""

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
        """Where rows of inputs `(B, T, D)` begin that are given no state."""
        cells = [cell for cell in self.cells if isinstance(cell, Cell)]
        return _join([cell.initial_state(x.new_zeros(len(x), cell.input_size)) for cell in cells])

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
    if issubclass(target, Cell):
        undefined = "step" if target.step is Cell.step and target.unroll is Cell.unroll else ""
    else:
        undefined = "forward" if target.forward is Recurrent.forward else ""
    if undefined:
        raise UserError(f"cell: {target.__name__} does not define {undefined}")
    try:
        return Stack(target, settings, **shape) if issubclass(target, Cell) else target(**shape, **settings)
    except TypeError as error:
        raise UserError(f"cell: {target.__name__} cannot be made from the keys of its YAML file ({error})") from error


def _first(state: State) -> Tensor:
    return state if isinstance(state, Tensor) else state[0]


def _join(states: list[State]) -> State:
    if isinstance(states[0], Tensor):
        return torch.stack([_first(state) for state in states])
    return tuple(torch.stack(list(parts)) for parts in zip(*states, strict=True))


def _reverse(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each row `(T, D)` of x around within its own length; the padding behind it stays where it is."""
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    mirrored = lengths[:, None] - 1 - steps  # (B, T), negative behind a row's end
    source = torch.where(mirrored >= 0, mirrored, steps)
    return x.gather(1, source[..., None].expand_as(x))
