"""Many sequences in one flat array: items one behind the other, or windows on a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Symbols = NDArray[np.unsignedinteger] | NDArray[np.float32]
"""`(total,)` symbols in the smallest unsigned integers that hold the vocabulary, or `(total, D)` vectors of numbers."""


class SequenceView(Protocol):
    """Sequences that are slices of one flat array of symbols, each known by its row."""

    @property
    def symbols(self) -> Symbols:
        """`(total,)` symbols or `(total, D)` vectors."""

    @property
    def total(self) -> int:
        """The number of symbols of all sequences together; one in several of them counts as often."""

    @property
    def longest(self) -> int:
        """The number of symbols of the longest sequence."""

    def __len__(self) -> int: ...

    def starts(self, rows: Rows) -> NDArray[np.int64]:
        """Return where the sequences of some rows `(B,)` begin, `(B,)`."""

    def lengths(self, rows: Rows) -> NDArray[np.int64]:
        """Return how many symbols the sequences of some rows `(B,)` have, `(B,)`."""


@dataclass(frozen=True)
class Sequences:
    """N items, each with a place and a length of its own.

    Attributes:
        symbols: `(total,)` symbols or `(total, D)` vectors.
        offsets: `(N,)`, where each item begins.
        sizes: `(N,)`, how many symbols it has.
    """

    symbols: Symbols
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def total(self) -> int:
        return int(self.sizes.sum())

    @property
    def longest(self) -> int:
        return int(self.sizes.max())

    def __len__(self) -> int:
        return len(self.offsets)

    def starts(self, rows: Rows) -> NDArray[np.int64]:
        return self.offsets[rows]

    def lengths(self, rows: Rows) -> NDArray[np.int64]:
        return self.sizes[rows]


@dataclass(frozen=True)
class Windows:
    """Windows of one length at every `stride` symbols of a text. Nothing is stored but the text.

    A window of T inputs spans T + 1 symbols, for the last one's target. Adjoining windows (`stride` equal to
    `length`) reach to the end of the text with a shorter last one, so that every symbol is predicted once;
    overlapping ones are all whole.

    Attributes:
        symbols: `(total,)`, the text, or `(total, D)`, a series of vectors.
        length: Inputs of a window.
        stride: Symbols from one window's beginning to the next.
    """

    symbols: Symbols
    length: int
    stride: int

    @property
    def total(self) -> int:
        if self.stride == self.length:
            return len(self.symbols) - 1 + len(self)
        return len(self) * (self.length + 1)

    @property
    def longest(self) -> int:
        return min(self.length + 1, len(self.symbols))

    def __len__(self) -> int:
        predicted = len(self.symbols) - 1
        if self.stride == self.length:
            return -(-predicted // self.length)
        return max(0, (predicted - self.length) // self.stride + 1)

    def starts(self, rows: Rows) -> NDArray[np.int64]:
        return rows * self.stride

    def lengths(self, rows: Rows) -> NDArray[np.int64]:
        return np.minimum(self.length + 1, len(self.symbols) - self.starts(rows))
