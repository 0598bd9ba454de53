"""A language model of names: from `[S]` to `[S]`."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from rnnlab.data.names import fingerprint
from rnnlab.errors import UserError
from rnnlab.tasks.language_model import LanguageModel, choose


class NamesLM(LanguageModel):
    """Learns items of a few symbols, such as names, and makes up new ones."""

    @torch.no_grad()
    def sample(
        self,
        count: int,
        prefix: str = "",
        length: int = 100,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Draw `count` names at once, each until `[S]` or `length` symbols, the prefix included.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room within `length`.
        """
        if len(prefix) >= length:
            raise UserError(f"prompt: its {len(prefix)} symbols leave no room for more within length={length}")
        training = self.training
        self.eval()
        generator = torch.Generator(device=self.device).manual_seed(seed)
        stop = self.vocabulary.start_stop
        known = [stop, *self.vocabulary.encode(prefix).tolist()]
        inputs = torch.tensor([known], device=self.device).repeat(count, 1)  # (B, T)
        state, drawn = None, []
        ended = torch.zeros(count, dtype=torch.bool, device=self.device)
        for _ in range(length - len(prefix)):
            logits, state = self(inputs, state)
            logits[..., self.vocabulary.pad] = -torch.inf
            symbols = choose(logits[:, -1], temperature, top_k, generator).where(~ended, stop)
            drawn.append(symbols)
            ended |= symbols == stop
            if ended.all():
                break
            inputs = symbols[:, None]
        self.train(training)
        rows = torch.stack(drawn, dim=1).tolist()
        return [prefix + self.vocabulary.decode(row) for row in rows]

    def share_new(self, items: Iterable[str]) -> float:
        """The share of items that the model was not trained on."""
        known = set(self.card["training_items"].tolist())
        fresh = [fingerprint(item) not in known for item in items]
        return sum(fresh) / len(fresh)
