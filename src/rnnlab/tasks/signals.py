"""Predicting a class or a number of a signal, or a class at each step. Its vectors are inputs as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics import Metric as Measured
from torchmetrics.classification import MulticlassAccuracy

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Sequences
from rnnlab.data.sources.signals import CLASS, NUMBER, STEPS
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.chance import (
    CLASS_FREQUENCIES,
    MOST_FREQUENT_CLASS,
    OF_TRAINING,
    class_counts,
    cross_entropy,
    most_frequent_accuracy,
)
from rnnlab.tasks.classifier import Classifier, PooledTask
from rnnlab.tasks.items import ItemFigures, classified_steps
from rnnlab.tasks.predictions import Prediction

MEAN = "mean"  # the model of chance


def build_signal_task(vocabulary: Vocabulary, data: Config, **nodes: Config) -> SequenceTask:
    """Build a `SignalClassifier`, `SignalRegression` or `SignalLabeller`, whichever the data has targets for."""
    tasks: dict[str, type[SequenceTask]] = {CLASS: SignalClassifier, NUMBER: SignalRegression, STEPS: SignalLabeller}
    task: Any = tasks[data["asked"]]
    built: SequenceTask = task(vocabulary, data, **nodes)
    return built


class SignalClassifier(Classifier):
    """Predicts the class of a signal.

    Attributes:
        every_length: How many steps every sequence of training had; None where they differed, or were generated.
    """

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), data["labels"], **nodes)
        self.vocabulary = vocabulary
        self.sequence_length = int(data["sequence_length"])
        self.every_length: int | None = data.get("every_length")

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a signal that is written as numbers as `(T, D)`; see `numbers`.

        Raises:
            UserError: The text is no signal; the line begins with `key`.
        """
        return torch.from_numpy(self._signal(text, key))

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the class of each signal that is written as numbers, see `numbers`; other texts have no label."""
        signals, notes = [], []
        for text in texts:
            try:
                signals.append(self._signal(text))
                notes.append("")
            except UserError as error:
                notes.append(str(error))
        shares = iter(self.shares(self._batch(signals)) if signals else [])
        return [
            Prediction(text, None, None, note) if note else self.prediction(text, next(shares))
            for text, note in zip(texts, notes, strict=True)
        ]

    def _signal(self, text: str, key: str = "") -> np.ndarray:
        signal = numbers(text, len(self.vocabulary), key)
        if self.every_length not in (None, len(signal)):
            steps = f"{len(signal)} step{'s'[: len(signal) != 1]}"
            where = f"{key}: " if key else ""
            raise UserError(f"{where}the signal has {steps}; every signal of training had {self.every_length}")
        return signal[: self.sequence_length]

    def _batch(self, signals: Sequence[np.ndarray]) -> Batch:
        sizes = np.fromiter(map(len, signals), dtype=np.int64, count=len(signals))
        sequences = Sequences(np.concatenate(signals), np.cumsum(sizes) - sizes, sizes)
        part = Part(sequences, labels=np.zeros(len(signals), dtype=np.int64))
        return Collation(part, self.vocabulary.pad)(np.arange(len(signals)))


class SignalRegression(PooledTask):
    """Predicts a number of a signal; the loss is the mean squared error.

    `accuracy` is the share of sequences whose prediction is off by less than the data's `tolerance`.
    """

    chance_model = MEAN + OF_TRAINING

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), 1, **nodes)
        self.vocabulary = vocabulary
        self.tolerance = float(data["tolerance"])
        self.build_metrics()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.mse_loss(logits[:, 0], batch.targets)

    def declare_metrics(self) -> dict[Metric, Measured]:
        hint = "the share of answers within the tolerance"
        accuracy = share("accuracy", "test accuracy", hint, shown="summary", chance=MEAN)
        return {ranking_loss("squared error per sequence", chance=MEAN): MeanMetric(), accuracy: MeanMetric()}

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the mean of the numbers in training reaches."""
        assert train.labels is not None and part.labels is not None
        errors = part.labels - train.labels.mean(dtype=np.float64)
        return {"loss": float((errors**2).mean()), "accuracy": float((np.abs(errors) < self.tolerance).mean())}

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        metrics["accuracy"].update(((logits[:, 0] - batch.targets).abs() < self.tolerance).float())

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        off = outputs[:, 0] - batch.targets
        right = (off.abs() < self.tolerance).long()
        one = right.new_ones(len(right))
        return {"loss": off.square(), "count": one, "correct": right, "classified": one}


class SignalLabeller(PooledTask):
    """Predicts a class at each step of a signal from the steps so far; all sequences are of equal length.

    `accuracy` leaves out the steps whose class is `silent`, at which there is nothing to predict: of the copying
    problem, it is the share of symbols that are repeated right.
    """

    chance_model = CLASS_FREQUENCIES + OF_TRAINING

    def __init__(self, vocabulary: Vocabulary, data: Config, **nodes: Config) -> None:
        super().__init__(nn.Identity(), len(vocabulary), len(data["labels"]), **nodes)
        if not self.encoder.causal:
            raise UserError(
                f"cell={nodes['cell']['name']} with model.bidirectional={str(nodes['model']['bidirectional']).lower()}"
                " is not for data that asks for a class at each step, which would be told by the steps behind it"
            )
        self.vocabulary = vocabulary
        self.silent = data["silent"]
        self.build_metrics()

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Compute the logits `(B, T, classes)` of inputs `(B, T, D)`, all of equal length."""
        hidden, _ = self.encoder(self.vectors(inputs))  # (B, T, H)
        logits: Tensor = self.head(self.dropout(hidden))
        return logits

    def flops(self, steps: int) -> float | None:
        return self._flops(steps, predictions=steps)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())

    def count(self, batch: Batch) -> int:
        return batch.targets.numel()

    def declare_metrics(self) -> dict[Metric, Measured]:
        classes = self.head.out_features
        hint = "the share of steps that are labelled right"
        accuracy = share("accuracy", "test accuracy", hint, shown="summary", chance=MOST_FREQUENT_CLASS)
        return {
            ranking_loss("nats per step", chance=CLASS_FREQUENCIES): MeanMetric(),
            accuracy: MulticlassAccuracy(classes, average="micro", ignore_index=self.silent, validate_args=False),
        }

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        metrics["accuracy"].update(logits.transpose(1, 2), batch.targets)

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the frequencies of the classes in training reach; for the accuracy, of those that count."""
        known, counts = (class_counts(one.labels, self.head.out_features) for one in (train, part))
        loss = cross_entropy(counts, known)
        if self.silent is not None:
            known[self.silent] = counts[self.silent] = 0
        return {"loss": loss, "accuracy": most_frequent_accuracy(counts, known)}

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return classified_steps(outputs, batch.targets, self.silent)


def numbers(text: str, channels: int, key: str = "") -> np.ndarray:
    """Read a signal as a person writes it, `(T, D)` float32: the D numbers of each step, with blanks or commas between.

    Raises:
        UserError: There is none, one is no number, or their count is no multiple of D; the line begins with `key`.
    """
    where = f"{key}: " if key else ""
    words = text.replace(",", " ").split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = [math.nan]
    if not words or not all(map(math.isfinite, values)):
        raise UserError(f"{where}a signal is written as numbers, such as 0.5 -1.2 0.3")
    if len(values) % channels:
        raise UserError(f"{where}{len(values)} numbers are no whole steps of {channels} each")
    return np.array(values, dtype=np.float32).reshape(-1, channels)
