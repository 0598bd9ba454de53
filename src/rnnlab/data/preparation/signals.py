"""Signals: sequences of vectors of numbers, and what is to be told of each: a class, a number, or a class a step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.preparation.labelled import split_rows
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.split import LEAST_ITEMS, PARTS, cut
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

CLASS, NUMBER, STEPS = "class", "number", "steps"  # what is asked of a sequence

Answers = NDArray[np.int64] | NDArray[np.float32]


@dataclass(frozen=True)
class Signals:
    """What a reader or a generator of signals gives.

    Attributes:
        values: `(total, D)`, the vectors of all sequences one behind the other.
        sizes: `(N,)`, how many steps each has, at least 1.
        answers: `(N,)` the index of each sequence's class, or a number; `(N, T)` a class for each step.
        asked: Which of these: `class`, `number` or `steps`.
        channels: What the D components are called.
        classes: What the classes are called; empty for numbers.
        tolerance: How far from the right number a right answer may be; 0 for classes.
        silent: The class of a step at which there is nothing to tell, which accuracy leaves out; None without one.
        notes: What a user should know, such as what can be reached without a memory.
        generated: Whether the sequences are independent draws, of which any part is as good as another.
    """

    values: NDArray[np.float32]
    sizes: NDArray[np.int64]
    answers: Answers
    asked: str
    channels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    tolerance: float = 0.0
    silent: int | None = None
    notes: tuple[str, ...] = ()
    generated: bool = True

    @classmethod
    def of(
        cls,
        values: NDArray[np.float32],
        answers: Answers,
        asked: str,
        channels: Sequence[str] = (),
        classes: Sequence[str] = (),
        **more: Any,
    ) -> Signals:
        """Sequences of equal length `(N, T, D)`; channels without names are numbered."""
        count, length, width = values.shape
        names = tuple(channels) or tuple(f"x{number}" for number in range(1, width + 1))
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
        """Of the numbers and the answers."""
        digest = hashlib.sha256()
        for array in (self.values, self.sizes, self.answers):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def prepare(source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None) -> Prepared:
    """Cut the sequences into parts; what is longer than `data.sequence_length` steps loses its end.

    Generated ones are cut 80/10/10 where they are; others are shuffled by `split.seed` and cut by class.

    Raises:
        UserError: The source is no signals, too few, or has other channels or classes than a model knows.
    """
    signals = source.content
    if not isinstance(signals, Signals):
        raise UserError(f"data={source.name} has no signals, which are vectors of numbers, such as data=half_sums")
    where = source.where
    channels, classes = Vocabulary.of_channels(signals.channels), list(signals.classes)
    answers = signals.answers
    if known is not None:
        parts = {"test": list(range(len(signals)))}
        answers, classes = _as_known(signals, known, where)
    elif signals.generated:
        parts = _cut(min(len(signals), source.limit or len(signals)), where)
    else:
        labels = [classes[index] for index in answers.tolist()]
        parts = split_rows(labels, None, range(len(signals)), split["seed"], source.limit, where)
    longest = data["sequence_length"]
    sizes = np.minimum(signals.sizes, longest)
    note = f"the longest sequences were cut to data.sequence_length={longest} of {signals.sizes.max()} steps"
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=channels,
        parts={
            part: Part(Sequences(signals.values, signals.offsets[rows], sizes[rows]), labels=answers[rows])
            for part, rows in parts.items()
        },
        card={
            "asked": signals.asked,
            "labels": classes,
            "tolerance": signals.tolerance,
            "silent": signals.silent,
            "sequence_length": longest,
            "balance": {part: _balance(answers[rows], classes) for part, rows in parts.items()}
            if signals.asked == CLASS
            else {},
        },
        notes=(*signals.notes, *([note] if signals.sizes.max() > longest else [])),
    )


def _cut(count: int, where: str) -> dict[str, list[int]]:
    if count < LEAST_ITEMS:
        raise UserError(f"{where}: {count} sequences are too few to split 80/10/10; at least {LEAST_ITEMS} are needed")
    first, second = cut(count)
    places = (range(first), range(first, second), range(second, count))
    return {part: list(rows) for part, rows in zip(PARTS, places, strict=True)}


def _as_known(signals: Signals, known: Known, where: str) -> tuple[Answers, list[str]]:
    """The answers by the model's own numbers of its classes, and their names."""
    if len(signals.channels) != len(known.vocabulary):
        raise UserError(
            f"{where}: its steps have {len(signals.channels)} numbers, those of training {len(known.vocabulary)}"
        )
    names = list(known.card["labels"])
    if signals.asked != known.card["asked"]:
        raise UserError(f"{where}: what it asks of a sequence ({signals.asked}) is not what the model was trained on")
    if strange := sorted(set(signals.classes) - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
    if not names:
        return signals.answers, names
    return np.array([names.index(name) for name in signals.classes], dtype=np.int64)[signals.answers], names


def _balance(answers: Answers, classes: Sequence[str]) -> dict[str, int]:
    """How many sequences of each class there are."""
    counts = np.bincount(answers.astype(np.int64), minlength=len(classes)).tolist()
    return dict(zip(classes, counts, strict=True))
