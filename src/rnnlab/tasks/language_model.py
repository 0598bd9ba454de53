"""Predicting the next symbol: embedding → recurrent layers → linear, and sampling from the model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics import Metric as Measured
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.text import Perplexity

from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.prepared import Part
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.nn import State
from rnnlab.nn.encoder import build_causal_encoder
from rnnlab.nn.flops import declared_flops, linear_flops, total_flops
from rnnlab.nn.modes import evaluation_mode
from rnnlab.nn.recurrent import map_state
from rnnlab.nn.tied import TiedLinear
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.chance import (
    OF_TRAINING,
    SYMBOL_FREQUENCIES,
    cross_entropy,
    most_frequent_accuracy,
    predicted_characters,
    predicted_symbols,
)
from rnnlab.tasks.generation.prefix_constraint import PrefixConstraint
from rnnlab.tasks.generation.sampling import SymbolSampler
from rnnlab.tasks.items import ItemFigures, classified_steps

# The symbols of two runs are of one kind where these are equal: only then is a symbol as hard to predict in both.
SYMBOLS = ("data.level", "data.min_count", "data.vocab_size", "data.tokenizer")


class LossPerCharacter(MeanMetric):
    """The mean loss per character in nats: the loss of all predictions divided by the characters that they stand for.

    Where every symbol is a character it equals the mean loss per symbol, to the bit.
    """

    def update(self, loss: Tensor, predictions: int, characters: int) -> None:  # type: ignore[override]
        """Add predictions with that mean loss, and how many characters they stand for."""
        super().update(loss, predictions)
        self.weight += characters - predictions


class LanguageModel(SequenceTask):
    """A recurrent language model over a vocabulary."""

    chance_model = SYMBOL_FREQUENCIES + OF_TRAINING

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        self.embedding_dropout = _dropout(model.get("embedding_dropout", 0.0))
        use = "a language model, which would see what it predicts"
        self.encoder = build_causal_encoder(cell, model, model["embedding_size"], use)
        self.dropout = _dropout(model["dropout"])
        tied, size = model.get("tie_weights", False), self.encoder.output_size
        self.head = TiedLinear(size, self.embedding) if tied else nn.Linear(size, len(vocabulary))
        self._carried: dict[bool, State] = {}  # the final states of the last batch of training and of evaluation
        self.build_metrics()

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Compute the logits `(B, T, V)` and the next state from symbols `(B, T)` and a state."""
        hidden, state = self.encoder(self.embedding_dropout(self.embedding(inputs)), state)  # (B, T, H)
        return self.head(self.dropout(hidden)), state

    def flops(self, steps: int) -> float | None:
        return total_flops((1, declared_flops(self.encoder, steps)), (steps, linear_flops(self.head)))

    def outputs(self, batch: Batch) -> Tensor:
        # No lengths: padding stands behind a sequence, where a model that reads forwards cannot see it.
        first, rows = batch.first or 0, len(batch.inputs)
        before = self._carried.get(self.training)
        start = None
        if batch.continues:
            assert before is not None
            start = map_state(lambda part: part[:, first : first + rows], before)
        logits: Tensor
        logits, state = self(batch.inputs, start)
        # Detached from the graph, so that gradients reach back to where a window begins.
        state = map_state(Tensor.detach, state)
        self._carried[self.training] = _with_piece(before, state, batch)
        return logits

    def carried(self) -> State | None:
        return self._carried.get(True)

    def carry(self, carried: State | None) -> None:
        self.forget_carried()
        if carried is not None:
            self._carried[True] = map_state(lambda part: part.to(self.device), carried)

    def forget_carried(self) -> None:
        self._carried.pop(True, None)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["carried"] = self.carried()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.carry(checkpoint["carried"])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def count(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        loss, count = self.loss(logits, batch), self.count(batch)
        metrics["loss"].update(loss, count)
        for metric in metrics.values():
            if isinstance(metric, LossPerCharacter):
                metric.update(loss, count, count if batch.characters is None else batch.characters)
        metrics["perplexity"].update(logits, batch.targets)
        metrics["accuracy"].update(logits.transpose(1, 2), batch.targets)

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return classified_steps(outputs, batch.targets)

    def declare_metrics(self) -> dict[Metric, Measured]:
        hint, unigram = "the share of symbols that are predicted", SYMBOL_FREQUENCIES
        accuracy = MulticlassAccuracy(len(self.vocabulary), average="micro", ignore_index=IGNORE, validate_args=False)
        return {
            ranking_loss("nats per token", comparable_at=SYMBOLS, chance=unigram): MeanMetric(),
            ranking_loss("nats per character", key="loss_per_char", chance=unigram): LossPerCharacter(),
            Metric("perplexity", "test perplexity", shown="results", chance=unigram): Perplexity(ignore_index=IGNORE),
            share("accuracy", "test accuracy", hint, shown="summary", chance="most frequent symbol"): accuracy,
        }

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the unigram model of the training part reaches; ends of items are symbols of it."""
        known, counts = (predicted_symbols(one, len(self.vocabulary)) for one in (train, part))
        possible = np.ones(len(self.vocabulary), dtype=bool)  # to be a target
        possible[self.vocabulary.first_label :] = False
        possible[[index for index, symbol in enumerate(self.vocabulary.symbols) if symbol == PAD]] = False
        known, counts = known[possible], counts[possible]
        loss, predictions = cross_entropy(counts, known), int(counts.sum())
        return {
            "loss": loss,
            "loss_per_char": loss * predictions / predicted_characters(part, predictions),
            "perplexity": math.exp(loss),
            "accuracy": most_frequent_accuracy(counts, known),
        }

    @torch.inference_mode()
    def sample_symbols(
        self, known: Tensor, steps: int, sampling: Sampling, stop: int | None = None, prefix: str = ""
    ) -> Iterator[Tensor]:
        """Sample the symbols that follow `known`; the state is carried, so each step costs the same.

        A row that samples `stop` has ended: it is computed no further, and goes on as `stop`. Sampling ends when all
        rows have ended.

        Args:
            known: `(B, T)` symbols.
            steps: The most symbols that are sampled.
            sampling: Temperature, top-k and seed.
            stop: The symbol that ends a row; None for no such symbol.
            prefix: A text with which the sampled symbols of every row begin.

        Yields:
            The symbols `(B,)` of each step.
        """
        sample = self._sampler(sampling)
        inputs, state = known.to(self.device), None
        going = torch.arange(len(known), device=self.device)  # the rows that have not ended
        constraint = PrefixConstraint(prefix, self.vocabulary, len(known))
        with evaluation_mode(self):
            for _ in range(steps):
                logits, state = self(inputs, state)
                if constraint.satisfied:
                    symbols = sample(logits[:, -1])
                else:
                    symbols = sample(constraint.mask(logits[:, -1]))
                    constraint.advance(symbols)
                if stop is None:
                    yield symbols
                else:
                    yield symbols.new_full((len(known),), stop).index_copy(0, going, symbols)
                    on = (symbols != stop).nonzero()[:, 0]
                    if not len(on):
                        break
                    state = map_state(partial(torch.index_select, dim=1, index=on), state)
                    symbols, going = symbols[on], going[on]
                    constraint.select(on)
                inputs = symbols[:, None]

    def _sampler(self, sampling: Sampling) -> SymbolSampler:
        generator = torch.Generator(device=self.device).manual_seed(sampling.seed)
        names = self.vocabulary.symbols
        excluded = [names.index(symbol) for symbol in (PAD, UNKNOWN) if symbol in names]
        excluded += range(self.vocabulary.first_label, len(names))
        return SymbolSampler(len(names), sampling.temperature, sampling.top_k, generator, excluded)


def _with_piece(before: State | None, state: State, batch: Batch) -> State:
    """Return the state of a whole batch, of which a piece has just been read; the other rows stay as they were."""
    first = batch.first
    if first is None or (first == 0 and not batch.continues):
        return state
    assert before is not None
    old, new = ((part,) if isinstance(part, Tensor) else part for part in (before, state))
    behind = first + new[0].shape[1] if batch.continues else old[0].shape[1]
    parts = tuple(torch.cat([a[:, :first], b, a[:, behind:]], dim=1) for a, b in zip(old, new, strict=True))
    return parts[0] if isinstance(state, Tensor) else parts


def _dropout(share: float) -> nn.Module:
    return nn.Dropout(share) if share else nn.Identity()
