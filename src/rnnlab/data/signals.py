"""Signals: sequences of vectors of numbers and what is to be predicted of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import UserError

CLASS, NUMBER, STEPS = (
    "class",
    "number",
    "steps",
)  # what is predicted: a class or a number for each sequence, or a class for each step
LARGEST = 1e30  # absolute value: a float32 holds it, a float64 its square

Values = NDArray[np.float32] | NDArray[np.float64]
Answers = NDArray[np.int64] | NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True)
class Signals:
    """Sequences of vectors of numbers and the right answer for each.

    Attributes:
        values: `(total, D)`, the vectors of all sequences one behind the other; NaN where nothing was observed.
        sizes: `(N,)`, how many steps each has, at least 1.
        answers: `(N,)` the index of each sequence's class, or a number, `(N, K)` for K numbers; of steps `(N, T)` or
            `(total,)` the class of each.
        asked: Which of these: `class`, `number` or `steps`.
        channels: What the D components are called.
        classes: What the classes are called; empty for numbers.
        tolerance: How far from the right number a right answer may be; 0 for classes and for files.
        silent: The class of a step without an answer, which accuracy leaves out; None without one.
        notes: What a user should know, such as what can be reached without a memory.
        generated: Whether the sequences are independent draws, of which any part is as good as another.
        parts: `(N,)`, the part of each where the files' names say it (see `sources.parts`); else None.
        description: What was read of the user's own files, in one line; '' of other data.
        steps: The names of the columns of a table whose cells are steps; none of other data.
        times: `(total,)`, when each step was; None where nothing says it.
        groups: `(N,)`, what must stay in one part of the split, such as a patient; None where nothing says it.
        names: `(N,)`, what each sequence is called, such as by a column of ids; None where nothing says it.
        targets: What the K numbers of an answer are called; empty for classes.
        columns: How a table was read, by the keys of its reader, for other tables of the same form.
        rows: `(total,)`, the row of its long table that each step is; None of other data.
    """

    values: Values
    sizes: NDArray[np.int64]
    answers: Answers
    asked: str
    channels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    tolerance: float = 0.0
    silent: int | None = None
    notes: tuple[str, ...] = ()
    generated: bool = True
    parts: Sequence[str] | None = None
    description: str = ""
    steps: tuple[str, ...] = ()
    times: NDArray[np.float64] | None = None
    groups: Sequence[str] | None = None
    names: Sequence[str] | None = None
    targets: tuple[str, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    rows: NDArray[np.int64] | None = None

    @classmethod
    def of_equal_length(
        cls,
        values: Values,
        answers: Answers,
        asked: str,
        channels: Sequence[str] = (),
        classes: Sequence[str] = (),
        **more: Any,
    ) -> Signals:
        """Return signals of values `(N, T, D)`; channels without names are numbered."""
        count, length, width = values.shape
        names = tuple(channels) or numbered(width)
        sizes = np.full(count, length, dtype=np.int64)
        return cls(values.reshape(-1, width), sizes, answers, asked, names, tuple(classes), **more)

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """`(N,)`, where each sequence begins."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the numbers and the answers, in hexadecimal."""
        digest = hashlib.sha256()
        for array in (self.values, self.sizes, self.answers):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    @property
    def by_step(self) -> bool:
        """True if there is an answer for each step in one flat array."""
        return self.asked == STEPS and self.answers.ndim == 1


def numbered(width: int) -> tuple[str, ...]:
    """Return names for channels without any: x1, x2, …"""
    return tuple(f"x{number}" for number in range(1, width + 1))


def check_size(values: NDArray[Any], names: Sequence[str], where: str) -> None:
    """Raise UserError if a number is too large for networks, whose numbers have 32 bits.

    Args:
        values: `(N, D)`; NaN where nothing was observed.
        names: Of the D columns.
        where: Begins the line about what is wrong.
    """
    if (large := np.abs(values) >= LARGEST).any():
        row, column = np.argwhere(large)[0].tolist()
        raise UserError(too_large(f"{where} {names[column]}", float(values[row, column])))


def too_large(where: str, number: float) -> str:
    """Return the line on a number that is too large."""
    return (
        f"{where} has {number:.3g}, too large to compute with in 32 bits; give numbers in another unit, and leave"
        " empty what was not measured"
    )
