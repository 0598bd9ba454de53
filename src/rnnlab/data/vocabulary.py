"""Symbols and their indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import UserError

START_STOP = "[S]"
PAD = "[PAD]"


@dataclass(frozen=True)
class Vocabulary:
    """An alphabet of single characters, then `[S]`, which starts and stops an item, then `[PAD]`.

    Attributes:
        symbols: Every symbol in the order of its index.
    """

    symbols: tuple[str, ...]

    @classmethod
    def of(cls, items: Iterable[str]) -> Vocabulary:
        """The sorted alphabet of `items` with the two special symbols behind it."""
        return cls((*sorted(set().union(*items)), START_STOP, PAD))

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def start_stop(self) -> int:
        return len(self.symbols) - 2

    @property
    def pad(self) -> int:
        return len(self.symbols) - 1

    @property
    def alphabet(self) -> tuple[str, ...]:
        """The symbols without the special ones."""
        return self.symbols[:-2]

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        """The smallest type that holds every index."""
        return np.uint8 if len(self) <= 256 else np.uint16 if len(self) <= 65536 else np.uint32

    @cached_property
    def _code_points(self) -> NDArray[np.uint32]:
        return np.array([ord(symbol) for symbol in self.alphabet], dtype=np.uint32)

    def encode(self, text: str, key: str = "prompt") -> NDArray[np.unsignedinteger]:
        """The indices of a text's characters, `(len(text),)` in the smallest integer type.

        Raises:
            UserError: A character is not in the alphabet; the line begins with `key`.
        """
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        indices = np.searchsorted(self._code_points, points).clip(max=len(self.alphabet) - 1)
        unknown = self._code_points[indices] != points
        if unknown.any():
            missing = ", ".join(repr(chr(point)) for point in dict.fromkeys(points[unknown].tolist()))
            raise UserError(f"{key}: the vocabulary has no {missing}; it knows {self.describe()}")
        return indices.astype(self.dtype)

    def decode(self, indices: Sequence[int]) -> str:
        """The text of indices; special symbols are left out."""
        alphabet_size = len(self.alphabet)
        return "".join(self.symbols[index] for index in indices if index < alphabet_size)

    def describe(self) -> str:
        """The alphabet in a few words."""
        text = "".join(self.alphabet)
        return repr(text) if len(text) <= 60 else f"{text[:60]!r} and {len(text) - 60} more"
