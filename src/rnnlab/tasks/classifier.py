"""Tasks that predict one thing of a whole sequence: inputs → recurrent layers → one vector → linear."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics import Metric as Measured
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassF1Score,
)
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

from rnnlab.data.collation import Batch
from rnnlab.data.prepared import Part
from rnnlab.nn.encoder import build_encoder
from rnnlab.nn.flops import declared_flops, linear_flops, total_flops
from rnnlab.nn.modes import evaluation_mode
from rnnlab.nn.pooling import pool, pooled_size
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.chance import (
    CLASS_FREQUENCIES,
    MOST_FREQUENT_CLASS,
    OF_TRAINING,
    auroc,
    class_counts,
    of_classes,
)
from rnnlab.tasks.confusion import ConfusionCounts
from rnnlab.tasks.items import ItemFigures, classified_items
from rnnlab.tasks.predictions import Prediction, TextAnswers, class_cells, class_columns


class AUROC(MulticlassAUROC):
    """The mean area under the ROC curve over the classes that occur, each against the others; NaN for one class.

    torchmetrics averages over all classes, with an area of 0 for one that does not occur.
    """

    def compute(self) -> Tensor:  # type: ignore[override]  # as in torchmetrics
        shares, targets = dim_zero_cat(self.preds), dim_zero_cat(self.target)
        present = targets.unique().tolist()
        if len(present) < 2:
            return shares.new_tensor(torch.nan)
        areas = [binary_auroc(shares[:, label], (targets == label).long(), validate_args=False) for label in present]
        return torch.stack(areas).mean()


class PooledTask(SequenceTask):
    """Pools the outputs of recurrent layers to one vector, from which a linear layer predicts.

    Dropout acts between recurrent layers and on the vector of the whole sequence. A task calls `build_metrics` at the
    end of its `__init__`.

    Args:
        embedding: From the inputs of a batch to vectors `(B, T, D)`.
        input_size: D.
        outputs: Units of the linear layer: the number of classes, or 1 for a number.
        model: The configuration's node `model`.
        cell: The node `cell`.
        optimizer: The node `optimizer`.
        scheduler: The node `scheduler`.
    """

    def __init__(
        self,
        embedding: nn.Module,
        input_size: int,
        outputs: int,
        model: Config,
        cell: Config,
        optimizer: Config,
        scheduler: Config,
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.embedding = embedding
        self.encoder = build_encoder(cell, model, input_size)
        self.pooling = str(model["pooling"])
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(pooled_size(self.encoder.output_size, self.pooling), outputs)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Compute the outputs `(B, outputs)` from inputs `(B, T)` or `(B, T, D)` and the rows' lengths `(B,)`."""
        # A causal encoder cannot see the padding behind a row, and is several times as fast without packing.
        ends = None if self.encoder.causal else lengths
        hidden, _ = self.encoder(self.vectors(inputs), lengths=ends)  # (B, T, H)
        vector = pool(hidden, lengths, self.pooling, self.encoder.directions)  # (B, H)
        outputs: Tensor = self.head(self.dropout(vector))
        return outputs

    def flops(self, steps: int) -> float | None:
        return self._flops(steps, predictions=1)

    def _flops(self, steps: int, predictions: int) -> float | None:
        """Return the operations for a sequence of which so many vectors are given to the output layer."""
        looked_up = type(self.embedding) in (nn.Embedding, nn.Identity)
        return total_flops(
            (steps, 0 if looked_up else None),
            (1, declared_flops(self.encoder, steps)),
            (predictions, linear_flops(self.head)),
        )

    def vectors(self, inputs: Tensor) -> Tensor:
        """Embed the inputs as `(B, T, D)`."""
        vectors: Tensor = self.embedding(inputs)
        return vectors

    def outputs(self, batch: Batch) -> Tensor:
        outputs: Tensor = self(batch.inputs, batch.lengths)
        return outputs

    def count(self, batch: Batch) -> int:
        return len(batch.targets)


class Classifier(TextAnswers, ConfusionCounts, PooledTask):
    """Predicts the class of a sequence.

    Attributes:
        loss_unit: The unit of the loss.
        labels: The names of the classes.
    """

    loss_unit = "nats per sequence"
    chance_model = CLASS_FREQUENCIES + OF_TRAINING
    answer_type = Prediction
    columns = ("text", "label", "probability", "note")

    def __init__(self, embedding: nn.Module, input_size: int, labels: Sequence[str], **nodes: Config) -> None:
        super().__init__(embedding, input_size, len(labels), **nodes)
        self.count_confusion(labels)
        self.build_metrics()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits, batch.targets)

    def declare_metrics(self) -> dict[Metric, Measured]:
        classes = len(self.labels)
        hint = "the mean over the classes, each against the others"
        right = "the share of the test that is classified right"
        accuracy = share("accuracy", "test accuracy", right, chance=MOST_FREQUENT_CLASS)
        f1 = share("f1", "test macro F1", hint, chance=MOST_FREQUENT_CLASS)
        area = share("auroc", "test AUROC", hint, shown="results", chance=MOST_FREQUENT_CLASS)
        return {
            ranking_loss(self.loss_unit, chance=CLASS_FREQUENCIES): MeanMetric(),
            accuracy: MulticlassAccuracy(classes, average="micro", validate_args=False),
            f1: MulticlassF1Score(classes, average="macro", validate_args=False),
            area: AUROC(classes, validate_args=False),
        }

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the frequencies of the classes in training reach."""
        known, counts = (class_counts(one.labels, len(self.labels)) for one in (train, part))
        return {**of_classes(counts, known), "auroc": auroc(counts)}

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        for name in ("accuracy", "f1", "auroc"):
            metrics[name].update(logits, batch.targets)
        self.confusion.update(logits, batch.targets)

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return classified_items(outputs, batch.targets)

    @torch.no_grad()
    def shares(self, batch: Batch) -> list[list[float]]:
        """Return the probability of each class, a row a sequence."""
        with evaluation_mode(self):
            logits = self(batch.inputs.to(self.device), batch.lengths)
        shares: list[list[float]] = logits.double().softmax(dim=-1).tolist()
        return shares

    @abstractmethod
    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the class of each text."""

    def answer(self, inputs: Sequence[str]) -> list[Prediction]:
        return self.classify(inputs)

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        return class_columns(self.labels, probabilities)

    def answer_cells(self, answer: Prediction, probabilities: bool) -> list[Any]:
        return class_cells(self.labels, answer, probabilities)

    def header(self, probabilities: bool) -> list[str]:
        return [*self.columns, *list(self.answer_columns(probabilities))[2:]]

    def rows(self, number: int, answer: Prediction, probabilities: bool) -> list[list[Any]]:
        row = [getattr(answer, column) for column in self.columns]
        return [[*row, *self.answer_cells(answer, probabilities)[2:]]]

    def line(self, answer: Prediction) -> str:
        """Return label, probability and text in columns, `-` where there is no label."""
        width = max(map(len, self.labels))
        probability = "-" if answer.probability is None else f"{answer.probability:.4f}"
        note = f"({answer.note})  " if answer.note else ""
        return f"{answer.label or '-':<{width}}  {probability:<6}  {note}{' '.join(answer.text.splitlines())}".rstrip()

    def prediction(self, text: str, shares: Sequence[float]) -> Prediction:
        """Build a prediction from the probabilities of the classes."""
        probabilities = dict(zip(self.labels, shares, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        return Prediction(text, label, probabilities[label], probabilities=probabilities)
