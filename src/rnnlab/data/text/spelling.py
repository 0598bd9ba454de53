"""Words together with their characters.

A word that the vocabulary lacks is `[UNK]` there, but it still has its characters. So the symbols of a data set are
its distinct words as they are written, and the spelling table has for each its index in the vocabulary and those of
its characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary

SPELLING = 2  # the column in which the characters begin
LEAST = 2  # a character of fewer words is [UNK], from which the network learns to read unknown characters


def normal(word: str) -> str:
    """Return a word as the vocabulary has it: in lower case. The characters keep the case."""
    return word.lower()


def characters_of(words: Iterable[str]) -> Vocabulary:
    """Return the vocabulary of the characters that at least two of the distinct words have."""
    characters = chain.from_iterable(sorted(set(word)) for word in words)
    return Vocabulary(Vocabulary.of_words(characters, LEAST, special=(UNKNOWN, PAD)).symbols)


def spelling_table(
    words: Sequence[str], vocabulary: Vocabulary, characters: Vocabulary, word_length: int
) -> NDArray[np.int64]:
    """Return the table that a batch takes the words' vocabulary indices and characters from.

    Args:
        words: F of them, distinct.
        vocabulary: Of words in lower case, with `[UNK]`.
        characters: With `[UNK]` and `[PAD]`.
        word_length: Characters that are read; of a longer word, half of them from its beginning and half from its
            end, which say more than its middle.

    Returns:
        `(F + 1, 2 + L)`: the word's own row, its index in the vocabulary, and the indices of its characters, padded.
        The last row is what fills a batch.
    """
    shortened = [_shortened(word, word_length) for word in words]
    sizes = np.fromiter(map(len, shortened), dtype=np.int64, count=len(shortened))
    table = np.full((len(words) + 1, SPELLING + max(sizes.max(initial=0), 1)), characters.pad, dtype=np.int64)
    table[:, 0] = np.arange(len(table))
    table[:-1, 1] = vocabulary.indices(map(normal, words))
    table[-1, 1] = vocabulary.pad
    spelling = table[:-1, SPELLING:]
    spelling[np.arange(spelling.shape[1]) < sizes[:, None]] = characters.indices(chain.from_iterable(shortened))
    return table


def _shortened(word: str, length: int) -> str:
    return word if len(word) <= length else word[: length - length // 2] + word[len(word) - length // 2 :]
