"""What some tasks can do besides learning: make up texts, or say what a text or each of its words is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.prepared import Part


@dataclass(frozen=True)
class Sampling:
    """How new items or texts are drawn.

    Attributes:
        prefix: How each of them begins.
        length: Symbols, as the task counts them; None for the task's own number.
        temperature: Below 1 safer, above 1 wilder; 0 takes the likeliest symbol every time.
        top_k: Draw among that many likeliest symbols only; None for all.
        seed: The same seed draws the same.
    """

    prefix: str = ""
    length: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0


@runtime_checkable
class Generates(Protocol):
    """A task that makes up items or texts."""

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Draw `count` of them at once.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room for more.
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


@dataclass(frozen=True)
class Rolling:
    """Forecasts of a stretch of a series, one behind the other: each has seen what happened until it begins.

    All numbers are in the series' own units; of several columns, those of the first.

    Attributes:
        name: What the numbers are called.
        horizon: Values of a forecast.
        history: What the first forecast has read.
        truth: What happened then.
        forecast: What was forecast, as long.
        seasonal: The seasonal naive forecast, as long.
    """

    name: str
    horizon: int
    history: list[float]
    truth: list[float]
    forecast: list[float]
    seasonal: list[float]


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


@dataclass(frozen=True)
class TaggedWord:
    """What a model says of a word in its sentence.

    Attributes:
        word: As it was written.
        tag: The likeliest one.
        probability: Of that tag, from 0 to 1.
        probabilities: Of every tag.
    """

    word: str
    tag: str
    probability: float
    probabilities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TaggedText:
    """What a model says of the words of a text.

    Attributes:
        text: The text.
        words: Its words and their tags; empty for an empty text.
        note: What is odd about it; otherwise empty.
    """

    text: str
    words: tuple[TaggedWord, ...] = ()
    note: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag of each word."""
        return tuple(its.tag for its in self.words)

    @property
    def prediction(self) -> Prediction:
        """All tags as one answer, and the probability that all of them are right, as if each were on its own."""
        if not self.words:
            return Prediction(self.text, None, None, "the text is empty")
        label, probability = " ".join(self.tags), math.prod(its.probability for its in self.words)
        return Prediction(self.text, label, probability, self.note, {label: probability})


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
class Spells(Protocol):
    """A task whose symbols are more than indices of its vocabulary."""

    def spell(self, symbols: Tensor) -> list[str]:
        """What symbols `(T, …)` are called."""
