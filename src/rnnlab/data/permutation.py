"""A random order of rows that is not stored: a row is computed from its place when it is needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sequences import Rows

ROUNDS = 8
AT_ONCE = 1 << 16  # rows: enough that a call into NumPy costs little, few enough to stay in the cache
# Multipliers of MurmurHash3's finaliser (Appleby 2011), which spreads every bit over all others.
FIRST, SECOND = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


class Permutation:
    """A bijection of 0 … count-1 that a random generator picks.

    A Feistel network permutes all numbers of a power of two, and a number that falls outside `count` is permuted again
    until it falls inside (Black and Rogaway 2002; for shuffling, Mitchell et al. 2022). It takes no memory, so that a
    hundred million windows cost no more than a hundred, and an epoch can begin anywhere.
    """

    def __init__(self, count: int, random: np.random.Generator) -> None:
        self.count = count
        bits = max(2, (count - 1).bit_length())
        self.low, self.high = bits // 2, bits - bits // 2  # bits of the two halves, at most 32
        self.keys = random.integers(1 << 32, size=ROUNDS, dtype=np.uint32)

    def __call__(self, places: Rows) -> Rows:
        """Return the rows `(n,)` at these places `(n,)`."""
        rows = self._network(places)
        outside = np.flatnonzero(rows >= self.count)
        while len(outside):
            rows[outside] = again = self._network(rows[outside])
            outside = outside[again >= self.count]
        return rows

    def pieces(self, size: int, first: int = 0) -> Iterator[Rows]:
        """Yield the order in pieces of `size` rows, from the one with the index `first`; the last may be shorter."""
        several = max(1, AT_ONCE // size) * size  # are computed at a time
        for begin in range(first * size, self.count, several):
            rows = self(np.arange(begin, min(begin + several, self.count)))
            yield from (rows[i : i + size] for i in range(0, len(rows), size))

    def _network(self, values: Rows) -> Rows:
        high = (values >> self.low).astype(np.uint32)
        low = (values & ((1 << self.low) - 1)).astype(np.uint32)
        for one, other in zip(self.keys[::2], self.keys[1::2], strict=True):
            high ^= _hash(low, one, self.high)
            low ^= _hash(high, other, self.low)
        return (high.astype(np.int64) << self.low) | low


def _hash(values: NDArray[np.uint32], key: np.uint32, bits: int) -> NDArray[np.uint32]:
    """Return that many bits, which depend on all bits of a value and of the key."""
    mixed = values + key
    mixed *= FIRST
    mixed ^= mixed >> np.uint32(15)
    mixed *= SECOND
    mixed >>= np.uint32(32 - bits)
    return mixed
