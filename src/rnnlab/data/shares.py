"""The rows of a batch that one of several processes works on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """One of several shares of rows.

    Attributes:
        rank: Which one, from 0.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    def bounds(self, rows: int) -> slice:
        """Return the rows of this share; all are as equal as can be, and the first has a row wherever there is one."""
        begin, end = (-(-rank * rows // self.size) for rank in (self.rank, self.rank + 1))
        return slice(begin, end)

    def others(self) -> list[Share]:
        """Return the shares behind this one."""
        return [Share(rank, self.size) for rank in range(self.rank + 1, self.size)]


WHOLE = Share()
