"""Scores of a classifier on each class, from the counts of a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassResult:
    """The result of one class; a share of nothing is NaN.

    Attributes:
        label: The name of the class.
        precision: The share of what was taken for the class that is of it.
        recall: The share of the class that was found.
        f1: Their harmonic mean.
        support: How many of the class there are.
        predicted: How many were taken for the class.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True)
class Mistake:
    """A class that is taken for another, `count` times."""

    true: str
    predicted: str
    count: int
    support: int


def class_results(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[ClassResult]:
    """Return the result of each class, the most frequent first; nothing where the counts do not fit the labels.

    Args:
        labels: The names of the classes.
        counts: A row for each true class, a column for each predicted one.
    """
    if not is_square(labels, counts):
        return []
    predicted = [sum(column) for column in zip(*counts, strict=True)]
    results = [
        _result(label, row[place], sum(row), predicted[place])
        for place, (label, row) in enumerate(_rows(labels, counts))
    ]
    return sorted(results, key=lambda result: -result.support)


def mistakes(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[Mistake]:
    """Return which classes are taken for which others, the most frequent mistake first."""
    if not is_square(labels, counts):
        return []
    made = [
        Mistake(label, labels[place], count, sum(row))
        for true, (label, row) in enumerate(_rows(labels, counts))
        for place, count in enumerate(row)
        if count and place != true
    ]
    return sorted(made, key=lambda mistake: -mistake.count)


def is_square(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> bool:
    """Return True if there is a row and a column for each label, and a label."""
    return bool(labels) and [len(row) for row in counts] == [len(labels)] * len(labels)


def _rows(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[tuple[str, Sequence[int]]]:
    return list(zip(labels, counts, strict=True))


def _result(label: str, right: int, support: int, predicted: int) -> ClassResult:
    precision = right / predicted if predicted else math.nan
    recall = right / support if support else math.nan
    f1 = 2 * right / (support + predicted) if support + predicted else math.nan
    return ClassResult(label, precision, recall, f1, support, predicted)
