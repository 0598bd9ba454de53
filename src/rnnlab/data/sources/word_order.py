"""Generated short texts of two classes that differ in the order of two words only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.errors import UserError

# In either class both words stand side by side once, so that no text can be told by which words it has.
CLASSES = {"negative": ("not", "good"), "positive": ("good", "not")}
FILLERS = (
    *("the", "film", "was", "seen", "by", "us", "on", "a"),
    *("day", "in", "town", "with", "two", "friends", "and", "then"),
)
AROUND = 12  # fillers of a text


@dataclass(frozen=True)
class GeneratedTexts(LabelledTexts):
    """Labelled texts that lie in no file."""

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of all texts and labels."""
        lines = "".join(f"{label}\t{text}\n" for label, text in zip(self.labels, self.texts, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()


def word_order(texts: int, gap: int, seed: int) -> GeneratedTexts:
    """Return texts of 14 words: `not good` or `good not` among fillers that are the same in both classes.

    Args:
        texts: How many; half of them of either class.
        gap: Fillers behind the two words, from 0 to 12: how far a network has to remember them.
        seed: Of the fillers.

    Raises:
        UserError: The gap is longer than the fillers of a text.
    """
    if not 0 <= gap <= AROUND:
        raise UserError(f"data.gap must be from 0 to {AROUND}, the fillers of a text, not {gap}")
    fillers = np.random.default_rng(seed).integers(len(FILLERS), size=(texts, AROUND)).tolist()
    labels = [list(CLASSES)[row % len(CLASSES)] for row in range(texts)]
    before = AROUND - gap
    words = [
        [
            *(FILLERS[index] for index in chosen[:before]),
            *CLASSES[label],
            *(FILLERS[index] for index in chosen[before:]),
        ]
        for chosen, label in zip(fillers, labels, strict=True)
    ]
    return GeneratedTexts([" ".join(text) for text in words], labels)
