"""Predicting the next symbol: embedding → recurrent layers → linear, and sampling from what was learned."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy
from torchmetrics.text import Perplexity

from rnnlab.data.collation import IGNORE, Batch
from rnnlab.data.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn import State, build_recurrent
from rnnlab.tasks.abilities import Sampling
from rnnlab.tasks.base import Config, SequenceTask

COLDEST = 1e-6  # a temperature below it would divide by zero in float32


class LanguageModel(SequenceTask):
    """A recurrent language model over a vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
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
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(self.encoder.output_size, len(vocabulary))
        self._carried: dict[bool, State] = {}  # where the last batch ended, of training and of evaluation
        self.measure()

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """From symbols `(B, T)` and a state to logits `(B, T, V)` and the next state."""
        hidden, state = self.encoder(self.embedding(inputs), state)  # (B, T, H)
        return self.head(self.dropout(hidden)), state

    def predict(self, batch: Batch) -> Tensor:
        # No lengths: padding stands behind a sequence, where a model that reads forwards cannot see it.
        start = _rows(self._carried[self.training], len(batch.inputs)) if batch.continues else None
        logits: Tensor
        logits, state = self(batch.inputs, start)
        self._carried[self.training] = _rows(state, len(batch.inputs))
        return logits

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def count(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        metrics["perplexity"].update(logits, batch.targets)
        metrics["accuracy"].update(logits.transpose(1, 2), batch.targets)

    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        accuracy = MulticlassAccuracy(len(self.vocabulary), average="micro", ignore_index=IGNORE, validate_args=False)
        return {"loss": MeanMetric(), "perplexity": Perplexity(ignore_index=IGNORE), "accuracy": accuracy}

    @torch.no_grad()
    def draw(self, known: Tensor, steps: int, sampling: Sampling) -> Iterator[Tensor]:
        """Continue `known` `(B, T)` for `steps` symbols; the state is carried, so each costs the same.

        Yields:
            The symbols `(B,)` of each step.
        """
        training = self.training
        self.eval()
        generator = torch.Generator(device=self.device).manual_seed(sampling.seed)
        inputs, state = known.to(self.device), None
        try:
            for _ in range(steps):
                logits, state = self(inputs, state)
                symbols = choose(self.mask(logits[:, -1]), sampling.temperature, sampling.top_k, generator)
                yield symbols
                inputs = symbols[:, None]
        finally:
            self.train(training)

    def mask(self, logits: Tensor) -> Tensor:
        """Logits `(B, V)` in which symbols that are never to be drawn have no chance."""
        for silent in {PAD, UNKNOWN} & set(self.vocabulary.symbols):
            logits[:, self.vocabulary.symbols.index(silent)] = -torch.inf
        return logits


def _rows(state: State, count: int) -> State:
    """The state of the first rows, cut off from the graph that made it."""
    if isinstance(state, Tensor):
        return state[:, :count].detach()
    return tuple(part[:, :count].detach() for part in state)


def choose(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw one symbol a row from logits `(B, V)`, as `(B,)`.

    Args:
        logits: Unnormalised log probabilities.
        temperature: They are divided by it first; 0, or next to it, takes the likeliest symbol.
        top_k: Draw among that many likeliest symbols only.
        generator: Where the randomness comes from.
    """
    logits = logits.nan_to_num(neginf=-torch.inf)  # a model whose logits overflow still draws something
    if temperature < COLDEST:
        return logits.argmax(dim=-1)
    if top_k is not None and top_k < logits.shape[-1]:
        least = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    logits = logits - logits.max(dim=-1, keepdim=True).values  # so that a tiny temperature cannot overflow
    return torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)[:, 0]
