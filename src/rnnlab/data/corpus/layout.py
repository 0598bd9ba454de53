"""The request for an encoding, and the places of the parts of the text in its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.items import Items
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.text.vocabulary import Vocabulary

Place = tuple[str, tuple[float, float]]  # the name of a text, and between which shares of it a part lies
Span = tuple[int, int]  # from which index of an array to which
SYMBOLS, CHARACTERS, COUNTS = "symbols", "characters", "counts"  # names of arrays
NUMBERS = "numbers"  # of the distinct words, an array that is needed while the others are written
AT_ONCE = 1 << 20  # symbols that are worked on at a time
BYTES = 256


@dataclass(frozen=True)
class Request:
    """A text that is to be encoded.

    Attributes:
        texts: By name; each is cut by itself.
        places: Where in them each part lies.
        data: The configuration's node `data`.
        known: The vocabulary of a trained model; None to make one of the text.
        where: Begins the line about what is wrong with the text.
    """

    texts: Mapping[str, TextFiles]
    places: Mapping[str, Place]
    data: Mapping[str, Any]
    known: Vocabulary | None = None
    where: str = "data"


@dataclass(frozen=True)
class Layout:
    """The places of the parts of an encoded text.

    Attributes:
        vocabulary: Of the symbols.
        spans: Of each part in the array `symbols`.
        characters: Of validation and test in the array `characters`, which has `(total,)` how many characters of the
            part end with each symbol or before; empty where every symbol is a character.
        items: What validation and test hold.
        note: On the vocabulary; or ''.
    """

    vocabulary: Vocabulary
    spans: Mapping[str, Span]
    characters: Mapping[str, Span] = field(default_factory=dict)
    items: Mapping[str, Items] = field(default_factory=dict)
    note: str = ""


def between(cut: tuple[float, float], count: int) -> Span:
    """Return which of `count` characters or symbols lie between two cuts."""
    return int(cut[0] * count), int(cut[1] * count)


def pieces_of(symbols: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield an array in pieces of bounded size."""
    return (symbols[begin : begin + AT_ONCE] for begin in range(0, len(symbols), AT_ONCE))


def counts_of(symbols: NDArray[np.unsignedinteger], size: int) -> NDArray[np.int64]:
    """Count how often each of `size` symbols occurs, `(size,)`."""
    counts = np.zeros(max(size, BYTES) if symbols.dtype == np.uint8 else size, dtype=np.int64)
    for piece in pieces_of(symbols):  # NumPy takes eight bytes for each symbol of a piece
        counts += _counts_of_bytes(piece) if piece.dtype == np.uint8 else np.bincount(piece, minlength=size)
    return counts[:size]


def _counts_of_bytes(piece: NDArray[np.unsignedinteger]) -> NDArray[np.int64]:
    """Count bytes by counting pairs of them, which are half as many."""
    even = len(piece) // 2 * 2
    pairs = np.bincount(piece[:even].view(np.uint16), minlength=BYTES**2).reshape(BYTES, BYTES)
    counts: NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1) + np.bincount(piece[even:], minlength=BYTES)
    return counts
