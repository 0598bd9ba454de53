"""Telling one thing of a whole sequence: inputs → recurrent layers → one vector → linear."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassF1Score,
)
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

from rnnlab.data.collation import Batch
from rnnlab.nn import build_recurrent
from rnnlab.nn.pooling import pool, pooled_size
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.confusion import ConfusionCounts
from rnnlab.tasks.predictions import Prediction, TextAnswers


class AUROC(MulticlassAUROC):
    """The mean over the classes that occur, each against the others; nan where only one does.

    torchmetrics takes the area of a class that does not occur for 0 and averages over it.
    """

    def compute(self) -> Tensor:  # type: ignore[override]  # as in torchmetrics
        shares, targets = dim_zero_cat(self.preds), dim_zero_cat(self.target)
        present = targets.unique().tolist()
        if len(present) < 2:
            return shares.new_tensor(torch.nan)
        areas = [binary_auroc(shares[:, its], (targets == its).long(), validate_args=False) for its in present]
        return torch.stack(areas).mean()


class PooledTask(SequenceTask):
    """The outputs of recurrent layers become one vector, and that one answer.

    Dropout acts between recurrent layers and on the vector of the whole sequence.
    """

    def __init__(
        self, embedding: nn.Module, input_size: int, answers: int, model: Config, cell: Config, optimizer: Config,
        scheduler: Config,
    ) -> None:  # fmt: skip
        """Put the layers together; a task calls `measure` behind it.

        Args:
            embedding: From what a batch has as inputs to vectors `(B, T, D)`.
            input_size: D.
            answers: Classes, or 1 for a number.
            model: The configuration's node `model`.
            cell: The node `cell`.
            optimizer: The node `optimizer`.
            scheduler: The node `scheduler`.
        """
        super().__init__(optimizer, scheduler)
        self.embedding = embedding
        self.encoder = build_recurrent(
            cell, input_size, model["hidden_size"], model["num_layers"], model["dropout"], model["bidirectional"]
        )
        self.pooling = str(model["pooling"])
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(pooled_size(self.encoder.output_size, self.pooling), answers)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """From inputs `(B, T)` or `(B, T, D)` and how many of each row are real `(B,)` to answers `(B, answers)`."""
        # What reads forwards cannot see the padding behind a row, and is several times as fast without packing.
        ends = None if self.encoder.causal else lengths
        hidden, _ = self.encoder(self.vectors(inputs), lengths=ends)  # (B, T, H)
        vector = pool(hidden, lengths, self.pooling, self.encoder.directions)  # (B, H)
        answers: Tensor = self.head(self.dropout(vector))
        return answers

    def vectors(self, inputs: Tensor) -> Tensor:
        """What the recurrent layers read, `(B, T, D)`."""
        vectors: Tensor = self.embedding(inputs)
        return vectors

    def predict(self, batch: Batch) -> Tensor:
        answers: Tensor = self(batch.inputs, batch.lengths)
        return answers

    def count(self, batch: Batch) -> int:
        return len(batch.targets)


class Classifier(TextAnswers, ConfusionCounts, PooledTask):
    """Tells the class of a sequence.

    Attributes:
        labels: The names of the classes.
    """

    answer_type = Prediction
    columns = ("text", "label", "probability", "note")

    def __init__(
        self, embedding: nn.Module, input_size: int, labels: Sequence[str], model: Config, cell: Config,
        optimizer: Config, scheduler: Config,
    ) -> None:  # fmt: skip
        super().__init__(embedding, input_size, len(labels), model, cell, optimizer, scheduler)
        self.count_confusion(labels)
        self.measure()

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits, batch.targets)

    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        """F1 and AUROC are means over the classes, each against the others."""
        classes = len(self.labels)
        return {
            "loss": MeanMetric(),
            "accuracy": MulticlassAccuracy(classes, average="micro", validate_args=False),
            "f1": MulticlassF1Score(classes, average="macro", validate_args=False),
            "auroc": AUROC(classes, validate_args=False),
        }

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        for name in ("accuracy", "f1", "auroc"):
            metrics[name].update(logits, batch.targets)
        self.confusion.update(logits, batch.targets)

    @torch.no_grad()
    def shares(self, batch: Batch) -> list[list[float]]:
        """How probable each class is to the network as it is after training, a row a sequence."""
        training = self.training
        self.eval()
        logits = self(batch.inputs.to(self.device), batch.lengths)
        self.train(training)
        shares: list[list[float]] = logits.double().softmax(dim=-1).tolist()
        return shares

    @abstractmethod
    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the class of each text."""

    def answer(self, inputs: Sequence[str]) -> list[Prediction]:
        return self.classify(inputs)

    def line(self, answer: Prediction) -> str:
        """Return label, probability and text in columns, `-` where there is no label."""
        width = max(map(len, self.labels))
        probability = "-" if answer.probability is None else f"{answer.probability:.4f}"
        note = f"({answer.note})  " if answer.note else ""
        return f"{answer.label or '-':<{width}}  {probability:<6}  {note}{' '.join(answer.text.splitlines())}".rstrip()

    def prediction(self, text: str, shares: Sequence[float]) -> Prediction:
        """Make a prediction of the probabilities of the classes."""
        probabilities = dict(zip(self.labels, shares, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        return Prediction(text, label, probabilities[label], probabilities=probabilities)
