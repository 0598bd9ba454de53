"""Drawing symbols from logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NOISE = 1 << 18  # numbers that are drawn at a time: a call into torch costs more than a number


class Drawing:
    """Draws one symbol a row, step after step, by the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014).

    The symbol with the highest logit, plus noise of Gumbel's distribution times the temperature, has the
    probability that the softmax of logits over temperature gives it. The noise of many steps is drawn at once, and
    at temperature 0 the likeliest symbol is taken.
    """

    def __init__(
        self,
        rows: int,
        symbols: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: torch.Generator | None = None,
        silent: Sequence[int] = (),
    ) -> None:
        """Draw nothing yet.

        Args:
            rows: Symbols of a step.
            symbols: Of the vocabulary.
            temperature: Of the softmax.
            top_k: Draw among that many likeliest symbols only.
            generator: Where the randomness comes from; the noise lies on its device.
            silent: Symbols that are never drawn.
        """
        self.shape = rows, symbols
        self.temperature = temperature
        self.top_k = top_k if top_k is not None and top_k < symbols - len(silent) else None
        self.generator = generator
        self.device = generator.device if generator is not None else torch.device("cpu")
        self.barred = torch.zeros(symbols, device=self.device)
        self.barred[list(silent)] = -torch.inf
        self.ready: list[Tensor] = []

    def __call__(self, logits: Tensor) -> Tensor:
        """The symbols `(B,)` of a step with logits `(B, V)`."""
        if not self.ready:
            self.ready = self._noise()
        if self.top_k is not None:
            least = (logits + self.barred).topk(self.top_k, dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        return (logits + self.ready.pop()).argmax(dim=-1)

    def _noise(self) -> list[Tensor]:
        """The noise of the next steps, each `(B, V)`, with no chance for the silent symbols."""
        steps = max(1, NOISE // (self.shape[0] * self.shape[1]))
        waiting = torch.empty(steps, *self.shape, device=self.device).exponential_(generator=self.generator)
        return list((waiting.log_().mul_(-self.temperature) + self.barred).unbind())
