"""The distinct words or pieces of words of a text, numbered in the order in which they first occur."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.uint32]


class Numbering:
    """Gives every distinct piece of a text a number; arrow tells the pieces of a stretch apart, a dict those of all."""

    def __init__(self) -> None:
        self._numbers = _Numbers()

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[bytes]:
        """The distinct pieces in UTF-8, in the order of their numbers."""
        return iter(self._numbers)

    def numbers_of(self, pieces: pa.LargeBinaryArray | pa.LargeStringArray) -> Numbers:
        """Return the number of each piece `(N,)`; a new piece gets the next one."""
        import pyarrow as pa

        told_apart = pieces.dictionary_encode()
        distinct = told_apart.dictionary.cast(pa.large_binary()).to_pylist()
        number_of: Callable[[bytes], int] = self._numbers.__getitem__
        numbers = np.fromiter(map(number_of, distinct), dtype=np.uint32, count=len(distinct))
        indices: NDArray[np.int32] = told_apart.indices.to_numpy()
        return numbers[indices]


class _Numbers(dict[bytes, int]):
    def __missing__(self, piece: bytes) -> int:
        number = self[piece] = len(self)
        return number
