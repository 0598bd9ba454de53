"""Sequences of vectors of numbers, cut into parts: what is predicted of each is a class, a number or a class a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnlab.data.items import Items, items_of_vectors, measured
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.sources.signals import CLASS, Answers, Signals, check_steps
from rnnlab.data.split import LEAST_ITEMS, check_parts, cut_items, note_on_classes, note_on_parts, split_rows
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError


def prepare_signals(
    source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None
) -> Prepared:
    """Cut the sequences into parts; what is longer than `data.sequence_length` steps loses its end.

    Generated ones are cut 80/10/10 where they are; others are shuffled by `split.seed` and cut by class, or have the
    parts that their files' names say.

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
        check_parts(signals.parts, where)
        labels = [classes[index] for index in answers.tolist()]
        parts = split_rows(labels, signals.parts, range(len(signals)), split["seed"], source.limit, where)
    longest = data["sequence_length"]
    sizes = np.minimum(signals.sizes, longest)
    cut = f"the longest sequences were cut to data.sequence_length={longest} of {signals.sizes.max()} steps"
    balance = {part: _balance(answers[rows], classes) for part, rows in parts.items()} if signals.asked == CLASS else {}
    notes = [
        *signals.notes,
        cut if signals.sizes.max() > longest else "",
        _note_on_steps(signals, known),
        note_on_parts(signals.parts, trained=known is None),
        note_on_classes(balance, "sequence of") if balance and known is None else "",
    ]
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
            "steps": list(signals.steps),
            "every_length": _every_length(signals),
            "balance": balance,
        },
        notes=tuple(filter(None, notes)),
        items=measured(partial(_items, signals), parts),
    )


def _items(signals: Signals, rows: Sequence[int]) -> Items:
    """Return the sequences of some rows, before anything is cut off, with their answers."""
    sizes, answers = signals.sizes[rows], signals.answers[rows]
    steps = np.arange(sizes.max())
    inside = steps < sizes[:, None]  # (N, T)
    places = np.where(inside, signals.offsets[rows][:, None] + steps, 0)
    values = np.where(inside[..., None], signals.values[places], np.float32(0))  # (N, T, D)
    if not signals.classes:
        return items_of_vectors(values, sizes, answers)
    classes, which = np.unique(answers, return_inverse=True)
    names = np.array([signals.classes[index] for index in classes.tolist()])
    return items_of_vectors(values, sizes, names[which.reshape(answers.shape)])


def _cut(count: int, where: str) -> dict[str, list[int]]:
    if count < LEAST_ITEMS:
        raise UserError(f"{where}: {count} sequences are too few to split 80/10/10; at least {LEAST_ITEMS} are needed")
    return cut_items(range(count))


def _as_known(signals: Signals, known: Known, where: str) -> tuple[Answers, list[str]]:
    """Return the answers by the model's indices of its classes, and the names of the classes."""
    if len(signals.channels) != len(known.vocabulary):
        raise UserError(
            f"{where}: its steps have {len(signals.channels)} numbers, those of training {len(known.vocabulary)}"
        )
    check_steps(known.card.get("steps", ()), signals.steps, where.removeprefix("data: "))
    _check_length(signals, known.card.get("every_length"), where)
    names = list(known.card["labels"])
    if signals.asked != known.card["asked"]:
        raise UserError(f"{where}: what it asks of a sequence ({signals.asked}) is not what the model was trained on")
    if strange := sorted(set(signals.classes) - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
    if not names:
        return signals.answers, names
    return np.array([names.index(name) for name in signals.classes], dtype=np.int64)[signals.answers], names


def _every_length(signals: Signals) -> int | None:
    """Return how many steps every sequence of a table has; None where some have fewer, and for other data."""
    longest = int(signals.sizes.max())
    return longest if signals.steps and (signals.sizes == longest).all() else None


def _check_length(signals: Signals, expected: int | None, where: str) -> None:
    """Raise UserError if all sequences of training had as many steps, and one of these has others."""
    if expected is None or not signals.steps:
        return
    if len(more := signals.steps[expected:]):
        raise UserError(
            f"{where} has {len(signals.steps)} steps, and every sequence of training {expected}: leave out the columns"
            f" from {more[0]} on"
        )
    if (other := signals.sizes != expected).any():
        row = int(other.argmax())
        count = int(signals.sizes[row])
        raise UserError(
            f"{where}: row {row + 1} has {count} step{'s'[: count != 1]}, and every sequence of training {expected}"
        )


def _note_on_steps(signals: Signals, known: Known | None) -> str:
    """Return a note on steps that no sequence of training had; '' where there are none."""
    trained: Sequence[str] = known.card.get("steps", ()) if known else ()
    more = signals.steps[len(trained) :] if trained else ()
    return f"training had no step behind {trained[-1]}; here are {len(more)} more, from {more[0]} on" if more else ""


def _balance(answers: Answers, classes: Sequence[str]) -> dict[str, int]:
    """Return how many sequences each class has."""
    counts = np.bincount(answers.astype(np.int64), minlength=len(classes)).tolist()
    return dict(zip(classes, counts, strict=True))
