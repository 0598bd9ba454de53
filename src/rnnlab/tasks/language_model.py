"""Predicting the next symbol: embedding → recurrent layers → linear, and sampling from what was learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.text import Perplexity

from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn import State, build_recurrent
from rnnlab.tasks.base import Config, SequenceTask


class LanguageModel(SequenceTask):
    """A recurrent language model over a vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        if model["bidirectional"]:
            raise UserError("model.bidirectional must be false for a language model: it would see what it predicts")
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        self.encoder = build_recurrent(
            cell, model["embedding_size"], model["hidden_size"], model["num_layers"], model["dropout"]
        )
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(self.encoder.output_size, len(vocabulary))
        self.val_metrics = self._new_metrics("val/")
        self.test_metrics = self._new_metrics("test/")

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """From symbols `(B, T)` and a state to logits `(B, T, V)` and the next state."""
        hidden, state = self.encoder(self.embedding(inputs), state)  # (B, T, H)
        return self.head(self.dropout(hidden)), state

    def predict(self, batch: Batch) -> Tensor:
        # No lengths: padding stands behind a sequence, where a model that reads forwards cannot see it.
        return self(batch.inputs)[0]  # type: ignore[no-any-return]

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def count(self, batch: Batch) -> Tensor:
        return batch.lengths.sum()

    def metrics_of(self, part: str) -> MetricCollection:
        return self.val_metrics if part == "val" else self.test_metrics

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        metrics["perplexity"].update(logits, batch.targets)
        metrics["accuracy"].update(logits.transpose(1, 2), batch.targets)

    def _new_metrics(self, prefix: str) -> MetricCollection:
        accuracy = MulticlassAccuracy(len(self.vocabulary), average="micro", ignore_index=IGNORE, validate_args=False)
        metrics: dict[str, Metric | MetricCollection] = {
            "loss": MeanMetric(),
            "perplexity": Perplexity(ignore_index=IGNORE),
            "accuracy": accuracy,
        }
        return MetricCollection(metrics, prefix=prefix, compute_groups=False)


def choose(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw one symbol a row from logits `(B, V)`, as `(B,)`.

    Args:
        logits: Unnormalised log probabilities.
        temperature: They are divided by it first; 0 takes the likeliest symbol.
        top_k: Draw among that many likeliest symbols only.
        generator: Where the randomness comes from.
    """
    logits = logits.nan_to_num(neginf=-torch.inf)  # a model whose logits overflow still draws something
    if temperature == 0:
        return logits.argmax(dim=-1)
    if top_k is not None and top_k < logits.shape[-1]:
        least = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    logits = logits - logits.max(dim=-1, keepdim=True).values  # so that a tiny temperature cannot overflow
    return torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)[:, 0]
