"""What tasks answer, as plain values: of a text, of its words, of a series of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


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
