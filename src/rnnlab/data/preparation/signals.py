"""Sequences of vectors of numbers, cut into parts: what is predicted of each is a class, a number or a class a step."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.items import Items, items_of_vectors, measured
from rnnlab.data.preparation.signal_inputs import SignalInputs
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.signals import CLASS, NUMBER, Answers, Signals
from rnnlab.data.source import Source
from rnnlab.data.sources.signal_files.wide_tables import check_steps
from rnnlab.data.split import (
    LEAST_ITEMS,
    PARTS,
    by_fixed_part,
    check_classes,
    check_parts,
    cut_items,
    note_on_classes,
    note_on_parts,
    shuffled_rows,
    split_rows,
)
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

VALIDATION_SHARE = 0.1  # of a training part without validation, the share of each class that validates
Parts = Mapping[str, Sequence[int]]


def prepare_signals(
    source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None
) -> Prepared:
    """Cut the sequences into parts; what is longer than `data.sequence_length` steps loses its end.

    Generated ones are cut 80/10/10 where they are; others are shuffled by `split.seed` and cut by class, or have the
    parts that their files' names say. The groups of `data.group_column` are never cut. Channels become inputs as
    `data.normalise`, `data.missing` and `data.time_input` say, with the numbers of the training part.

    Raises:
        UserError: The source is no signals, too few, or has other channels or classes than a model knows.
    """
    signals = source.content
    if not isinstance(signals, Signals):
        raise UserError(f"data={source.name} has no signals, which are vectors of numbers, such as data=half_sums")
    if known is None:
        parts = split_signals(signals, split["seed"], source.limit, source.where)
        inputs = SignalInputs.fitted(signals, parts["train"], data, source.where)
        signals, target = _scaled_targets(signals, parts["train"])
    else:
        signals = _as_known(signals, known, source.where)
        parts = {"test": list(range(len(signals)))}
        inputs = SignalInputs.from_card(known.card, len(signals.channels))
        target = dict(known.card.get("target") or {})
        signals = replace(signals, answers=_scaled(signals.answers, target))
    balance = _balances(signals, parts)
    longest = data["sequence_length"]
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=Vocabulary.of_channels(inputs.names(signals.channels)),
        parts=_parts(signals, parts, inputs(signals, source.where), longest),
        card={
            "asked": signals.asked,
            "labels": list(signals.classes),
            "tolerance": signals.tolerance,
            "silent": signals.silent,
            "sequence_length": longest,
            "steps": list(signals.steps),
            "every_length": _every_length(signals),
            "balance": balance,
            "class_counts": _class_counts(signals, parts.get("train", ())),
            **_card_of_files(signals, inputs, target),
        },
        notes=tuple(filter(None, _notes(signals, parts, balance, longest, known))),
        items=measured(partial(_items, source.content), parts),
    )


def _card_of_files(signals: Signals, inputs: SignalInputs, target: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint carries of the user's own signals: what makes inputs of them, and how they are read."""
    if signals.generated:
        return {}
    return {
        "channels": list(signals.channels),
        "inputs": inputs.card,
        "target": dict(target),
        "reading": {**signals.columns, "target": signals.asked},
    }


def _parts(signals: Signals, parts: Parts, values: NDArray[np.float32], longest: int) -> dict[str, Part]:
    """Return the sequences of each part with their labels, or with a label at each step."""
    sizes = np.minimum(signals.sizes, longest)
    cut = {part: Sequences(values, signals.offsets[rows], sizes[rows]) for part, rows in parts.items()}
    if signals.by_step:
        tags = signals.answers.astype(np.int64)
        return {part: Part(sequences, tags=tags) for part, sequences in cut.items()}
    answers = signals.answers.astype(np.float32) if signals.asked == NUMBER else signals.answers.astype(np.int64)
    return {part: Part(sequences, labels=answers[parts[part]]) for part, sequences in cut.items()}


def _notes(
    signals: Signals, parts: Parts, balance: Mapping[str, Mapping[str, int]], longest: int, known: Known | None
) -> list[str]:
    most = int(signals.sizes.max())
    return [
        *signals.notes,
        f"the longest sequences were cut to data.sequence_length={longest} of {most} steps" if most > longest else "",
        _note_on_steps(signals, known),
        note_on_parts(signals.parts, trained=known is None),
        note_on_classes(balance, "sequence of") if balance and known is None else "",
        _note_on_groups(signals, parts) if known is None else "",
    ]


def split_signals(signals: Signals, seed: int, limit: int | None, where: str) -> Mapping[str, Sequence[int]]:
    """Return the rows that train, validate and test.

    Args:
        signals: All sequences.
        seed: Of the shuffle; generated ones are independent draws, and stay in their order.
        limit: How many are used; None for all.
        where: Begins the line about what is wrong.

    Raises:
        UserError: There are too few sequences, classes or groups.
    """
    if signals.generated:
        return _cut(min(len(signals), limit or len(signals)), where)
    check_parts(signals.parts, where)
    classified = signals.asked == CLASS
    labels = [signals.classes[index] for index in signals.answers.tolist()] if classified else [""] * len(signals)
    if classified and signals.groups is None and signals.parts is None:
        return split_rows(labels, None, range(len(signals)), seed, limit, where, "sequence")
    random_ = random.Random(seed)
    rows, where = shuffled_rows(range(len(signals)), random_, limit, where)
    if classified:
        check_classes((labels[row] for row in rows), "label", "classifier", where)
    units = _Units.of(rows, labels, signals.groups)
    if signals.parts is not None:
        return _with_validation(units, signals.parts, where)
    if len(units.rows) < LEAST_ITEMS and (signals.groups is None or len(units.rows) < len(PARTS)):
        least = LEAST_ITEMS if signals.groups is None else len(PARTS)
        kind = "sequences" if signals.groups is None else "groups"
        raise UserError(f"{where}: {len(units.rows)} {kind} are too few to split 80/10/10; at least {least} are needed")
    return {part: units.all_of(names) for part, names in cut_items(list(units.rows)).items()}


@dataclass(frozen=True)
class _Units:
    """The units that no split cuts: groups, or where there are none, single sequences.

    Attributes:
        rows: Of each unit, in random order.
        labels: `(N,)`, the class of every sequence; '' where there are no classes.
        grouped: Whether units are groups.
    """

    rows: dict[object, list[int]]
    labels: Sequence[str]
    grouped: bool

    @classmethod
    def of(cls, rows: Sequence[int], labels: Sequence[str], groups: Sequence[str] | None) -> _Units:
        by_unit: dict[object, list[int]] = {}
        for row in rows:
            by_unit.setdefault(row if groups is None else groups[row], []).append(row)
        return cls(by_unit, labels, groups is not None)

    def all_of(self, units: Sequence[object]) -> list[int]:
        return [row for unit in units for row in self.rows[unit]]

    def tenth(self) -> list[int]:
        """Return the rows of a tenth of the units: of groups any, of sequences a tenth of each class, at least one."""
        units = list(self.rows)
        if self.grouped:
            return self.all_of(units[: max(1, round(VALIDATION_SHARE * len(units)))])
        by_class: dict[str, list[int]] = {}
        for row in self.all_of(units):
            by_class.setdefault(self.labels[row], []).append(row)
        several = [rows for rows in by_class.values() if len(rows) > 1] or list(by_class.values())
        return [row for rows in several for row in rows[: max(1, round(VALIDATION_SHARE * len(rows)))]]


def _with_validation(units: _Units, parts: Sequence[str], where: str) -> Mapping[str, Sequence[int]]:
    """Return the parts that the files' names say; of each class or of the groups, a tenth of the training validates.

    Raises:
        UserError: A part has no sequence, or training a single class.
    """
    rows = units.all_of(list(units.rows))
    if "val" not in parts:
        training = {unit: [row for row in inner if parts[row] == "train"] for unit, inner in units.rows.items()}
        own = replace(units, rows={unit: inner for unit, inner in training.items() if inner})
        validating = set(own.tenth())
        parts = ["val" if row in validating else part for row, part in enumerate(parts)]
    split = by_fixed_part(rows, parts, "sequence", where)
    if any(units.labels):
        check_classes((units.labels[row] for row in split["train"]), "label of training", "classifier", where)
    return split


def _note_on_groups(signals: Signals, parts: Parts) -> str:
    """Return a note on groups that are in two parts, as the files' names say; '' where there are none."""
    if signals.groups is None:
        return ""
    trained = {signals.groups[row] for row in parts["train"]}
    twice = sorted(trained & {signals.groups[row] for part in ("val", "test") for row in parts[part]})
    counts = ", ".join(f"{part} {len({signals.groups[row] for row in rows})}" for part, rows in parts.items())
    if twice:
        return f"the group {twice[0]} and {len(twice) - 1} more are in training and tested, as the files' names say"
    return f"groups stay whole: {counts}"


def _scaled_targets(signals: Signals, rows: Sequence[int]) -> tuple[Signals, dict[str, Any]]:
    """Return signals whose numbers have mean 0 and deviation 1 in training, and how to undo it."""
    if signals.generated or signals.asked != NUMBER:
        return signals, {}
    numbers = signals.answers[list(rows)].reshape(len(rows), -1)
    deviation = numbers.std(axis=0)
    target = {
        "names": list(signals.targets),
        "mean": numbers.mean(axis=0).tolist(),
        "deviation": np.where(deviation > 0, deviation, 1.0).tolist(),
    }
    return replace(signals, answers=_scaled(signals.answers, target)), target


def _scaled(answers: Answers, target: Mapping[str, Any]) -> Answers:
    """Return numbers by the mean and the deviation of training."""
    if not target:
        return answers
    mean, deviation = (np.array(target[key]) for key in ("mean", "deviation"))
    scaled: Answers = ((answers.reshape(len(answers), -1) - mean) / deviation).reshape(answers.shape)
    return scaled


def _items(signals: Signals, rows: Sequence[int]) -> Items:
    """Return the sequences of some rows, before anything is cut off, with their answers."""
    sizes = signals.sizes[rows]
    steps = np.arange(sizes.max())
    inside = steps < sizes[:, None]  # (N, T)
    places = np.where(inside, signals.offsets[rows][:, None] + steps, 0)
    values = np.where(inside[..., None], signals.values[places].astype(np.float32), np.float32(0))  # (N, T, D)
    answers = np.where(inside, signals.answers[places], -1) if signals.by_step else signals.answers[rows]
    if not signals.classes:
        return items_of_vectors(values, sizes, answers)
    classes, which = np.unique(answers, return_inverse=True)
    names = np.array(["" if index < 0 else signals.classes[index] for index in classes.tolist()])
    return items_of_vectors(values, sizes, names[which.reshape(answers.shape)])


def _cut(count: int, where: str) -> dict[str, list[int]]:
    if count < LEAST_ITEMS:
        raise UserError(f"{where}: {count} sequences are too few to split 80/10/10; at least {LEAST_ITEMS} are needed")
    return cut_items(range(count))


def _as_known(signals: Signals, known: Known, where: str) -> Signals:
    """Return signals whose answers are the model's indices of its classes.

    Raises:
        UserError: They have other channels, steps or classes than those of training.
    """
    channels = known.card.get("channels") or known.vocabulary.symbols
    if len(signals.channels) != len(channels):
        raise UserError(f"{where}: its steps have {len(signals.channels)} numbers, those of training {len(channels)}")
    check_steps(known.card.get("steps", ()), signals.steps, where.removeprefix("data: "))
    _check_length(signals, known.card.get("every_length"), where)
    names = list(known.card["labels"])
    if signals.asked != known.card["asked"]:
        raise UserError(f"{where}: what it asks of a sequence ({signals.asked}) is not what the model was trained on")
    if strange := sorted(set(signals.classes) - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
    if not names:
        return signals
    indices = np.array([names.index(name) for name in signals.classes], dtype=np.int64)
    return replace(signals, answers=indices[signals.answers.astype(np.int64)], classes=tuple(names))


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


def _class_counts(signals: Signals, rows: Sequence[int]) -> list[int] | None:
    """Return how often each class occurs in training, at sequences or at steps; None where there are no classes."""
    if not (signals.classes and len(rows)):
        return None
    answers = signals.answers
    if signals.by_step:
        inside = np.isin(np.arange(len(signals)), rows)
        chosen = answers[np.repeat(inside, signals.sizes)]
    else:
        chosen = answers[list(rows)].reshape(-1)
    counts: list[int] = np.bincount(chosen.astype(np.int64), minlength=len(signals.classes)).tolist()
    return counts


def _note_on_steps(signals: Signals, known: Known | None) -> str:
    """Return a note on steps that no sequence of training had; '' where there are none."""
    trained: Sequence[str] = known.card.get("steps", ()) if known else ()
    more = signals.steps[len(trained) :] if trained else ()
    return f"training had no step behind {trained[-1]}; here are {len(more)} more, from {more[0]} on" if more else ""


def _balances(signals: Signals, parts: Parts) -> dict[str, dict[str, int]]:
    """Return how many sequences each class has in every part; nothing where sequences have no class."""
    if signals.asked != CLASS:
        return {}
    most, answers = len(signals.classes), signals.answers.astype(np.int64)
    counted = {part: np.bincount(answers[rows], minlength=most).tolist() for part, rows in parts.items()}
    return {part: dict(zip(signals.classes, counts, strict=True)) for part, counts in counted.items()}
