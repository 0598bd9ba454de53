"""Sampling of symbols from logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

NOISE = 1 << 18  # numbers of noise made at a time: a call into torch costs more than a number
SMALLEST = 1e-38  # 0 has no logarithm


class SymbolSampler:
    """Samples one symbol for each row, step after step, by the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014).

    The symbol with the highest logit, plus noise of Gumbel's distribution times the temperature, has the
    probability that the softmax of logits over temperature gives it. The noise of many steps is made at once, and
    at temperature 0 the likeliest symbol is taken.

    Args:
        symbols: How many the vocabulary has, V.
        temperature: Of the softmax.
        top_k: Sample among that many likeliest symbols only; None for all.
        generator: The source of randomness; the noise lies on its device.
        excluded: Indices of symbols that are never sampled.
    """

    def __init__(
        self,
        symbols: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: torch.Generator | None = None,
        excluded: Sequence[int] = (),
    ) -> None:
        self.temperature = temperature
        self.top_k = top_k if top_k is not None and top_k < symbols - len(excluded) else None
        self.generator = generator
        device = generator.device if generator is not None else torch.device("cpu")
        self.mask = torch.zeros(symbols, device=device)  # added to logits
        self.mask[list(excluded)] = -torch.inf
        self.noise, self.used = self.mask.new_empty(0, symbols), 0

    def __call__(self, logits: Tensor) -> Tensor:
        """Sample the symbols `(B,)` of a step with logits `(B, V)`."""
        if self.used + len(logits) > len(self.noise):
            self._make_noise(len(logits))
        if self.top_k is not None:
            least = (logits + self.mask).topk(self.top_k, dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        begin, self.used = self.used, self.used + len(logits)
        return (logits + self.noise[begin : self.used]).argmax(dim=-1)

    def _make_noise(self, rows: int) -> None:
        """Make the noise of at least so many rows; excluded symbols have noise of minus infinity."""
        rows = max(rows, NOISE // len(self.mask))
        uniform = self.mask.new_empty(rows, len(self.mask)).uniform_(SMALLEST, 1, generator=self.generator)
        # Gumbel's distribution is that of -log(-log(u)); exponential_ would give the inner part, six times as slowly.
        self.noise, self.used = uniform.log_().neg_().log_().mul_(-self.temperature).add_(self.mask), 0
