"""Vectors of words, made of what the words are and of how they are spelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnnlab.errors import UserError
from rnnlab.nn.pooling import pool
from rnnlab.nn.recurrent import Recurrent
from rnnlab.nn.stack import build_recurrent


class WordVectors(nn.Module):
    """A word's own vector, and beside it what recurrent layers have read at the ends of its characters.

    As in Ling et al. (2015) and Plank, Søgaard and Goldberg (2016). Characters are read once for each distinct word of
    a batch, so that frequent words cost nothing; padding has no part in it.

    Attributes:
        words: From indices of words to their own vectors.
        output_size: Units of a word's vector.
    """

    def __init__(
        self, words: int, characters: int, pad: int, cell: Mapping[str, Any], model: Mapping[str, Any]
    ) -> None:
        """Make the weights.

        Args:
            words: Of the vocabulary.
            characters: Of theirs.
            pad: The character that fills a row.
            cell: Which recurrent layers read characters, the node `cell` of a configuration.
            model: Its node `model`: `embedding_size`, `char_embedding_size`, `char_hidden_size` (0 for words that are
                not spelled) and `bidirectional`.

        Raises:
            UserError: The cell cannot have so many units.
        """
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
        """From words `(B, T, 2 + L)` to vectors `(B, T, output_size)`.

        Args:
            inputs: Of each word a number, equal for equal words; its index; and its L characters, padded.
        """
        vectors: Tensor = self.words(inputs[..., 1])
        if self.characters is None:
            return vectors
        distinct, which = torch.unique(inputs[..., 0], return_inverse=True)  # (U,), (B, T)
        places = torch.arange(which.numel(), device=which.device)
        one = places.new_empty(len(distinct)).scatter_(0, which.flatten(), places)  # a place of each, whichever
        spelled = nn.functional.embedding(which, self._spell(self.characters, inputs.flatten(0, 1)[one, 2:]))
        return torch.cat([vectors, spelled], dim=-1)

    def _spell(self, table: nn.Embedding, characters: Tensor) -> Tensor:
        """From the characters of words `(U, L)` to what was read at their ends `(U, C)`."""
        lengths = (characters != self.pad).sum(dim=1).clamp(min=1)  # of what fills a batch it is 0
        letters = table(characters[:, : int(lengths.max())])
        # What reads forwards cannot see the padding behind a word.
        hidden, _ = self.speller(letters, lengths=None if self.speller.causal else lengths)
        return pool(hidden, lengths, "last", self.speller.directions)


def _speller(cell: Mapping[str, Any], model: Mapping[str, Any]) -> Recurrent:
    """The layer that reads characters."""
    size = model["char_hidden_size"]
    try:
        return build_recurrent(cell, model["char_embedding_size"], size, bidirectional=model["bidirectional"])
    except UserError as error:  # which speaks of the sizes that a layer has, whichever key they come from
        raise UserError(f"model.char_hidden_size={size}, the layer that reads characters: {error}") from error
