"""The programs of an exported folder, before they are written in a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor, nn

BATCH, STEPS, CHARACTERS = "batch", "steps", "characters"  # axes of any length


class Network(Protocol):
    """A module whose last argument is a state; it returns its output and the parts of the next state.

    Attributes:
        initial: The parts of the state in which one row begins, the row along their second dimension.
    """

    initial: tuple[Tensor, ...]


@dataclass(frozen=True)
class Program:
    """A network of tensors that is written as a file.

    Attributes:
        network: In evaluation mode, see `Network`.
        inputs: An example of each input by its name, of two rows.
        axes: What the axes of an input are called that have any length, by their place; others have the example's.
        output: What is returned beside the state.
    """

    network: nn.Module
    inputs: Mapping[str, Tensor]
    axes: Mapping[str, Mapping[int, str]]
    output: str = "logits"

    @property
    def initial(self) -> tuple[Tensor, ...]:
        """The parts of the state in which one row begins; none of a program without a state."""
        parts: tuple[Tensor, ...] = getattr(self.network, "initial")  # noqa: B009  # which mypy takes for a module
        return parts

    @property
    def card(self) -> dict[str, Any]:
        """The facts of it that a script needs, as plain values."""
        return {
            "inputs": [
                {"name": name, "type": _type(example), "shape": _shape(example, self.axes[name])}
                for name, example in self.inputs.items()
            ],
            "output": self.output,
            "state": [
                {
                    "name": f"state_{number}",
                    "type": _type(part),
                    "shape": _shape(part, {1: BATCH}),
                    "initial": _initial(part),
                }
                for number, part in enumerate(self.initial)
            ],
        }


Run = Callable[[str, Sequence[Tensor], Sequence[Tensor]], list[Tensor]]
"""Runs a written program by its name, with inputs and a state; returns its output and the parts of the next state."""


@dataclass(frozen=True)
class Contents:
    """The export of a task.

    Attributes:
        script: The name of the script that asks the programs.
        programs: By their names.
        values: Vocabulary, labels, scalers and what else the script needs, as plain values.
        difference: Runs the written programs over sequences of other lengths than were traced; returns how far off the
            task's own outputs they are, in shares of the largest where that is above 1.
        remarks: Lines on what is left out, and why.
    """

    script: str
    programs: Mapping[str, Program]
    values: Mapping[str, Any]
    difference: Callable[[Run], float]
    remarks: tuple[str, ...] = field(default=())


def state_of(program: Program, rows: int) -> list[Tensor]:
    """Return the state in which so many rows begin."""
    return [part.expand(-1, rows, *part.shape[2:]).contiguous() for part in program.initial]


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _shape(tensor: Tensor, axes: Mapping[int, str]) -> list[int | str]:
    return [axes.get(place, size) for place, size in enumerate(tensor.shape)]


def _initial(part: Tensor) -> Any:
    """Return a number where all are equal; else all of them, `(layers, 1, H)`."""
    if not part.numel():
        return 0
    first = part.flatten()[0]
    return first.item() if bool((part == first).all()) else part.tolist()
