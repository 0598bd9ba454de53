"""Constraining generated symbols to begin with a given text."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.text.vocabulary import Vocabulary


class PrefixConstraint:
    """Masks the symbols with which a row would leave a given text, until the row has written all of it.

    `mar` may be written as `mar`, as `m` and `ar`, or be the beginning of `mary`: as long as a row has text left to
    write, it may sample any symbol that agrees with that text as far as both reach, and the model chooses.

    Args:
        text: The text that every row begins with; a concatenation of symbols.
        vocabulary: Of the sampled symbols.
        rows: How many rows are generated at once.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, rows: int) -> None:
        self.symbols = vocabulary.symbols
        self._alphabet = frozenset(vocabulary.alphabet)
        self.left = [text] * rows  # the text that each row has still to write
        self._agreeing: dict[str, Tensor] = {}

    @property
    def satisfied(self) -> bool:
        """True if every row has written the text and may sample any symbol."""
        return not any(self.left)

    def mask(self, logits: Tensor) -> Tensor:
        """Set the logits `(B, V)` of symbols that do not agree with the text to minus infinity."""
        allowed = torch.stack([self._agreeing_with(left) for left in self.left]).to(logits.device)
        return logits.masked_fill(~allowed, -torch.inf)

    def advance(self, symbols: Tensor) -> None:
        """Cross off what each row has written with its symbol `(B,)`."""
        written = [self.symbols[index] for index in symbols.tolist()]
        self.left = [left[len(symbol) :] for left, symbol in zip(self.left, written, strict=True)]

    def select(self, rows: Tensor) -> None:
        """Keep these rows only."""
        self.left = [self.left[row] for row in rows.tolist()]

    def _agreeing_with(self, left: str) -> Tensor:
        """Return which symbols `(V,)` go on with a text; all where none does, so that there is one to sample."""
        if left not in self._agreeing:
            agree = [
                symbol in self._alphabet and (symbol.startswith(left) or left.startswith(symbol))
                for symbol in self.symbols
            ]
            self._agreeing[left] = torch.tensor(agree if left and any(agree) else [True] * len(agree))
        return self._agreeing[left]
