"""Many texts in little memory: their bytes one behind the other, where each string of Python would take fifty more."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import overload

ERRORS = "surrogatepass"  # JSON may have one half of a character that UTF-16 writes as two


class CompactTexts(Sequence[str]):
    """Texts that are strings only while somebody looks at them."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Hold some texts."""
        self._bytes, self._ends = bytearray(), array("q")
        for text in texts:
            self.append(text)

    def append(self, text: str) -> None:
        """Hold one more text."""
        self._bytes += text.encode("utf-8", ERRORS)
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[row] for row in range(*place.indices(len(self)))]
        end = self._ends[place]
        before = place % len(self._ends)
        return self._bytes[self._ends[before - 1] if before else 0 : end].decode("utf-8", ERRORS)
