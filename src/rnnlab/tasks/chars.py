"""A language model of a text: characters, or words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torchmetrics import MeanMetric, Metric, MetricCollection

from rnnlab.data.collation import Batch
from rnnlab.tasks.abilities import Sampling
from rnnlab.tasks.language_model import LanguageModel

LENGTH = 200  # symbols that are generated, unless told otherwise


class BitsPerCharacter(MeanMetric):
    """The mean loss in bits instead of nats."""

    def compute(self) -> Tensor:
        return super().compute() / math.log(2)


class CharRNN(LanguageModel):
    """Predicts each symbol of a text from all before it, and continues a text of its own."""

    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        bits = {"bits_per_char": BitsPerCharacter()} if self.vocabulary.level == "char" else {}
        return {**super().new_metrics(), **bits}

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        super().update(metrics, logits, batch)
        if "bits_per_char" in metrics:
            metrics["bits_per_char"].update(self.loss(logits, batch), self.count(batch))

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Continue a text `count` times at once by `length` symbols (200); the prefix is part of each.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks.
        """
        prefix = sampling.prefix
        drawn = list(self.draw(self.read(prefix, "prompt").repeat(count, 1), _length(sampling), sampling))
        rows = torch.stack(drawn, dim=1).tolist()
        joint = self._joint if prefix else ""
        return [prefix + joint + self.vocabulary.decode(row) for row in rows]

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """The pieces of one continued text as they are drawn, the prefix first.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks.
        """
        known = self.read(sampling.prefix, "prompt")[None]
        yield sampling.prefix
        for number, symbols in enumerate(self.draw(known, _length(sampling), sampling)):
            joint = self._joint if sampling.prefix or number else ""
            yield joint + self.vocabulary.decode(symbols.tolist())

    def remark(self, items: Iterable[str]) -> str:
        """Nothing to say."""
        return ""

    def read(self, text: str, key: str) -> Tensor:
        """The symbols of a text `(T,)`; where there is none, what a new line or the first symbol would be.

        Raises:
            UserError: It has a symbol that the vocabulary lacks; the line begins with `key`.
        """
        indices = self.vocabulary.encode(text, key).tolist()
        start = self.vocabulary.symbols.index("\n") if "\n" in self.vocabulary.symbols else 0
        return torch.tensor(indices or [start])

    @property
    def _joint(self) -> str:
        """What stands between two symbols."""
        return " " if self.vocabulary.level == "word" else ""


def _length(sampling: Sampling) -> int:
    return LENGTH if sampling.length is None else sampling.length
