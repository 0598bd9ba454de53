"""Many sequences in one flat array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sequences:
    """N sequences, each a stretch of one flat array of symbols; stretches may overlap.

    Attributes:
        symbols: `(total,)`, the smallest unsigned integers that hold the vocabulary.
        starts: `(N,)`, where each sequence begins.
        lengths: `(N,)`, how many symbols it has.
    """

    symbols: NDArray[np.unsignedinteger]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)
