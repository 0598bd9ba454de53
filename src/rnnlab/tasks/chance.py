"""Chance: the metrics of a model that has learned nothing of the sequence, such as one that only knows frequencies."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Windows
from rnnlab.tasks.base import SequenceTask
from rnnlab.tasks.capabilities import KnowsChance

Counts = NDArray[np.int64]
SYMBOL_FREQUENCIES, CLASS_FREQUENCIES, MOST_FREQUENT_CLASS = (
    "symbol frequencies",
    "class frequencies",
    "most frequent class",
)
OF_TRAINING = " of the training part"
COUNTED = 1 << 22  # symbols that are counted at a time: NumPy makes eight bytes of each


def chance_of(task: SequenceTask, parts: Mapping[str, Part]) -> dict[str, float]:
    """Return the chance of validation and test by the names of the metrics, such as `val/loss`.

    Metrics for which it is unknown or no number are left out. A task that computes a loss of its own and inherits its
    chance from a class with another loss has none.
    """
    if not (isinstance(task, KnowsChance) and _is_for_its_loss(type(task))):
        return {}
    declared = {metric.key for metric in task.declared}
    return {
        f"{name}/{key}": float(value)
        for name in ("val", "test")
        for key, value in task.chance(parts["train"], parts[name]).items()
        if key in declared and math.isfinite(value)
    }


def _is_for_its_loss(task: type[SequenceTask]) -> bool:
    """Return True if no class below the one that defines the task's chance defines another loss."""
    first = next(parent for parent in task.__mro__ if {"chance", "loss"} & vars(parent).keys())
    return "chance" in vars(first)


def of_classes(counts: Counts, known: Counts) -> dict[str, float]:
    """Return loss, accuracy and F1 score of a model that knows the frequencies of the classes in training.

    Args:
        counts: `(K,)`, how often each class occurs in the part that is predicted.
        known: `(K,)`, how often it occurs in the training part.
    """
    return {
        "loss": cross_entropy(counts, known),
        "accuracy": most_frequent_accuracy(counts, known),
        "f1": macro_f1(counts, known),
    }


def cross_entropy(counts: Counts, known: Counts) -> float:
    """Return the mean cross entropy, in nats, of predicting every class by its frequency in training.

    Each class counts once more than it occurs in training, so that one that does not occur there has a probability
    (Laplace's rule of succession).
    """
    shares = (known + 1) / (known.sum() + len(known))
    return float(-(counts * np.log(shares)).sum() / counts.sum())


def most_frequent_accuracy(counts: Counts, known: Counts) -> float:
    """Return the accuracy of always predicting the most frequent class of training; NaN where there is nothing."""
    return float(counts[known.argmax()] / counts.sum()) if counts.any() else math.nan


def most_frequent_balanced(counts: Counts, known: Counts) -> float:
    """Return the balanced accuracy of always predicting the most frequent class of training."""
    present = np.count_nonzero(counts)
    return float(counts[known.argmax()] > 0) / present if present else math.nan


def step_classes(part: Part) -> NDArray[np.int64]:
    """Return the class of each step of a part's sequences, one behind the other."""
    if part.tags is None:
        assert part.labels is not None
        return part.labels.reshape(-1).astype(np.int64)
    rows = np.arange(len(part.sequences))
    pieces = zip(part.sequences.starts(rows).tolist(), part.sequences.lengths(rows).tolist(), strict=True)
    return np.concatenate([part.tags[start : start + length] for start, length in pieces])


def macro_f1(counts: Counts, known: Counts) -> float:
    """Return the F1 score of always predicting the most frequent class, a mean over the classes.

    A class that neither occurs nor is predicted is left out of the mean, as torchmetrics does.
    """
    most = known.argmax()
    hits = counts[most]
    present = counts > 0
    present[most] = True
    return float(2 * hits / (hits + counts.sum()) / present.sum())


def auroc(counts: Counts) -> float:
    """Return the area under the ROC curve of the same answer to every sequence; NaN where there is a single class."""
    return 0.5 if np.count_nonzero(counts) > 1 else math.nan


def class_counts(classes: NDArray[np.int64] | NDArray[np.float32] | None, size: int) -> Counts:
    """Count how often each of `size` classes occurs among those of a part, `(size,)`."""
    assert classes is not None
    return np.bincount(classes.reshape(-1).astype(np.int64), minlength=size)


def predicted_symbols(part: Part, size: int) -> Counts:
    """Count how often each of `size` symbols is to be predicted in a part, `(size,)`.

    That is every symbol which stands behind another in a sequence; one in several windows counts once.
    """
    sequences = part.sequences
    if isinstance(sequences, Windows):
        if part.known_counts is not None:
            return part.known_counts - np.bincount(sequences.symbols[:1], minlength=size)
        symbols = sequences.symbols[1:]
    else:
        rows = np.arange(len(sequences))
        starts, total = sequences.starts(rows), len(sequences.symbols)
        begins = np.bincount(starts + 1, minlength=total + 1)
        ends = np.bincount(starts + sequences.lengths(rows), minlength=total + 1)
        symbols = sequences.symbols[np.cumsum(begins - ends)[:total] > 0]
    pieces = (symbols[begin : begin + COUNTED] for begin in range(0, len(symbols), COUNTED))
    return sum((np.bincount(piece, minlength=size) for piece in pieces), np.zeros(size, dtype=np.int64))


def predicted_characters(part: Part, predictions: int) -> int:
    """Return how many characters the predictions of a part stand for, as its batches count them."""
    if part.characters is None:
        return predictions
    rows = np.arange(len(part.sequences))
    starts = part.sequences.starts(rows)
    return int((part.characters[starts + part.sequences.lengths(rows) - 1] - part.characters[starts]).sum())
