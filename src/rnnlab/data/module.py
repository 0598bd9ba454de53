"""The LightningDataModule that every task shares."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.data.batching import Batches, InOrder, Order, Shuffled, Streams
from rnnlab.data.collation import Collation
from rnnlab.data.prepared import STREAMS, Part, Prepared
from rnnlab.data.shares import WHOLE, Share

EVALUATION_BATCH_SIZE = 512  # evaluation keeps no gradients, so its batches may be larger


class SequenceDataModule(pl.LightningDataModule):
    """Padded batches of prepared sequences: shuffled or in streams for training, in order for validation and test."""

    def __init__(
        self,
        prepared: Prepared,
        batch_size: int,
        seed: int,
        bucketing: bool = False,
        accumulate: int = 1,
        share: Share = WHOLE,
    ) -> None:
        """Set up the batches of a data set.

        Args:
            prepared: The data.
            batch_size: Sequences in a batch of training.
            seed: Of the order of sequences in training.
            bucketing: Whether training batches similar lengths together.
            accumulate: How many of such batches an optimizer step of training takes together, as one large batch.
            share: The rows of each batch of validation and test that this process measures; batches of training are
                whole.
        """
        super().__init__()
        self.prepared = prepared
        self.batch_size = batch_size
        self.seed = seed
        self.bucketing = bucketing
        self.rows_of_a_step = batch_size * accumulate
        self.share = share

    def train_batches(self) -> Batches:
        """Return an epoch of training, batch by batch."""
        part = self.prepared.parts["train"]
        if part.reading == STREAMS:
            return self._batches(part, _streams(part, self.rows_of_a_step))
        order = Shuffled(part.sequences, self.rows_of_a_step, self.seed, self.bucketing)
        # Batches of short sequences have fewer predictions; a mean over each would let those count more.
        weighted = self.bucketing and part.labels is None
        return self._batches(part, order, part.predictions / len(order) if weighted else None)

    def train_dataloader(self) -> Batches:
        return self.train_batches()

    def val_dataloader(self) -> Batches:
        return self._in_order(self.prepared.parts["val"])

    def test_dataloader(self) -> Batches:
        return self._in_order(self.prepared.parts["test"])

    def _in_order(self, part: Part) -> Batches:
        if part.reading == STREAMS:
            return self._batches(part, _streams(part, self.batch_size), share=self.share)
        order = InOrder(len(part.sequences), max(self.batch_size, EVALUATION_BATCH_SIZE))
        return self._batches(part, order, share=self.share)

    def _batches(self, part: Part, order: Order, average: float | None = None, share: Share = WHOLE) -> Batches:
        return Batches(order, Collation(part, self.prepared.vocabulary.pad, average), share)


def _streams(part: Part, rows: int) -> Streams:
    return Streams(len(part.sequences), part.streams or rows)
