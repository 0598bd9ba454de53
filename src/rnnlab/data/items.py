"""Digests of the items that a part of a data set holds.

Two runs have the same digest exactly where they are measured on the same items. So it is taken of what was read (texts,
labels, numbers) and not of how a run encodes it, cuts it off or batches it, and the order of items does not change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

DIGITS = 16  # hexadecimal ones that are kept of a SHA-256: 64 bits, far more than runs could take by chance
MEASURED = ("val", "test")
PartContent = TypeVar("PartContent")


@dataclass(frozen=True)
class Items:
    """The items of a part.

    Attributes:
        digest: Equal exactly for the same items, in whatever order.
        in_order: Equal exactly for the same items in the same order.
        count: How many there are; of a running text its characters.
    """

    digest: str
    in_order: str
    count: int

    def first(self, count: int, read: int) -> Items:
        """Return the items that are read where only the beginning of the part is.

        Args:
            count: How many items that is.
            read: How many sequences of the part are read.
        """
        digest = _digest(self.in_order.encode(), str(read).encode())
        return Items(digest, digest, count)


def measured(items_of: Callable[[PartContent], Items], parts: Mapping[str, PartContent]) -> dict[str, Items]:
    """Return the items of validation and test, of those parts that there are."""
    return {part: items_of(parts[part]) for part in MEASURED if part in parts}


def items_of_texts(*columns: Sequence[str]) -> Items:
    """Return the items of texts, from columns `(N,)` of texts and what belongs to each, such as labels."""
    rows = list(zip(*columns, strict=True))
    return Items(_digest_of_rows(sorted(rows)), _digest_of_rows(rows), len(rows))


def items_of_vectors(*columns: NDArray[np.generic]) -> Items:
    """Return the items of arrays `(N, …)`: sequences of numbers of equal length, and what belongs to each."""
    count = len(columns[0])
    flat = [np.ascontiguousarray(column).reshape(count, -1).view(np.uint8).reshape(count, -1) for column in columns]
    rows = np.ascontiguousarray(np.concatenate(flat, axis=1))  # (N, bytes)
    shape = str([(column.shape[1:], column.dtype.str) for column in columns]).encode()
    order = np.argsort(rows.view(np.dtype((np.void, rows.shape[1]))).ravel())
    return Items(_digest(shape, rows[order].data), _digest(shape, rows.data), count)


def items_of_stretch(values: NDArray[np.float64], horizon: int) -> Items:
    """Return the items of a stretch of a series `(T, D)`: each `horizon` values in it are to be forecast once."""
    header = str((values.shape, horizon)).encode()
    digest = _digest(header, np.ascontiguousarray(values).data)
    return Items(digest, digest, len(values) - horizon + 1)


def items_of_stretches(stretches: Sequence[NDArray[np.float64]], horizon: int, origins: int | None) -> Items:
    """Return the items of stretches of several series, each `(T, D)`, of which forecasts are made.

    Args:
        stretches: One for each series.
        horizon: How many values are to be forecast at once.
        origins: From how many steps of each stretch, at equal distances; None for every one.
    """
    if len(stretches) == 1 and origins is None:
        return items_of_stretch(stretches[0], horizon)
    counts = [max(0, len(values) - horizon + 1) for values in stretches]
    header = str(([values.shape for values in stretches], horizon, origins)).encode()
    digest = _digest(header, *(np.ascontiguousarray(values).data for values in stretches))
    return Items(digest, digest, sum(count if origins is None else min(count, origins) for count in counts))


def items_of_stream(pieces: Iterable[str]) -> Items:
    """Return the characters of a running text, which comes in pieces."""
    digest = TextDigest()
    for piece in pieces:
        digest.add(piece)
    return digest.items()


class TextDigest:
    """The digest of a running text that goes by in pieces."""

    def __init__(self) -> None:
        self._digest, self._count = hashlib.sha256(), 0

    def add(self, piece: str) -> None:
        """Add what follows."""
        self.add_encoded(piece.encode("utf-8", "surrogatepass"), len(piece))

    def add_encoded(self, piece: bytes | memoryview, count: int) -> None:
        """Add what follows as UTF-8, in which it has so many characters."""
        self._digest.update(piece)
        self._count += count

    def items(self) -> Items:
        """Return the characters that have gone by."""
        short = self._digest.hexdigest()[:DIGITS]
        return Items(short, short, self._count)


def _digest_of_rows(rows: Sequence[tuple[str, ...]]) -> str:
    texts = list(chain.from_iterable(rows))
    sizes = np.fromiter(map(len, texts), dtype="<i8", count=len(texts))  # where a text ends is part of the content
    return _digest(
        str((len(rows), len(texts))).encode(), sizes.tobytes(), "".join(texts).encode("utf-8", "surrogatepass")
    )


def _digest(*contents: bytes | memoryview) -> str:
    """Return the digest of contents one behind the other, the first of which says where each other one begins."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return digest.hexdigest()[:DIGITS]
