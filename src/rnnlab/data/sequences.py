"""Many sequences in one flat array, and the one padding collation that every task uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

IGNORE = -100  # the target of a padded position; torch's cross-entropy and torchmetrics leave it out


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


class Batch(NamedTuple):
    """What every task receives.

    Attributes:
        inputs: `(B, T)` long, padded with the index of `[PAD]`.
        lengths: `(B,)` long, how many inputs of each row are real.
        targets: `(B, T)` long, padded with `IGNORE`.
    """

    inputs: Tensor
    lengths: Tensor
    targets: Tensor


class Collation:
    """Cuts padded batches of a language model out of flat symbols: a target is the symbol after its input."""

    def __init__(self, sequences: Sequences, pad: int) -> None:
        self.symbols = torch.from_numpy(sequences.symbols)
        self.starts = torch.from_numpy(sequences.starts)
        self.lengths = torch.from_numpy(sequences.lengths)
        self.pad = pad

    def __call__(self, rows: Tensor) -> Batch:
        """The batch of the sequences `rows` `(B,)`, as long as its longest."""
        lengths = self.lengths[rows]
        positions = torch.arange(int(lengths.max()))
        inside = positions < lengths[:, None]  # (B, T + 1)
        where = (self.starts[rows, None] + positions).clamp_(max=len(self.symbols) - 1)
        symbols = self.symbols[where].long()
        inputs = symbols.where(inside, self.pad)[:, :-1]
        targets = symbols.where(inside, IGNORE)[:, 1:]
        # The last symbol of a sequence is only ever a target: as an input it would predict padding.
        inputs = inputs.where(inside[:, 1:], self.pad)
        return Batch(inputs, lengths - 1, targets)
