"""The one padding collation: batches of every task, cut out of flat symbols by gathers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Rows

IGNORE = -100  # the target of a padded position; torch's cross-entropy and torchmetrics leave it out


class Batch(NamedTuple):
    """What every task receives.

    Attributes:
        inputs: `(B, T)` long, padded.
        lengths: `(B,)` long, how many inputs of each row are real.
        targets: `(B, T)` long, padded with `IGNORE`, for a language model; `(B,)` long for a classifier.
        continues: Whether each row goes on where the same row of the batch before ended.
    """

    inputs: Tensor
    lengths: Tensor
    targets: Tensor
    continues: bool = False


class Collation:
    """Cuts padded batches out of flat symbols.

    Where sequences have labels, those are the targets. Otherwise a target is the symbol after its input.
    """

    def __init__(self, part: Part, pad: int) -> None:
        self.sequences = part.sequences
        self.symbols = torch.from_numpy(part.sequences.symbols)
        self.labels = None if part.labels is None else torch.from_numpy(part.labels)
        self.pad = pad

    def __call__(self, rows: Rows, continues: bool = False) -> Batch:
        """The batch of the sequences `rows` `(B,)`, as long as its longest."""
        starts = torch.from_numpy(self.sequences.starts(rows))
        lengths = torch.from_numpy(self.sequences.lengths(rows))
        positions = torch.arange(int(lengths.max()))
        inside = positions < lengths[:, None]  # (B, longest)
        where = (starts[:, None] + positions).clamp_(max=len(self.symbols) - 1)
        symbols = self.symbols[where].long()
        if self.labels is not None:
            return Batch(symbols.where(inside, self.pad), lengths, self.labels[torch.from_numpy(rows)], continues)
        targets = symbols.where(inside, IGNORE)[:, 1:]
        # The last symbol of a sequence is only ever a target: as an input it would predict padding.
        inputs = symbols[:, :-1].where(inside[:, 1:], self.pad)
        return Batch(inputs, lengths - 1, targets, continues)
