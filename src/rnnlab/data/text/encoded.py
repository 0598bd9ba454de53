"""Texts as arrays of symbols, and their alphabets."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 18  # characters of a piece
LONG = 1 << 12  # characters of a text from which on NumPy is the faster one


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
        alphabet = Alphabet()
        for text in texts:
            alphabet.add(text)
        return alphabet.sorted()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    return sorted(character for character, count in counts.items() if count >= least)


class Alphabet:
    """The characters that occur in texts; of a long text no step is taken for each."""

    def __init__(self) -> None:
        self._characters: set[str] = set()
        self._ascii = b""

    def add(self, text: str) -> None:
        """Add the characters of a text."""
        if len(text) < LONG:
            self._characters.update(text)
        elif text.isascii():
            if new := text.encode("ascii").translate(None, self._ascii):
                self._ascii += bytes(set(new))
        else:
            for _, points in code_points(text):
                there = np.zeros(sys.maxunicode + 1, dtype=bool)
                there[points] = True
                self._characters.update(map(chr, np.flatnonzero(there).tolist()))

    def sorted(self) -> list[str]:
        """Return the characters in the order of their code points."""
        return sorted(self._characters.union(self._ascii.decode("ascii")))


def table_of(alphabet: Sequence[str], other: int) -> NDArray[np.unsignedinteger]:
    """Return the index in the alphabet of every code point up to the last one, and one entry for all behind it.

    A code point that the alphabet lacks has the index `other`.
    """
    points = [ord(symbol) for symbol in alphabet]
    table = np.full(max(points, default=0) + 2, other, dtype=np.min_scalar_type(other))
    table[points] = np.arange(len(points))
    return table


def code_points(text: str) -> Iterator[tuple[int, NDArray[np.uint8] | NDArray[np.uint32]]]:
    """Yield where a piece of a text begins and its code points `(T,)`, of which each may take four bytes."""
    ascii_only = text.isascii()
    for begin in range(0, len(text), CHUNK):
        piece = text[begin : begin + CHUNK]
        if ascii_only:
            yield begin, np.frombuffer(piece.encode("ascii"), dtype=np.uint8)
        else:
            yield begin, np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
