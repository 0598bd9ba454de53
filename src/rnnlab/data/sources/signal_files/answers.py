"""Labels of signals as classes or numbers: what cannot be told from the labels is refused, and the key decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rnnlab.data.formats.tables import is_number
from rnnlab.data.signals import CLASS, NUMBER, Answers
from rnnlab.errors import UserError

LEAST_OF_A_CLASS = 3  # sequences of a class of numbers on average; fewer may be amounts
MOST_CLASSES = 50  # whole numbers: more of them may be amounts


def kind_of_labels(labels: Sequence[Sequence[str]], target: str | None, where: str) -> str:
    """Return what labels are, `class`, `number` or `steps`.

    Args:
        labels: The columns, one or more, of a cell for each sequence or step.
        target: What the user says; None to tell by the cells.
        where: Begins the line about what is wrong.

    Raises:
        UserError: It cannot be told, or the labels are not what the user says.
    """
    (first, *more) = labels
    numeric = all(is_number(cell) for column in labels for cell in column)
    if target == NUMBER or (more and target is None):
        if not numeric:
            cell = next(cell for column in labels for cell in column if not is_number(cell))
            raise UserError(f"{where}: the label {cell!r} is no number, as data.target=number reads them")
        return NUMBER
    if more:
        raise UserError(f"data.target={target}: there are {len(labels)} columns of labels, and a class has one")
    if target is not None or not numeric:
        return target or CLASS
    return _kind_of_numbers(first, where)


def _kind_of_numbers(cells: Sequence[str], where: str) -> str:
    """Return whether numbers are classes or amounts.

    Few whole numbers that are there again and again are classes, and so are 1, 2, 3, … that are all there twice; many
    different ones with fractions are amounts.
    """
    counts = Counter(map(float, cells))
    distinct = sorted(counts)
    whole = all(number.is_integer() for number in distinct)
    repeated = len(cells) >= LEAST_OF_A_CLASS * len(distinct)
    counted = distinct[0] in (0, 1) and distinct == [distinct[0] + place for place in range(len(distinct))]
    if whole and len(distinct) <= MOST_CLASSES and (repeated or (counted and min(counts.values()) > 1)):
        return CLASS
    if not whole and not repeated:
        return NUMBER
    raise UserError(
        f"{where}: its labels are {len(distinct):,} different numbers of {len(cells):,}; data.target=number predicts"
        " numbers, data.target=class takes each for a class"
    )


def encode(labels: Sequence[Sequence[str]], kind: str) -> tuple[Answers, tuple[str, ...]]:
    """Return labels as the indices of classes, with the names of the classes; or as numbers `(N,)` or `(N, K)`."""
    if kind == NUMBER:
        numbers = np.array([list(map(float, column)) for column in labels], dtype=np.float64).T  # (N, K)
        return numbers[:, 0] if numbers.shape[1] == 1 else numbers, ()
    classes, indices = np.unique(np.array(labels[0], dtype=object).astype(str), return_inverse=True)
    return indices.astype(np.int64), tuple(map(str, classes))
