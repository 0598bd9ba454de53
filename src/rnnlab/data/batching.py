"""Batches of an epoch: the order of the sequences, and which of them share a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from typing import Protocol

import numpy as np

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.permutation import Permutation
from rnnlab.data.sequences import Rows, SequenceView
from rnnlab.data.shares import WHOLE, Share

GOLDEN = (5**0.5 - 1) / 2
POOL = 50  # batches that are sorted together when bucketing: enough to find equal lengths, few enough to stay random


class Order(Protocol):
    """The rows of each batch of an epoch."""

    continues: bool
    """True if a batch goes on where the one before it ended."""

    batch_size: int
    """The most rows of a batch."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Rows]: ...

    def behind(self, batches: int) -> Iterator[Rows]:
        """Yield the rows of the batches behind the first so many, which are not gone through."""


class InOrder:
    """Every sequence once, as the split left them: for validation and test.

    They are not sorted by length, so that a share of the batches (`trainer.limit_val_batches`) is a fair sample.
    """

    continues = False

    def __init__(self, count: int, batch_size: int) -> None:
        self.count = count
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[Rows]:
        return self.behind(0)

    def behind(self, batches: int) -> Iterator[Rows]:
        begins = range(batches * self.batch_size, self.count, self.batch_size)
        return (np.arange(begin, min(begin + self.batch_size, self.count)) for begin in begins)


class Streams:
    """Adjoining windows read as parallel streams: row b of a batch goes on where row b of the last one ended.

    Each stream has equally many windows, one behind the other; the last stream may be shorter, and the batches lose
    its row when it ends. The order is the same in every epoch.
    """

    continues = True

    def __init__(self, count: int, streams: int) -> None:
        self.count = count
        self.steps = -(-count // streams)  # windows in a stream
        self.batch_size = -(-count // max(1, self.steps))

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Rows]:
        return self.behind(0)

    def behind(self, batches: int) -> Iterator[Rows]:
        return (np.arange(step, self.count, self.steps) for step in range(batches, self.steps))


class Shuffled:
    """Every sequence once, in an order that is a function of (seed, epoch) alone.

    With `bucketing`, sequences are sorted by length inside pools of `POOL` batches, so that a batch has little
    padding. A pool's batches are then visited in steps of the golden ratio, which spreads short and long ones as
    evenly as can be: the optimizer's running means see all lengths, as they do without bucketing.
    """

    continues = False

    def __init__(self, sequences: SequenceView, batch_size: int, seed: int, bucketing: bool = False) -> None:
        self.sequences = sequences
        self.batch_size = batch_size
        self.seed = seed
        self.bucketing = bucketing
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Lightning calls this at the start of every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.sequences) // self.batch_size)

    def __iter__(self) -> Iterator[Rows]:
        return self.behind(0)

    def behind(self, batches: int) -> Iterator[Rows]:
        random = np.random.default_rng((self.seed, self.epoch))
        order = Permutation(len(self.sequences), random)
        pools, begun = divmod(batches, POOL)
        if self.bucketing:
            random.random(pools)  # what those pools would have drawn
        for pool in order.pieces(POOL * self.batch_size, pools):
            rows = self._by_length(pool, random) if self.bucketing else _cut(pool, self.batch_size)
            yield from islice(rows, begun, None)
            begun = 0

    def _by_length(self, pool: Rows, random: np.random.Generator) -> Iterator[Rows]:
        pool = pool[np.argsort(self.sequences.lengths(pool), kind="stable")]
        batches = list(_cut(pool, self.batch_size))
        visits = np.argsort((random.random() + GOLDEN * np.arange(len(batches))) % 1)
        return (batches[i] for i in np.argsort(visits).tolist())


class Batches:
    """An iterable of batches, what Lightning takes as a data loader; no worker processes, no loop over examples."""

    def __init__(self, order: Order, collate: Collation, share: Share = WHOLE) -> None:
        """Cut batches out of sequences.

        Args:
            order: Which rows share a batch.
            collate: Cuts them out.
            share: The rows of each batch that are cut out; a batch without any of them is left out.
        """
        self.sampler = order  # where Lightning looks for `set_epoch`, as on a DataLoader; it expects both names
        self.batch_sampler = None
        self.collate = collate
        self.share = share

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Batch]:
        return (batch for block in self.blocks(repeat(1, len(self))) for batch in block)

    def blocks(self, sizes: Iterable[int], begun: int = 0) -> Iterator[list[Batch]]:
        """The batches behind the first `begun` in lists of these sizes, each list cut out at once."""
        rows = self.sampler.behind(begun)
        for size in sizes:
            continues = [self.sampler.continues and step > 0 for step in range(begun, begun + size)]
            block = zip((self.shared(batch) for batch in islice(rows, size)), continues, strict=True)
            with_rows = [(batch, goes_on) for batch, goes_on in block if len(batch)]
            yield self.collate.block(*map(list, zip(*with_rows, strict=True))) if with_rows else []
            begun += size

    def shared(self, rows: Rows) -> Rows:
        """Return those of a batch's rows that are of the share."""
        return rows[rows_of(self.share, self.sampler, len(rows))]


def rows_of(share: Share, order: Order, count: int) -> slice:
    """Return the rows of a share in a batch of so many; where batches go on, a row is of the same share in all."""
    return share.bounds(order.batch_size if order.continues else count)


def _cut(rows: Rows, size: int) -> Iterator[Rows]:
    return (rows[i : i + size] for i in range(0, len(rows), size))
