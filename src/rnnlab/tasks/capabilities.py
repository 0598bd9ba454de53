"""What some tasks can do besides learning: make up texts, or say what a text or each of its words is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.prepared import Part
from rnnlab.tasks.predictions import Prediction, Rolling, TaggedText


@dataclass(frozen=True)
class Sampling:
    """How new items or texts are drawn.

    Attributes:
        prefix: How each of them begins.
        length: Symbols, as the task counts them; None for the task's own number.
        temperature: Below 1 safer, above 1 wilder; 0 takes the likeliest symbol every time.
        top_k: Draw among that many likeliest symbols only; None for all.
        seed: The same seed draws the same.
        condition: The label that each has, of a model that was trained with labels; None for labels by their share.
    """

    prefix: str = ""
    length: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0
    condition: str | None = None


@runtime_checkable
class Generates(Protocol):
    """A task that makes up items or texts."""

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Draw `count` of them at once.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room for more; there is no such
                label.
        """

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """One of them, in pieces as they are drawn.

        Raises:
            UserError: As `sample`.
        """

    def remark(self, items: Iterable[str]) -> str:
        """What there is to say about them, such as how many are new; may be empty."""


@runtime_checkable
class EncodesText(Protocol):
    """A task whose inputs are made of texts."""

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a text as the task's inputs, `(T,)` long.

        Raises:
            UserError: It has a symbol that the vocabulary lacks, or none; the line begins with `key`.
        """


@runtime_checkable
class Classifies(Protocol):
    """A task that tells the class of a text.

    Attributes:
        labels: The names of the classes.
    """

    # Modules do not belong here: from Python 3.12 on, `isinstance` finds no submodule of a task.
    labels: tuple[str, ...]

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text."""


@runtime_checkable
class Forecasts(Protocol):
    """A task that says how a series of numbers goes on.

    Attributes:
        horizon: How many values it forecasts.
    """

    horizon: int

    def forecast(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The next values `(horizon,)` or `(horizon, D)` of a series `(T,)` or `(T, D)`, both in its own units.

        Raises:
            UserError: The series is too short, or has another number of columns.
        """

    def rolling(self, part: Part, most: int) -> Rolling:
        """The first forecasts of a part of the data, at most so many."""


@runtime_checkable
class Tags(Protocol):
    """A task that tells the tag of each word.

    Attributes:
        labels: The names of the tags.
    """

    labels: tuple[str, ...]

    def tag(self, texts: Sequence[str]) -> list[TaggedText]:
        """The words of each text with their tags."""


@runtime_checkable
class NamesSymbols(Protocol):
    """A task whose inputs are more than indices of its vocabulary."""

    def symbol_names(self, symbols: Tensor) -> list[str]:
        """Return a name for each step of inputs `(T, …)`."""
