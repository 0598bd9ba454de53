"""A language model of names: from `[S]` to `[S]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from rnnlab.data.names import fingerprint
from rnnlab.errors import UserError
from rnnlab.tasks.abilities import Sampling
from rnnlab.tasks.language_model import LanguageModel

LONGEST = 100  # symbols of a name, unless told otherwise


class NamesLM(LanguageModel):
    """Learns items of a few symbols, such as names, and makes up new ones."""

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Draw `count` names at once, each until `[S]` or `length` symbols (100), the prefix included.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room within `length`.
        """
        length = LONGEST if sampling.length is None else sampling.length
        symbols = len(self.vocabulary.encode(sampling.prefix))
        if symbols >= length:
            raise UserError(f"prompt: its {symbols} symbols leave no room for more within length={length}")
        stop = self.vocabulary.start_stop
        indices, opening = self.vocabulary.begin(sampling.prefix)
        known = torch.tensor([stop, *indices]).repeat(count, 1)  # (B, T)
        drawn = list(self.draw(known, length - len(indices), sampling, stop, opening))
        rows = torch.stack(drawn, dim=1).tolist()
        ends = [row.index(stop) if stop in row else length for row in rows]
        texts = [row[:end] for row, end in zip(rows, ends, strict=True)]
        return [self.vocabulary.continued(sampling.prefix, indices, row) for row in texts]

    def read(self, text: str, key: str) -> Tensor:
        """`[S]` and the symbols of a name, or of the beginning of one, `(T,)`.

        Raises:
            UserError: It has a symbol that the vocabulary lacks; the line begins with `key`.
        """
        return torch.tensor([self.vocabulary.start_stop, *self.vocabulary.encode(text, key).tolist()])

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """One name, whole: it is short."""
        yield self.sample(1, sampling)[0]

    def remark(self, items: Iterable[str]) -> str:
        """How many of the items are new."""
        return f"{self.share_new(items):.0%} of these are not in the training set"

    def share_new(self, items: Iterable[str]) -> float:
        """The share of items that the model was not trained on."""
        known = set(self.card["data"]["training_items"].tolist())
        fresh = [fingerprint(item) not in known for item in items]
        return sum(fresh) / len(fresh)
