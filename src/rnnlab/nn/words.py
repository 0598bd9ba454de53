"""Vectors of words from the words themselves and from their characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.errors import UserError
from rnnlab.nn.flops import declared_flops
from rnnlab.nn.pooling import pool
from rnnlab.nn.recurrent import Recurrent
from rnnlab.nn.stack import build_recurrent


class WordVectors(nn.Module):
    """Embeds a word, and beside it the final outputs of recurrent layers that read its characters.

    As in Ling et al. (2015) and Plank, Søgaard and Goldberg (2016). Characters are read once for each distinct word of
    a batch, so that repeated words cost nothing; padding has no part in it.

    Attributes:
        words: The embedding of words.
        output_size: Units of a word's vector.

    Args:
        words: Size of the vocabulary of words.
        characters: Size of the vocabulary of characters.
        pad: The character that fills a row.
        cell: The node `cell` of a configuration, which says the recurrent layers that read characters.
        model: Its node `model`: `embedding_size`, `char_embedding_size`, `char_hidden_size` (0 for words without their
            characters) and `bidirectional`.

    Raises:
        UserError: The cell cannot have so many units.
    """

    def __init__(
        self, words: int, characters: int, pad: int, cell: Mapping[str, Any], model: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.pad = pad
        self.words = nn.Embedding(words, model["embedding_size"])
        self.output_size = int(model["embedding_size"])
        self.characters: nn.Embedding | None = None
        if model["char_hidden_size"]:
            self.characters = nn.Embedding(characters, model["char_embedding_size"], padding_idx=pad)
            self.speller = _speller(cell, model)
            self.output_size += self.speller.output_size

    def forward(self, inputs: Tensor) -> Tensor:
        """Embed words.

        Args:
            inputs: `(B, T, 2 + L)`: of each word a number, equal for equal words; its index; its L characters, padded.

        Returns:
            `(B, T, output_size)`.
        """
        vectors: Tensor = self.words(inputs[..., 1])
        if self.characters is None:
            return vectors
        distinct, which = torch.unique(inputs[..., 0], return_inverse=True)  # (U,), (B, T)
        places = torch.arange(which.numel(), device=which.device)
        place = places.new_empty(len(distinct)).scatter_(0, which.flatten(), places)  # one place of each distinct word
        spelled = nn.functional.embedding(which, self._spell(self.characters, inputs.flatten(0, 1)[place, 2:]))
        return torch.cat([vectors, spelled], dim=-1)

    def flops(self, letters: int) -> float | None:
        """Return the operations of embedding a word of so many characters, as if no word repeated another."""
        return 0 if self.characters is None else declared_flops(self.speller, letters)

    def _spell(self, table: nn.Embedding, characters: Tensor) -> Tensor:
        """Read the characters of words `(U, L)` and return the outputs at their ends `(U, C)`."""
        lengths = (characters != self.pad).sum(dim=1).clamp(min=1)  # padding has none
        letters = table(characters[:, : int(lengths.max())])
        # What reads forwards cannot see the padding behind a word.
        hidden, _ = self.speller(letters, lengths=None if self.speller.causal else lengths)
        return pool(hidden, lengths, "last", self.speller.directions)


def _speller(cell: Mapping[str, Any], model: Mapping[str, Any]) -> Recurrent:
    """Build the layer that reads characters."""
    size = model["char_hidden_size"]
    try:
        return build_recurrent(cell, model["char_embedding_size"], size, bidirectional=model["bidirectional"])
    except UserError as error:  # it names the layer's sizes, and not the keys that they come from here
        raise UserError(f"model.char_hidden_size={size}, the layer that reads characters: {error}") from error


def drop_words(words: Tensor, share: float, unknown: int) -> Tensor:
    """Replace a share of the words `(B, T)`, drawn at random, by the index `unknown` (Iyyer et al. 2015)."""
    dropped = torch.rand(words.shape, device=words.device) < share
    return words.masked_fill(dropped, unknown)
