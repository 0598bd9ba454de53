"""What some tasks can do besides learning: make up texts, or say what a text is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from torch import Tensor


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
class Reads(Protocol):
    """A task whose inputs are made of texts."""

    def read(self, text: str, key: str) -> Tensor:
        """The symbols of a text as the task reads them, `(T,)` long.

        Raises:
            UserError: It has a symbol that the vocabulary lacks, or none; the line begins with `key`.
        """


@dataclass(frozen=True)
class Prediction:
    """What a model says of a text.

    Attributes:
        text: The text.
        label: The likeliest class; None where the text has no word that the model knows.
        probability: Of that class, from 0 to 1; None without a label.
        note: Why there is no label; otherwise empty.
        probabilities: Of every class; empty without a label.
    """

    text: str
    label: str | None
    probability: float | None
    note: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)


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
