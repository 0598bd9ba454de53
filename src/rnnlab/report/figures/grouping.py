"""The settings that lines and points are grouped by, and what of their look belongs to which setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.analysis.configurations import number_of, plain
from rnnlab.analysis.inference.observations import Setting
from rnnlab.analysis.question import Question

CELL = "cell"
GROUPED_BY = ("cell", "task", "data")  # lines and points are told apart by the first of them that varied
AVERAGED = "averaged over the other settings, those that all of them have"


@dataclass(frozen=True)
class Look:
    """The colour and the style of a line or a point beside others.

    Attributes:
        colour: The cell, to which the colour belongs; empty where no cell is compared.
        style: The number of the dash and the marker, which belong to the other settings; None without a cell.
        rest: The other settings, such as `hidden_size 64`; empty where there is none.
    """

    colour: str = ""
    style: int | None = None
    rest: str = ""


def cell_of(question: Question, at: Setting, level: str) -> str:
    """Return the cell of a level, to which its colour belongs, or that of its panel; '' where no cell is compared.

    Args:
        question: The question.
        at: The setting of `within`.
        level: The level, such as `gru, 64`.
    """
    parts = level.split(", ")
    if CELL in question.by and len(parts) == len(question.by):
        return parts[question.by.index(CELL)]
    return plain(dict(at).get(CELL, ""))


def looks(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Look]:
    """Give equal cells the same colour and equal other settings the same dash and marker.

    Where cells are all that differs, they have dashes of their own, too, for a print in grey.

    Args:
        names: The settings.
        rows: For each line or point a value of each setting.
    """
    if "cell" not in names:
        return [Look() for _ in rows]
    place = names.index("cell")
    cells = [plain(row[place]) for row in rows]
    others = [name for name in names if name != "cell"]
    rests = [tuple(value for number, value in enumerate(row) if number != place) for row in rows]
    ordered = [
        _in_order(rest) for rest in (rests if len(set(map(_in_order, rests))) > 1 else [(cell,) for cell in cells])
    ]
    numbers = {key: number for number, key in enumerate(sorted(set(ordered)))}
    return [
        Look(
            cell,
            numbers[key],
            ", ".join(f"{name} {plain(value)}" for name, value in zip(others, rest, strict=True)),
        )
        for cell, key, rest in zip(cells, ordered, rests, strict=True)
    ]


def _in_order(values: Sequence[Any]) -> tuple[tuple[bool, float, str], ...]:
    """Return a key that sorts settings: numbers by their size, and before names."""
    numbers = [(number_of(value), plain(value)) for value in values]
    return tuple((number is None, number or 0.0, text) for number, text in numbers)
