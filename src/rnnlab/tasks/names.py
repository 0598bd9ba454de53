"""A language model of names: from `[S]` to `[S]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch

from rnnlab.data.names import fingerprint
from rnnlab.errors import UserError
from rnnlab.tasks.language_model import LanguageModel

LONGEST = 100  # symbols of a name, unless told otherwise


class NamesLM(LanguageModel):
    """Learns items of a few symbols, such as names, and makes up new ones."""

    def sample(
        self,
        count: int,
        prefix: str = "",
        length: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Draw `count` names at once, each until `[S]` or `length` symbols (100), the prefix included.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room within `length`.
        """
        length = LONGEST if length is None else length
        if len(prefix) >= length:
            raise UserError(f"prompt: its {len(prefix)} symbols leave no room for more within length={length}")
        stop = self.vocabulary.start_stop
        known = torch.tensor([[stop, *self.vocabulary.encode(prefix).tolist()]]).repeat(count, 1)  # (B, T)
        drawn, ended = [], torch.zeros(count, dtype=torch.bool, device=self.device)
        for symbols in self.draw(known, length - len(prefix), temperature, top_k, seed):
            drawn.append(symbols.where(~ended, stop))
            ended |= symbols == stop
            if ended.all():
                break
        return [prefix + self.vocabulary.decode(row) for row in torch.stack(drawn, dim=1).tolist()]

    def stream(
        self, prefix: str, length: int | None, temperature: float, top_k: int | None, seed: int
    ) -> Iterator[str]:
        """One name, whole: it is short."""
        yield self.sample(1, prefix, length, temperature, top_k, seed)[0]

    def remark(self, items: Iterable[str]) -> str:
        """How many of the items are new."""
        return f"{self.share_new(items):.0%} of these are not in the training set"

    def share_new(self, items: Iterable[str]) -> float:
        """The share of items that the model was not trained on."""
        known = set(self.card["data"]["training_items"])
        fresh = [fingerprint(item) not in known for item in items]
        return sum(fresh) / len(fresh)
