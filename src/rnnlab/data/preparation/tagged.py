"""Sentences that somebody has tagged, word by word: which of them are kept, and which train, validate and test."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.data.split import PARTS, split_items
from rnnlab.errors import UserError


@dataclass(frozen=True)
class TaggedSentences:
    """What a reader of tagged words gives.

    Attributes:
        words: The words of each sentence as they were written; every sentence has one at least.
        tags: The tag of each of them.
        parts: The part of each sentence (`train`, `val` or `test`) where the data set fixes it; None where it does not.
    """

    words: Sequence[Sequence[str]]
    tags: Sequence[Sequence[str]]
    parts: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.words)


def split_sentences(
    rows: list[int], parts: Sequence[str] | None, seed: int, limit: int | None, where: str
) -> dict[str, list[int]]:
    """Which sentences train, validate and test, each part in random order: neighbours are of one text and alike.

    Args:
        rows: Which of the sentences take part.
        parts: `(N,)`, the fixed part of each sentence; None to cut 80/10/10.
        seed: Of Python's `random.Random`, which shuffles them.
        limit: Use only so many, drawn at random; None for all.
        where: Begins the line about what is wrong.

    Raises:
        UserError: There are too few sentences to give each part one.
    """
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    if limit is not None and limit < len(shuffled):
        shuffled, where = shuffled[:limit], f"{where}, data.limit={limit}"
    if parts is None:
        return split_items(shuffled, seed, deduplicate=False, where=where)
    fixed = {part: [row for row in shuffled if parts[row] == part] for part in PARTS}
    if empty := [part for part, piece in fixed.items() if not piece]:
        raise UserError(f"{where}: there is no sentence for the part {empty[0]}")
    return fixed
