"""A language model of names: from `[S]` to `[S]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from rnnlab.data.preparation.names import item_hash
from rnnlab.errors import UserError
from rnnlab.tasks.capabilities import Sampling
from rnnlab.tasks.language_model import LanguageModel

LONGEST = 100  # symbols of a name by default


class NamesLM(LanguageModel):
    """Learns items of a few symbols, such as names, and generates new ones.

    Where the vocabulary has labels, an item begins with the symbol of its label instead of `[S]`.
    """

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Sample `count` names at once, each until `[S]` or `length` symbols (100), the prefix included.

        Without a condition, a model with labels samples one for each name, by their share in training, and adds it:
        `emma (F)`.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room within `length`; the model
                knows no such label, or none at all.
        """
        length = LONGEST if sampling.length is None else sampling.length
        prefix_length = len(self.vocabulary.encode(sampling.prefix))
        if prefix_length >= length:
            raise UserError(f"prompt: its {prefix_length} symbols leave no room for more within length={length}")
        stop = self.vocabulary.start_stop
        indices, rest = self.vocabulary.begin(sampling.prefix)
        starts = self._starts(count, sampling)
        known = torch.cat([starts[:, None], torch.tensor(indices, dtype=torch.long).repeat(count, 1)], dim=1)  # (B, T)
        symbols = list(self.sample_symbols(known, length - len(indices), sampling, stop, rest))
        rows = torch.stack(symbols, dim=1).tolist()
        ends = [row.index(stop) if stop in row else length for row in rows]
        names = [
            self.vocabulary.continued(sampling.prefix, indices, row[:end]) for row, end in zip(rows, ends, strict=True)
        ]
        if not self.vocabulary.labels or sampling.condition is not None:
            return names
        return [f"{name}{self._label_suffix(start)}" for name, start in zip(names, starts.tolist(), strict=True)]

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a name or the beginning of one as `(T,)`: `[S]`, or the most frequent label, then its symbols.

        Raises:
            UserError: The name has a symbol that the vocabulary lacks; the line begins with `key`.
        """
        start = int(self.label_shares().argmax()) + self.vocabulary.first_label if self.vocabulary.labels else None
        first = self.vocabulary.start_stop if start is None else start
        return torch.tensor([first, *self.vocabulary.encode(text, key).tolist()])

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """Yield one name, whole: it is short."""
        yield self.sample(1, sampling)[0]

    def remark(self, items: Iterable[str]) -> str:
        """Return a sentence on how many of the items are new."""
        return f"{self.share_new(items):.0%} of these are not in the training set"

    def share_new(self, items: Iterable[str]) -> float:
        """Return the share of items that the model was not trained on, whatever their label."""
        known = set(self.card["data"]["training_items"].tolist())
        new = [item_hash(self._without_label(item)) not in known for item in items]
        return sum(new) / len(new)

    def _starts(self, count: int, sampling: Sampling) -> Tensor:
        """Return the first symbols `(count,)` of names."""
        vocabulary, wanted = self.vocabulary, sampling.condition
        if wanted is None and vocabulary.labels:
            random = torch.Generator().manual_seed(sampling.seed)
            return (
                torch.multinomial(self.label_shares(), count, replacement=True, generator=random)
                + vocabulary.first_label
            )
        if wanted is None:
            return torch.full((count,), vocabulary.start_stop)
        if not vocabulary.labels:
            raise UserError(f"condition={wanted}: the model was trained without labels (model.condition)")
        if wanted not in vocabulary.labels:
            raise UserError(
                f"condition={wanted}: the model knows no such label; it knows {', '.join(vocabulary.labels)}"
            )
        return torch.full((count,), vocabulary.first_label + vocabulary.labels.index(wanted))

    def label_shares(self) -> Tensor:
        """Return how often each label occurs in training."""
        counts = self.card["data"]["labels_of_training"]
        return torch.tensor([float(counts.get(label, 0)) for label in self.vocabulary.labels])

    def _label_suffix(self, start: int) -> str:
        return f" ({self.vocabulary.labels[start - self.vocabulary.first_label]})"

    def _without_label(self, item: str) -> str:
        ends = [f" ({label})" for label in self.vocabulary.labels]
        return next((item.removesuffix(end) for end in ends if item.endswith(end)), item)
