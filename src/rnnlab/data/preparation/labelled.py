"""Texts that somebody has sorted into classes: which of them are kept, and which train, validate and test."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rnnlab.data.split import PARTS, cut, split_items
from rnnlab.errors import UserError

LEAST_OF_A_CLASS = 3  # one for training, one for validation, one for the test


@dataclass(frozen=True)
class LabelledTexts:
    """What a reader of labelled texts gives.

    Attributes:
        texts: As they were written.
        labels: The class of each, in words.
        parts: The part of each (`train`, `val` or `test`) where the data set fixes it; None where it does not.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    parts: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.texts)


def distinct(keys: Sequence[str], parts: Sequence[str] | None) -> list[int]:
    """The rows that are left when repeated texts are dropped, so that nothing tested was trained on.

    The first of equals stays; where the parts are fixed, that is the one tested, or else the one validated on,
    and a published test part stays whole.

    Args:
        keys: `(N,)`, equal for equal texts.
        parts: `(N,)`, or None.
    """
    if parts is None:
        return list({key: row for row, key in reversed(list(enumerate(keys)))}.values())[::-1]
    taken: set[str] = set()
    kept = []
    for part in reversed(PARTS):
        for row in (row for row, its in enumerate(parts) if its == part):
            if part == PARTS[-1] or keys[row] not in taken:
                kept.append(row)
            taken.add(keys[row])
    return sorted(kept)


def split_rows(
    labels: Sequence[str], parts: Sequence[str] | None, rows: Iterable[int], seed: int, limit: int | None, where: str
) -> dict[str, list[int]]:
    """Which rows train, validate and test, each part in random order; files are often sorted by label.

    Args:
        labels: `(N,)`, the class of every text.
        parts: `(N,)`, the fixed part of each; None to cut every class 80/10/10.
        rows: Which of the texts take part.
        seed: Of Python's `random.Random`, which shuffles them.
        limit: Use only so many, drawn at random; None for all.
        where: Begins the line about what is wrong.

    Raises:
        UserError: There are fewer than two classes, or too few texts of one.
    """
    random_ = random.Random(seed)
    shuffled = list(rows)
    random_.shuffle(shuffled)
    if limit is not None and limit < len(shuffled):
        shuffled, where = shuffled[:limit], f"{where}, data.limit={limit}"
    counts = Counter(labels[row] for row in shuffled)
    if len(counts) < 2:
        only = f"the only label is {next(iter(counts))!r}" if counts else "there is no text"
        raise UserError(f"{where}: {only}; a classifier needs two classes or more")
    if parts is not None:
        fixed = {part: [row for row in shuffled if parts[row] == part] for part in PARTS}
        if empty := [part for part, piece in fixed.items() if not piece]:
            raise UserError(f"{where}: there is no text for the part {empty[0]}")
        return fixed
    label, fewest = min(counts.items(), key=lambda pair: pair[1])
    if fewest < LEAST_OF_A_CLASS:
        raise UserError(
            f"{where}: the label {label!r} has {fewest} distinct texts, too few to split;"
            f" at least {LEAST_OF_A_CLASS} are needed"
        )
    split: dict[str, list[int]] = {part: [] for part in PARTS}
    for name in sorted(counts):
        of_class = [row for row in shuffled if labels[row] == name]
        first, second = cut(len(of_class))
        for part, piece in zip(PARTS, (of_class[:first], of_class[first:second], of_class[second:]), strict=True):
            split[part] += piece
    for piece in split.values():
        random_.shuffle(piece)  # so that a share of a part's batches is a fair sample of it
    return split


def split_labelled(items: LabelledTexts, seed: int, deduplicate: bool, where: str) -> dict[str, LabelledTexts]:
    """The items of each part; what has several labels has all of them in one part.

    Otherwise a model would be tested on a name that it has learned with another label.

    Args:
        items: With their labels.
        seed: As in `split_items`.
        deduplicate: Drop every repetition of an item with the same label.
        where: As in `split_items`.

    Raises:
        UserError: There are too few different items.
    """
    of: dict[str, list[str]] = {}
    for item, label in zip(items.texts, items.labels, strict=True):
        of.setdefault(item, []).append(label)
    if deduplicate:
        of = {item: list(dict.fromkeys(its)) for item, its in of.items()}
    return {
        part: LabelledTexts([each for each in chosen for _ in of[each]], [its for each in chosen for its in of[each]])
        for part, chosen in split_items(list(of), seed, deduplicate=True, where=where).items()
    }
