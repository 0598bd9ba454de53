"""Texts as arrays of symbols, and their alphabets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 18  # characters of a piece


class Encoded(NamedTuple):
    """Texts as symbols.

    Attributes:
        symbols: `(total,)`, those of all texts, in the smallest integer type.
        sizes: `(N,)`, how many each text has.
        widths: `(total,)`, how many characters each stands for; None where every one is a character.
    """

    symbols: NDArray[np.unsignedinteger]
    sizes: NDArray[np.int64]
    widths: NDArray[np.int64] | None = None


def alphabet_of(texts: Iterable[str], least: int = 1) -> list[str]:
    """Return the sorted characters that occur at least `least` times."""
    if least == 1:
        alphabet: set[str] = set()
        for text in texts:
            alphabet.update(text)
        return sorted(alphabet)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    return sorted(character for character, count in counts.items() if count >= least)


def table_of(alphabet: Sequence[str], other: int) -> NDArray[np.unsignedinteger]:
    """Return the index in the alphabet of every code point up to the last one, and one entry for all behind it.

    A code point that the alphabet lacks has the index `other`.
    """
    points = [ord(symbol) for symbol in alphabet]
    table = np.full(max(points, default=0) + 2, other, dtype=np.min_scalar_type(other))
    table[points] = np.arange(len(points))
    return table


def code_points(text: str) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Yield where a piece of a text begins and its code points `(T,)`; in pieces, since they take four bytes each."""
    for begin in range(0, len(text), CHUNK):
        piece = text[begin : begin + CHUNK].encode("utf-32-le", "surrogatepass")
        yield begin, np.frombuffer(piece, dtype=np.uint32)
