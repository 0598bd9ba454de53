"""A language model of a text: characters, words or sub-words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from rnnlab.errors import UserError
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.language_model import LanguageModel, LossPerCharacter

LENGTH = 200  # symbols that are generated, unless told otherwise


class BitsPerCharacter(LossPerCharacter):
    """The mean loss of a character in bits instead of nats."""

    def compute(self) -> Tensor:
        return super().compute() / math.log(2)


class CharRNN(LanguageModel):
    """Predicts each symbol of a text from all before it, and continues a text of its own."""

    def new_metrics(self) -> dict[str, Metric | MetricCollection]:
        return {**super().new_metrics(), "bits_per_char": BitsPerCharacter()}

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Continue a text `count` times at once by `length` symbols (200); the prefix is part of each.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks.
        """
        prefix = sampling.prefix
        indices, symbols = self._continue(count, sampling)
        rows = torch.stack(list(symbols), dim=1).tolist()
        return [self.vocabulary.continued(prefix, indices, row) for row in rows]

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """The pieces of one continued text as they are drawn, the prefix first.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks.
        """
        indices, symbols = self._continue(1, sampling)
        return self.vocabulary.continuing(sampling.prefix, indices, (int(symbol) for symbol in symbols))

    def _continue(self, count: int, sampling: Sampling) -> tuple[list[int], Iterator[Tensor]]:
        """What of the prefix is read, and the symbols `(count,)` of each step behind that."""
        if sampling.condition is not None:
            raise UserError(f"condition={sampling.condition}: a model of task=chars has no labels; one of names may")
        indices, rest = self.vocabulary.begin(sampling.prefix)
        length = LENGTH if sampling.length is None else sampling.length
        if rest:  # the rest of the prefix is sampled as well, and `length` counts only what follows
            length += len(self.vocabulary.encode(sampling.prefix)) - len(indices)
        known = self._or_start(indices).repeat(count, 1)
        return indices, self.sample_symbols(known, length, sampling, prefix=rest)

    def remark(self, items: Iterable[str]) -> str:
        """Nothing to say."""
        return ""

    def encode_text(self, text: str, key: str) -> Tensor:
        """The symbols of a text `(T,)`; where there is none, what a new line or the first symbol would be.

        Raises:
            UserError: It has a symbol that the vocabulary lacks; the line begins with `key`.
        """
        return self._or_start(self.vocabulary.encode(text, key).tolist())

    def _or_start(self, indices: list[int]) -> Tensor:
        try:
            start = [] if indices else self.vocabulary.encode("\n").tolist()
        except UserError:  # a text of one line
            start = []
        return torch.tensor(indices or start or [0])
