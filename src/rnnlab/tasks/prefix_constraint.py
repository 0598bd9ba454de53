"""Having a model go on with a given text, whichever symbols it takes for it."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.text.vocabulary import Vocabulary


class Opening:
    """Keeps what is drawn to a text until that is written, row by row.

    `mar` may be written as `mar`, as `m` and `ar`, or be the beginning of `mary`: as long as a row has text left to
    write, it may draw any symbol that agrees with that text as far as both reach, and the model chooses.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, rows: int) -> None:
        """Nothing is written yet.

        Args:
            text: What every row begins with, joined of symbols.
            vocabulary: Of the symbols that are drawn.
            rows: How many are drawn at once.
        """
        self.symbols = vocabulary.symbols
        self._writing = frozenset(vocabulary.alphabet)
        self.left = [text] * rows  # of the rows that are still drawn
        self._allowed: dict[str, Tensor] = {}

    @property
    def is_written(self) -> bool:
        """Whether every row may draw what it likes."""
        return not any(self.left)

    def bar(self, logits: Tensor) -> Tensor:
        """Logits `(B, V)` without the symbols that do not agree."""
        allowed = torch.stack([self._agreeing(left) for left in self.left]).to(logits.device)
        return logits.masked_fill(~allowed, -torch.inf)

    def write(self, symbols: Tensor) -> None:
        """Take note of what each row has drawn `(B,)`."""
        drawn = [self.symbols[index] for index in symbols.tolist()]
        self.left = [left[len(symbol) :] for left, symbol in zip(self.left, drawn, strict=True)]

    def keep(self, rows: Tensor) -> None:
        """Only these rows are drawn from now on."""
        self.left = [self.left[row] for row in rows.tolist()]

    def _agreeing(self, left: str) -> Tensor:
        """Which symbols `(V,)` go on with a text; all of them where none does, so that there is one to draw."""
        if left not in self._allowed:
            agree = [
                symbol in self._writing and (symbol.startswith(left) or left.startswith(symbol))
                for symbol in self.symbols
            ]
            self._allowed[left] = torch.tensor(agree if left and any(agree) else [True] * len(agree))
        return self._allowed[left]
