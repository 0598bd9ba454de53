"""In which order, and together with which others, sequences are seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnlab.data.collation import Batch

POOL = 50  # batches that are sorted together when bucketing: enough to find equal lengths, few enough to stay random


class InOrder:
    """Every sequence once, as the split left them: for validation and test.

    They are not sorted by length, so that a share of the batches (`trainer.limit_val_batches`) is a fair sample.
    """

    def __init__(self, count: int, batch_size: int) -> None:
        self.batches = torch.arange(count).split(batch_size)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.batches)


class Shuffled:
    """Every sequence once, in an order that is a function of (seed, epoch) alone.

    With `bucketing`, sequences are sorted by length inside pools of `POOL` batches, so that a batch has little
    padding, and the batches are shuffled again.
    """

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seed: int, bucketing: bool) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.bucketing = bucketing
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this at the start of every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        random = np.random.default_rng((self.seed, self.epoch))
        rows = random.permutation(len(self.lengths))
        if not self.bucketing:
            return iter(torch.from_numpy(rows).split(self.batch_size))
        pool = POOL * self.batch_size
        pools = [rows[i : i + pool] for i in range(0, len(rows), pool)]
        rows = np.concatenate([rows_[np.argsort(self.lengths[rows_], kind="stable")] for rows_ in pools])
        batches = torch.from_numpy(rows).split(self.batch_size)
        return (batches[i] for i in random.permutation(len(batches)))


class Batches:
    """An iterable of batches, what Lightning takes as a data loader; no worker processes, no loop over examples."""

    def __init__(self, order: InOrder | Shuffled, collate: Callable[[Tensor], Batch]) -> None:
        self.sampler = order  # where Lightning looks for `set_epoch`, as on a DataLoader; it expects both names
        self.batch_sampler = None
        self.collate = collate

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Batch]:
        return map(self.collate, self.sampler)
