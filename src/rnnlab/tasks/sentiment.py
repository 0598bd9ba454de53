"""The class of a text: embedding → recurrent layers → one vector → linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.classification import encode, taken_apart
from rnnlab.data.prepared import Part
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.data.text.words import words
from rnnlab.errors import UserError
from rnnlab.tasks.base import Config
from rnnlab.tasks.classifier import Classifier
from rnnlab.tasks.predictions import Prediction

# The standard deviation of untrained word vectors. With torch's 1.0, the many words that are seen only a few times
# keep vectors that are mostly chance, and they drown what the frequent ones have learnt.
WORD_SCALE = 0.1


class SentimentClassifier(Classifier):
    """Tells the class of a text from its words, characters or sub-words.

    Dropout acts on their vectors, between recurrent layers and on the vector of the whole text.
    """

    unit = "nats per text"

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        nn.init.normal_(embedding.weight, std=WORD_SCALE)
        super().__init__(embedding, model["embedding_size"], data["labels"], model, cell, optimizer, scheduler)
        self.vocabulary = vocabulary
        self.sequence_length = int(data["sequence_length"])
        self.word_dropout = float(model["word_dropout"])

    def vectors(self, inputs: Tensor) -> Tensor:
        vectors: Tensor = self.dropout(super().vectors(inputs))
        return vectors

    def predict(self, batch: Batch) -> Tensor:
        return super().predict(batch._replace(inputs=self._without_some(batch.inputs)))

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """A prediction for each text, as it would be alone; none for a text without any known word."""
        if not texts:
            return []
        tokens = [taken_apart(text, self.vocabulary.level) for text in texts]
        part = Part(encode(tokens, self.vocabulary, self.sequence_length), labels=np.zeros(len(texts), dtype=np.int64))
        batch = Collation(part, self.vocabulary.pad)(np.arange(len(texts)))
        unknown = torch.tensor([self.vocabulary.unknown, self.vocabulary.pad])
        known = (~torch.isin(batch.inputs, unknown)).any(dim=1).tolist()
        return [self._prediction(*each) for each in zip(texts, known, self.shares(batch), strict=True)]

    def encode_text(self, text: str, key: str) -> Tensor:
        """The symbols of a text `(T,)`, cut off where training cuts it.

        Raises:
            UserError: It has no words; the line begins with `key`.
        """
        if not words(text):
            raise UserError(f"{key}: {text!r} has no words")
        found = encode([taken_apart(text, self.vocabulary.level)], self.vocabulary, self.sequence_length)
        return torch.from_numpy(found.symbols[: found.sizes[0]].astype(np.int64))

    def _without_some(self, inputs: Tensor) -> Tensor:
        """The symbols `(B, T)` with a share `word_dropout` of them unknown, while training (Iyyer et al. 2015)."""
        if not (self.training and self.word_dropout):
            return inputs
        hidden = torch.rand(inputs.shape, device=inputs.device) < self.word_dropout
        return inputs.masked_fill(hidden, self.vocabulary.unknown)

    def _prediction(self, text: str, known: bool, shares: list[float]) -> Prediction:
        if not (known and words(text)):
            what = {"word": "words", "char": "characters"}.get(self.vocabulary.level, "sub-words")
            return Prediction(text, None, None, f"none of its {what} is known" if words(text) else "the text is empty")
        return self.prediction(text, shares)
