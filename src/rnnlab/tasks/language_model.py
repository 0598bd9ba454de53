"""Predicting the next symbol: embedding → recurrent layers → linear, and sampling from what was learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.text import Perplexity

from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn import State, build_recurrent
from rnnlab.nn.tied import TiedLinear
from rnnlab.tasks.base import Config, SequenceTask
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.prefix_constraint import Opening
from rnnlab.tasks.sampling import Drawing

PER_CHARACTER = ("loss_per_char", "bits_per_char")


class LossPerCharacter(MeanMetric):
    """The mean loss of a character in nats: that of all predictions over the characters that they stand for.

    Where every symbol is a character it is the mean loss of a symbol, to the bit.
    """

    def update(self, loss: Tensor, predictions: int, characters: int) -> None:  # type: ignore[override]
        """Add predictions with that mean loss, and how many characters they stand for."""
        super().update(loss, predictions)
        self.weight += characters - predictions


class LanguageModel(SequenceTask):
    """A recurrent language model over a vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        self.embedding_dropout = _dropout(model.get("embedding_dropout", 0.0))
        self.encoder = build_recurrent(
            cell,
            model["embedding_size"],
            model["hidden_size"],
            model["num_layers"],
            model["dropout"],
            model["bidirectional"],
        )
        if not self.encoder.causal:
            wrong = "model.bidirectional=true" if model["bidirectional"] else f"cell={cell['name']}"
            raise UserError(f"{wrong} is not for a language model, which would see what it predicts")
        self.dropout = _dropout(model["dropout"])
        tied, size = model.get("tie_weights", False), self.encoder.output_size
        self.head = TiedLinear(size, self.embedding) if tied else nn.Linear(size, len(vocabulary))
        self._carried: dict[bool, State] = {}  # where the last batch ended, of training and of evaluation
        self.measure()

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """From symbols `(B, T)` and a state to logits `(B, T, V)` and the next state."""
        hidden, state = self.encoder(self.embedding_dropout(self.embedding(inputs)), state)  # (B, T, H)
        return self.head(self.dropout(hidden)), state

    def predict(self, batch: Batch) -> Tensor:
        # No lengths: padding stands behind a sequence, where a model that reads forwards cannot see it.
        rows = len(batch.inputs)
        start = _each(lambda part: part[:, :rows], self._carried[self.training]) if batch.continues else None
        logits: Tensor
        logits, state = self(batch.inputs, start)
        # Cut off from the graph that made it: gradients reach back to where a window begins.
        self._carried[self.training] = _each(Tensor.detach, state)
        return logits

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["carried"] = self._carried.get(True)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        if checkpoint["carried"] is not None:
            self._carried[True] = _each(lambda part: part.to(self.device), checkpoint["carried"])

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def count(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        loss, count = self.loss(logits, batch), self.count(batch)
        metrics["loss"].update(loss, count)
        for name in PER_CHARACTER:
            if name in metrics:
                metrics[name].update(loss, count, count if batch.characters is None else batch.characters)
        metrics["perplexity"].update(logits, batch.targets)
        metrics["accuracy"].update(logits.transpose(1, 2), batch.targets)

    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        accuracy = MulticlassAccuracy(len(self.vocabulary), average="micro", ignore_index=IGNORE, validate_args=False)
        return {
            "loss": MeanMetric(),
            "loss_per_char": LossPerCharacter(),
            "perplexity": Perplexity(ignore_index=IGNORE),
            "accuracy": accuracy,
        }

    @torch.inference_mode()
    def draw(
        self, known: Tensor, steps: int, sampling: Sampling, stop: int | None = None, opening: str = ""
    ) -> Iterator[Tensor]:
        """Continue `known` `(B, T)` for `steps` symbols; the state is carried, so each costs the same.

        A row that draws `stop` has ended: it is not computed any further, and goes on as `stop`. When all have
        ended, nothing more is drawn. What is drawn begins with the text `opening`.

        Yields:
            The symbols `(B,)` of each step.
        """
        training = self.training
        self.eval()
        draw = self._drawing(sampling)
        inputs, state = known.to(self.device), None
        going = torch.arange(len(known), device=self.device)  # the rows that have not ended
        begins = Opening(opening, self.vocabulary, len(known))
        try:
            for _ in range(steps):
                logits, state = self(inputs, state)
                if begins.is_written:
                    symbols = draw(logits[:, -1])
                else:
                    symbols = draw(begins.bar(logits[:, -1]))
                    begins.write(symbols)
                if stop is None:
                    yield symbols
                else:
                    yield symbols.new_full((len(known),), stop).index_copy(0, going, symbols)
                    on = (symbols != stop).nonzero()[:, 0]
                    if not len(on):
                        break
                    state = _each(partial(torch.index_select, dim=1, index=on), state)
                    symbols, going = symbols[on], going[on]
                    begins.keep(on)
                inputs = symbols[:, None]
        finally:
            self.train(training)

    def _drawing(self, sampling: Sampling) -> Drawing:
        generator = torch.Generator(device=self.device).manual_seed(sampling.seed)
        names = self.vocabulary.symbols
        silent = [names.index(symbol) for symbol in (PAD, UNKNOWN) if symbol in names]
        silent += range(self.vocabulary.first_label, len(names))
        return Drawing(len(names), sampling.temperature, sampling.top_k, generator, silent)


def _dropout(share: float) -> nn.Module:
    return nn.Dropout(share) if share else nn.Identity()


def _each(change: Callable[[Tensor], Tensor], state: State) -> State:
    """A state all of whose tensors are changed alike."""
    return change(state) if isinstance(state, Tensor) else tuple(map(change, state))
