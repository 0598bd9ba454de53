"""The distinct words or pieces of words of a text, numbered in the order in which they first occur."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnlab.cores import allowed_threads

if TYPE_CHECKING:
    import pyarrow as pa


Numbers = NDArray[np.uint32]
Pieces: TypeAlias = "pa.LargeBinaryArray | pa.LargeStringArray"
Stretch = TypeVar("Stretch")
AT_ONCE = 1 << 16  # pieces that become strings together
MOST_THREADS, AHEAD = 4, 3  # more threads would wait for the one that numbers; stretches that wait take memory


class Numbering:
    """Gives every distinct piece of a text a number; arrow tells the pieces of a stretch apart, and knows those before.

    Attributes:
        distinct: The pieces in UTF-8, `(V,)`, in the order of their numbers.
    """

    def __init__(self) -> None:
        import pyarrow as pa

        self.distinct: pa.LargeBinaryArray = pa.array([], pa.large_binary())

    def __len__(self) -> int:
        return len(self.distinct)

    def __iter__(self) -> Iterator[str]:
        """The distinct pieces, some at a time turned into Python's strings."""
        import pyarrow as pa

        for begin in range(0, len(self), AT_ONCE):
            yield from self.distinct.slice(begin, AT_ONCE).cast(pa.large_string()).to_pylist()

    def numbers_of(self, split: Callable[[Stretch], Pieces], stretches: Iterable[Stretch]) -> Iterator[Numbers]:
        """Yield the numbers of the pieces of each stretch of a text `(N,)`; a new piece gets the next one.

        Args:
            split: Takes a stretch apart; called in threads, since arrow and NumPy let others work meanwhile.
            stretches: In their order.
        """
        for told_apart in _ahead(lambda stretch: split(stretch).dictionary_encode(), stretches):
            numbers = self._number(told_apart.dictionary)
            indices: NDArray[np.int32] = told_apart.indices.to_numpy()
            yield numbers[indices]

    def _number(self, distinct: Pieces) -> Numbers:
        """Return the numbers of distinct pieces `(N,)`, of which new ones are added."""
        import pyarrow as pa
        import pyarrow.compute as pc

        pieces = distinct.cast(pa.large_binary())
        known = pc.index_in(pieces, value_set=self.distinct)
        new = np.flatnonzero(known.is_null().to_numpy(zero_copy_only=False))
        numbers: Numbers = known.fill_null(0).to_numpy().astype(np.uint32)
        numbers[new] = np.arange(len(self), len(self) + len(new))
        self.distinct = pa.concat_arrays([self.distinct, pieces.take(pa.array(new))])
        return numbers


def _ahead(work: Callable[[Stretch], Any], stretches: Iterable[Stretch]) -> Iterator[Any]:
    """Yield the result for each stretch in order, while threads work on a few of the next ones."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(min(MOST_THREADS, allowed_threads())) as pool:
        for stretch in stretches:
            waiting.append(pool.submit(work, stretch))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
