"""The one padding collation: batches of every task, cut out of flat symbols by gathers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
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

    def to(self, device: torch.device) -> Batch:
        """The batch on a device; the lengths stay on the CPU, where packing and counting want them."""
        if device.type == "cpu":
            return self
        inputs, targets = (part.to(device, non_blocking=True) for part in (self.inputs, self.targets))
        return self._replace(inputs=inputs, targets=targets)


class Collation:
    """Cuts padded batches out of flat symbols.

    Where sequences have labels, those are the targets. Otherwise a target is the symbol after its input.
    """

    def __init__(self, part: Part, pad: int) -> None:
        self.sequences = part.sequences
        self.symbols = torch.from_numpy(part.sequences.symbols)
        self.labels = None if part.labels is None else torch.from_numpy(part.labels)
        self.pad = pad

    def __call__(self, rows: Rows) -> Batch:
        """The batch of the sequences `rows` `(B,)`, as long as its longest."""
        return self.block([rows], [False])[0]

    def block(self, batches: Sequence[Rows], continues: Sequence[bool]) -> list[Batch]:
        """Several batches by one gather: each a view of what is cut out for all, as long as its own longest."""
        inputs, targets, lengths = self._padded(np.concatenate(batches))
        ends = np.cumsum([len(rows) for rows in batches])
        longest = np.maximum.reduceat(lengths.numpy(), [0, *ends[:-1]])
        cut = []
        for rows, end, steps, goes_on in zip(batches, ends.tolist(), longest.tolist(), continues, strict=True):
            its = slice(end - len(rows), end)
            of_batch = targets[its] if targets.dim() == 1 else targets[its, :steps]
            cut.append(Batch(inputs[its, :steps], lengths[its], of_batch, goes_on))
        return cut

    def _padded(self, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs, targets and lengths of the sequences `rows` `(B,)`, as a `Batch` has them."""
        lengths = torch.from_numpy(self.sequences.lengths(rows))
        positions = torch.arange(int(lengths.max()))
        inside = positions < lengths[:, None]  # (B, longest)
        where = (torch.from_numpy(self.sequences.starts(rows))[:, None] + positions).clamp_(max=len(self.symbols) - 1)
        symbols = self.symbols[where].long()
        if self.labels is not None:
            return symbols.where(inside, self.pad), self.labels[torch.from_numpy(rows)], lengths
        targets = symbols.where(inside, IGNORE)[:, 1:]
        # The last symbol of a sequence is only ever a target: as an input it would predict padding.
        return symbols[:, :-1].where(inside[:, 1:], self.pad), targets, lengths - 1
