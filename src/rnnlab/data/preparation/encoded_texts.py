"""The first symbols of many texts, encoded some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sequences import Sequences
from rnnlab.data.text.bpe import LEVEL
from rnnlab.data.text.encoded import Encoded, alphabet_of
from rnnlab.data.text.vocabularies import subwords
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.data.text.words import words

AT_ONCE = 1 << 13  # texts
SPECIAL = (UNKNOWN, PAD)

Parts = Mapping[str, Sequence[int]]


def tokens_of(text: str, level: str) -> Sequence[str]:
    """Return the words of a text; for characters and sub-words the text itself."""
    return words(text) if level == "word" else text


def encode(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, sequence_length: int) -> Sequences:
    """Return the first symbols of each text in one flat array; a text without any is one `[UNK]`.

    Args:
        texts: As `tokens_of` gives them.
        vocabulary: With an `[UNK]`.
        sequence_length: How many symbols of each are kept.
    """
    return _together([_symbols_of(texts, vocabulary, sequence_length)], vocabulary, sequence_length)


def encode_parts(
    texts: Sequence[str], parts: Parts, level: str, data: Mapping[str, Any], known: Vocabulary | None = None
) -> tuple[Vocabulary, dict[str, Sequences], str]:
    """Encode the first `data.sequence_length` words, characters or sub-words of each text.

    Args:
        texts: `(N,)`.
        parts: Which of them each part has.
        level: What a symbol is.
        data: The configuration's node `data`.
        known: The vocabulary of a trained model; None to make one of the part `train`.

    Returns:
        The vocabulary, the texts of each part, and a note on the vocabulary, or ''.
    """
    length = data["sequence_length"]
    if level == "word":
        return *_as_words(texts, parts, data, known), ""
    vocabulary, note = (known, "") if known is not None else _vocabulary(texts, parts["train"], level, data)
    encoded = {
        part: _together(
            [_symbols_of(some, vocabulary, length) for some in _some_at_a_time(texts, rows)], vocabulary, length
        )
        for part, rows in parts.items()
    }
    return vocabulary, encoded, note


def _as_words(
    texts: Sequence[str], parts: Parts, data: Mapping[str, Any], known: Vocabulary | None
) -> tuple[Vocabulary, dict[str, Sequences]]:
    """Return the vocabulary of the words of training, or the known one, and the texts of each part.

    Texts are taken apart once: a word has a number from where it first occurs, and an index when all are counted.
    """
    distinct, length = _Words(), data["sequence_length"]
    numbered = {
        part: [distinct.first_of(some, length, part == "train") for some in _some_at_a_time(texts, rows)]
        for part, rows in parts.items()
    }
    vocabulary = known if known is not None else distinct.vocabulary(data["min_count"])
    indices = vocabulary.indices(distinct.numbers)
    encoded = {}
    for part in list(numbered):
        pieces = [Encoded(indices[some.symbols], some.sizes) for some in _one_by_one(numbered.pop(part))]
        encoded[part] = _together(pieces, vocabulary, length)
    return vocabulary, encoded


class _Words:
    """The distinct words of texts.

    Attributes:
        numbers: Of each, in the order in which they first occur.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._counts = np.zeros(0, dtype=np.int64)  # in training

    def first_of(self, texts: Sequence[str], length: int, counted: bool) -> Encoded:
        """Return the numbers of the first words of each text.

        Args:
            texts: Some.
            length: How many words of each.
            counted: Whether all of their words are counted.
        """
        split = list(map(words, texts))
        number = self.numbers.setdefault
        flat = (number(word, len(self.numbers)) for word in chain.from_iterable(split))
        sizes = np.fromiter(map(len, split), dtype=np.int64, count=len(split))
        numbers = np.fromiter(flat, dtype=np.uint32, count=int(sizes.sum()))
        if counted:
            counts = np.bincount(numbers, minlength=len(self._counts))
            counts[: len(self._counts)] += self._counts
            self._counts = counts
        places = np.arange(len(numbers)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return Encoded(numbers[places < length], np.minimum(sizes, length))

    def vocabulary(self, least: int) -> Vocabulary:
        """Return the sorted words that were counted at least so often."""
        frequent = np.flatnonzero(self._counts >= max(1, least)).tolist()
        all_words = list(self.numbers)
        return Vocabulary((*sorted(all_words[number] for number in frequent), *SPECIAL), "word")


def _vocabulary(
    texts: Sequence[str], training: Sequence[int], level: str, data: Mapping[str, Any]
) -> tuple[Vocabulary, str]:
    """Return the characters or sub-words of the training part, and a note on them, or ''."""
    alphabet = alphabet_of((texts[row] for row in training), data["min_count"])
    if level == LEVEL:
        return subwords(data, (texts[row] for row in training), alphabet, SPECIAL)
    return Vocabulary((*alphabet, *SPECIAL)), ""


def _some_at_a_time(texts: Sequence[str], rows: Sequence[int]) -> Iterator[list[str]]:
    """Yield the texts of some rows in lists; one at least."""
    for begin in range(0, max(1, len(rows)), AT_ONCE):
        yield [texts[row] for row in rows[begin : begin + AT_ONCE]]


def _symbols_of(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, length: int) -> Encoded:
    heads = texts if vocabulary.level == LEVEL else [text[:length] for text in texts]
    return vocabulary.encode_all(heads)


def _together(pieces: list[Encoded], vocabulary: Vocabulary, length: int) -> Sequences:
    """Return the texts of all pieces in one flat array, of each at most so many symbols; the list is empty then."""
    sizes = np.concatenate([piece.sizes for piece in pieces])
    symbols: NDArray[np.unsignedinteger] = np.empty(int(sizes.sum()) + 1, dtype=vocabulary.dtype)
    end = 0
    for piece in _one_by_one(pieces):
        symbols[end : end + len(piece.symbols)] = piece.symbols
        end += len(piece.symbols)
    symbols[-1] = vocabulary.unknown
    starts = np.cumsum(sizes) - sizes
    starts[sizes == 0] = len(symbols) - 1  # where the [UNK] stands
    return Sequences(symbols, starts, np.clip(sizes, 1, length))


def _one_by_one(pieces: list[Encoded]) -> Iterator[Encoded]:
    """Yield the pieces of a list, of which each is let go before the next one."""
    pieces.reverse()
    while pieces:
        yield pieces.pop()
