"""The LightningDataModule that every task shares."""

from __future__ import annotations

import lightning.pytorch as pl
import torch

from rnnlab.data.batching import Batches, Blocks, InOrder, Order, Shuffled, Streams
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import STREAMS, Part, Prepared

EVALUATION_BATCH_SIZE = 512  # evaluation keeps no gradients, so its batches may be larger


class SequenceDataModule(pl.LightningDataModule):
    """Padded batches of prepared sequences: shuffled or in streams for training, in order for validation and test."""

    def __init__(
        self,
        prepared: Prepared,
        batch_size: int,
        seed: int,
        bucketing: bool = False,
        limit: float | int = 1.0,
        interval: float | int = 1.0,
    ) -> None:
        """Cut nothing yet.

        Args:
            prepared: The data.
            batch_size: Sequences in a batch of training.
            seed: Of the order in training.
            bucketing: Batch similar lengths together in training.
            limit: Batches of an epoch, as a number or a share of what there is.
            interval: Batches between two validations, as a number or a share of an epoch.
        """
        super().__init__()
        self.prepared = prepared
        self.batch_size = batch_size
        self.seed = seed
        self.bucketing = bucketing
        self.limit = limit
        self.interval = interval

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch of training."""
        count = len(self.train_batches())
        return int(self.limit * count) if isinstance(self.limit, float) else min(self.limit, count)

    def train_dataloader(self) -> Blocks:
        steps = self.steps_per_epoch
        interval = int(self.interval * steps) if isinstance(self.interval, float) else self.interval
        return Blocks(self.train_batches(), steps, interval)

    def train_batches(self) -> Batches:
        """An epoch of training, batch by batch."""
        part = self.prepared.parts["train"]
        if part.reading == STREAMS:
            return self._streams(part)
        order = Shuffled(part.sequences, self.batch_size, self.seed, self.bucketing)
        # Batches of short sequences have fewer predictions; a mean over each would let those count more.
        weighted = self.bucketing and part.labels is None
        return self._batches(part, order, part.predictions / len(order) if weighted else None)

    def val_dataloader(self) -> Batches:
        return self._in_order(self.prepared.parts["val"])

    def test_dataloader(self) -> Batches:
        return self._in_order(self.prepared.parts["test"])

    def transfer_batch_to_device(
        self, batch: Batch | list[Batch], device: torch.device, dataloader_idx: int
    ) -> Batch | list[Batch]:
        return batch.to(device) if isinstance(batch, Batch) else [each.to(device) for each in batch]

    def _in_order(self, part: Part) -> Batches:
        if part.reading == STREAMS:
            return self._streams(part)
        return self._batches(part, InOrder(len(part.sequences), max(self.batch_size, EVALUATION_BATCH_SIZE)))

    def _streams(self, part: Part) -> Batches:
        return self._batches(part, Streams(len(part.sequences), part.streams or self.batch_size))

    def _batches(self, part: Part, order: Order, average: float | None = None) -> Batches:
        return Batches(order, Collation(part, self.prepared.vocabulary.pad, average))
