"""The one padding collation: batches of every task, cut out of flat symbols by gathers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.data.sequences import Sequences

IGNORE = -100  # the target of a padded position; torch's cross-entropy and torchmetrics leave it out


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
