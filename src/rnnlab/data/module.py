"""The LightningDataModule that every task shares."""

from __future__ import annotations

import lightning.pytorch as pl

from rnnlab.data.batching import Batches, InOrder, Shuffled
from rnnlab.data.collation import Collation
from rnnlab.data.prepared import Prepared

EVALUATION_BATCH_SIZE = 512  # evaluation keeps no gradients, so its batches may be larger


class SequenceDataModule(pl.LightningDataModule):
    """Padded batches of prepared sequences: shuffled for training, in order for validation and test."""

    def __init__(self, prepared: Prepared, batch_size: int, seed: int, bucketing: bool = False) -> None:
        super().__init__()
        self.prepared = prepared
        self.batch_size = batch_size
        self.seed = seed
        self.bucketing = bucketing

    def train_dataloader(self) -> Batches:
        lengths = self.prepared.parts["train"].lengths
        return self._batches("train", Shuffled(lengths, self.batch_size, self.seed, self.bucketing))

    def val_dataloader(self) -> Batches:
        return self._in_order("val")

    def test_dataloader(self) -> Batches:
        return self._in_order("test")

    def _in_order(self, part: str) -> Batches:
        count = len(self.prepared.parts[part])
        return self._batches(part, InOrder(count, max(self.batch_size, EVALUATION_BATCH_SIZE)))

    def _batches(self, part: str, order: InOrder | Shuffled) -> Batches:
        return Batches(order, Collation(self.prepared.parts[part], self.prepared.vocabulary.pad))
