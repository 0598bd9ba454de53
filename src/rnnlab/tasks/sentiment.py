"""The class of a text: embedding → recurrent layers → one vector → linear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.encoded_texts import encode, tokens_of
from rnnlab.data.prepared import Part
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.data.text.words import words
from rnnlab.errors import UserError
from rnnlab.nn.words import drop_words
from rnnlab.tasks.base import Config
from rnnlab.tasks.classifier import Classifier
from rnnlab.tasks.predictions import Prediction

# The standard deviation of untrained word vectors. With torch's 1.0, the many words that are seen only a few times
# keep vectors that are mostly chance, and they drown what the frequent ones have learnt.
WORD_SCALE = 0.1


class SentimentClassifier(Classifier):
    """Predicts the class of a text from its words, characters or sub-words.

    Dropout acts on their vectors, between recurrent layers and on the vector of the whole text.
    """

    loss_unit = "nats per text"

    def __init__(self, vocabulary: Vocabulary, data: Config, model: Config, **nodes: Config) -> None:
        embedding = nn.Embedding(len(vocabulary), model["embedding_size"])
        nn.init.normal_(embedding.weight, std=WORD_SCALE)
        super().__init__(embedding, model["embedding_size"], data["labels"], model=model, **nodes)
        self.vocabulary = vocabulary
        self.sequence_length = int(data["sequence_length"])
        self.word_dropout = float(model["word_dropout"])

    def vectors(self, inputs: Tensor) -> Tensor:
        vectors: Tensor = self.dropout(super().vectors(inputs))
        return vectors

    def outputs(self, batch: Batch) -> Tensor:
        if self.training and self.word_dropout:
            batch = batch._replace(inputs=drop_words(batch.inputs, self.word_dropout, self.vocabulary.unknown))
        return super().outputs(batch)

    def flops(self, steps: int) -> float | None:
        return super().flops(steps)  # the dropout of words and of their vectors takes no product

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the class of each text, as it would be alone; a text without any known word has no label."""
        if not texts:
            return []
        tokens = [tokens_of(text, self.vocabulary.level) for text in texts]
        part = Part(encode(tokens, self.vocabulary, self.sequence_length), labels=np.zeros(len(texts), dtype=np.int64))
        batch = Collation(part, self.vocabulary.pad)(np.arange(len(texts)))
        unknown = torch.tensor([self.vocabulary.unknown, self.vocabulary.pad])
        known = (~torch.isin(batch.inputs, unknown)).any(dim=1).tolist()
        return list(map(self._prediction, texts, known, self.shares(batch)))

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a text as symbols `(T,)`, cut off where training cuts it.

        Raises:
            UserError: It has no words; the line begins with `key`.
        """
        if not words(text):
            raise UserError(f"{key}: {text!r} has no words")
        encoded = encode([tokens_of(text, self.vocabulary.level)], self.vocabulary, self.sequence_length)
        return torch.from_numpy(encoded.symbols[: encoded.sizes[0]].astype(np.int64))

    def _prediction(self, text: str, known: bool, shares: list[float]) -> Prediction:
        if not (known and words(text)):
            what = {"word": "words", "char": "characters"}.get(self.vocabulary.level, "sub-words")
            return Prediction(text, None, None, f"none of its {what} is known" if words(text) else "the text is empty")
        return self.prediction(text, shares)
