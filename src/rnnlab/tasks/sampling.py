"""Drawing symbols from logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NOISE = 1 << 18  # numbers that are drawn at a time: a call into torch costs more than a number
SMALLEST = 1e-38  # 0 has no logarithm


class Drawing:
    """Draws one symbol a row, step after step, by the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014).

    The symbol with the highest logit, plus noise of Gumbel's distribution times the temperature, has the
    probability that the softmax of logits over temperature gives it. The noise of many steps is drawn at once, and
    at temperature 0 the likeliest symbol is taken.
    """

    def __init__(
        self,
        symbols: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: torch.Generator | None = None,
        silent: Sequence[int] = (),
    ) -> None:
        """Draw nothing yet.

        Args:
            symbols: Of the vocabulary.
            temperature: Of the softmax.
            top_k: Draw among that many likeliest symbols only.
            generator: Where the randomness comes from; the noise lies on its device.
            silent: Symbols that are never drawn.
        """
        self.temperature = temperature
        self.top_k = top_k if top_k is not None and top_k < symbols - len(silent) else None
        self.generator = generator
        device = generator.device if generator is not None else torch.device("cpu")
        self.barred = torch.zeros(symbols, device=device)
        self.barred[list(silent)] = -torch.inf
        self.noise, self.used = self.barred.new_empty(0, symbols), 0

    def __call__(self, logits: Tensor) -> Tensor:
        """The symbols `(B,)` of a step with logits `(B, V)`."""
        if self.used + len(logits) > len(self.noise):
            self._draw_noise(len(logits))
        if self.top_k is not None:
            least = (logits + self.barred).topk(self.top_k, dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        begin, self.used = self.used, self.used + len(logits)
        return (logits + self.noise[begin : self.used]).argmax(dim=-1)

    def _draw_noise(self, rows: int) -> None:
        """The noise of the next rows, at least so many, with no chance for the silent symbols."""
        rows = max(rows, NOISE // len(self.barred))
        uniform = self.barred.new_empty(rows, len(self.barred)).uniform_(SMALLEST, 1, generator=self.generator)
        # Gumbel's distribution is that of -log(-log(u)); exponential_ would give the inner part, six times as slowly.
        self.noise, self.used = uniform.log_().neg_().log_().mul_(-self.temperature).add_(self.barred), 0
