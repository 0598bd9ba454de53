"""The class of a text: embedding → recurrent layers → one vector → linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
)
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

from rnnlab.data.classification import encode, taken_apart
from rnnlab.data.collation import Batch, Collation
from rnnlab.data.prepared import Part
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.data.words import words
from rnnlab.errors import UserError
from rnnlab.nn import build_recurrent
from rnnlab.nn.pooling import pool
from rnnlab.tasks.abilities import Prediction
from rnnlab.tasks.base import Config, SequenceTask

# The standard deviation of untrained word vectors. With torch's 1.0, the many words that are seen only a few times
# keep vectors that are mostly chance, and they drown what the frequent ones have learnt.
WORD_SCALE = 0.1


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


class SentimentClassifier(SequenceTask):
    """Tells the class of a text from its words, characters or sub-words.

    Dropout acts on their vectors, between recurrent layers and on the vector of the whole text.
    """

    unit = "nats per text"

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.labels = tuple(data["labels"])
        self.sequence_length = int(data["sequence_length"])
        self.embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        nn.init.normal_(self.embedding.weight, std=WORD_SCALE)
        self.encoder = build_recurrent(
            cell, model["embedding_size"], model["hidden_size"], model["num_layers"], model["dropout"],
            model["bidirectional"],
        )  # fmt: skip
        self.pooling = str(model["pooling"])
        self.word_dropout = float(model["word_dropout"])
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(self.encoder.output_size, len(self.labels))
        self.confusion = MulticlassConfusionMatrix(len(self.labels), validate_args=False)
        self.measure()

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """From words `(B, T)` and how many of each row are real `(B,)` to logits `(B, classes)`."""
        # What reads forwards cannot see the padding behind a text, and is several times as fast without packing.
        ends = None if self.encoder.causal else lengths
        hidden, _ = self.encoder(self.dropout(self.embedding(inputs)), lengths=ends)  # (B, T, H)
        vector = pool(hidden, lengths, self.pooling, self.encoder.directions)  # (B, H)
        logits: Tensor = self.head(self.dropout(vector))
        return logits

    def predict(self, batch: Batch) -> Tensor:
        logits: Tensor = self(self._without_some(batch.inputs), batch.lengths)
        return logits

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits, batch.targets)

    def count(self, batch: Batch) -> int:
        return len(batch.targets)

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

    def on_validation_epoch_start(self) -> None:
        self.confusion.reset()

    def on_test_epoch_start(self) -> None:
        self.confusion.reset()

    @torch.no_grad()
    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text, as it would be alone; none for a text without any known word."""
        if not texts:
            return []
        tokens = [taken_apart(text, self.vocabulary.level) for text in texts]
        part = Part(encode(tokens, self.vocabulary, self.sequence_length), labels=np.zeros(len(texts), dtype=np.int64))
        batch = Collation(part, self.vocabulary.pad)(np.arange(len(texts)))
        unknown = torch.tensor([self.vocabulary.unknown, self.vocabulary.pad])
        known = (~torch.isin(batch.inputs, unknown)).any(dim=1).tolist()
        training = self.training
        self.eval()
        logits = self(batch.inputs.to(self.device), batch.lengths)
        self.train(training)
        shares = logits.double().softmax(dim=-1).tolist()
        return [self._prediction(*each) for each in zip(texts, known, shares, strict=True)]

    def read(self, text: str, key: str) -> Tensor:
        """The symbols of a text `(T,)`, cut off where training cuts it.

        Raises:
            UserError: It has no words; the line begins with `key`.
        """
        if not words(text):
            raise UserError(f"{key}: {text!r} has no words")
        found = encode([taken_apart(text, self.vocabulary.level)], self.vocabulary, self.sequence_length)
        return torch.from_numpy(found.symbols[: found.sizes[0]].astype(np.int64))

    def _without_some(self, inputs: Tensor) -> Tensor:
        """The symbols `(B, T)` with a share `word_dropout` of them unknown, while training (Iyyer et al. 2015)."""
        if not (self.training and self.word_dropout):
            return inputs
        hidden = torch.rand(inputs.shape, device=inputs.device) < self.word_dropout
        return inputs.masked_fill(hidden, self.vocabulary.unknown)

    def _prediction(self, text: str, known: bool, shares: list[float]) -> Prediction:
        if not (known and words(text)):
            what = {"word": "words", "char": "characters"}.get(self.vocabulary.level, "sub-words")
            return Prediction(text, None, None, f"none of its {what} is known" if words(text) else "the text is empty")
        probabilities = dict(zip(self.labels, shares, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        return Prediction(text, label, probabilities[label], probabilities=probabilities)
