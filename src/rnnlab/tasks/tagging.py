"""A tag for each word: words and their characters → recurrent layers → linear at every step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics import Metric as Measured
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from rnnlab.data.collation import IGNORE, Batch, Collation
from rnnlab.data.preparation.tagging import in_one_array
from rnnlab.data.prepared import Part
from rnnlab.data.source import has_reader_of_a_plugin
from rnnlab.data.sources.tagged_sentences import has_columns, read_words
from rnnlab.data.text.spelling import SPELLING, normal, spelling_table
from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import PAD, Vocabulary
from rnnlab.errors import UserError
from rnnlab.nn.encoder import build_encoder
from rnnlab.nn.flops import declared_flops, linear_flops, total_flops
from rnnlab.nn.modes import evaluation_mode
from rnnlab.nn.words import WordVectors, drop_words
from rnnlab.records.metrics import Metric, ranking_loss, share
from rnnlab.tasks.base import Config
from rnnlab.tasks.chance import OF_TRAINING, class_counts, most_frequent_accuracy, of_classes
from rnnlab.tasks.confusion import ConfusionCounts
from rnnlab.tasks.items import ItemFigures, classified_steps
from rnnlab.tasks.predictions import PREDICTION, PROBABILITY, TaggedText, TaggedWord, TextAnswers
from rnnlab.tasks.sentiment import WORD_SCALE
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import note

TAG_FREQUENCIES, MOST_FREQUENT_TAG = "tag frequencies", "most frequent tag"


class Tagger(TextAnswers, ConfusionCounts):
    """Predicts the tag of each word of a sentence, such as its part of speech.

    Dropout acts on the words' vectors, between recurrent layers and before the output.
    """

    chance_model = TAG_FREQUENCIES + OF_TRAINING
    answer_type = TaggedText
    columns = ("text", "word", "tag", "probability")

    def __init__(
        self, vocabulary: Vocabulary, data: Config, model: Config, cell: Config, optimizer: Config, scheduler: Config
    ) -> None:
        super().__init__(optimizer, scheduler)
        self.vocabulary = vocabulary
        self.count_confusion(data["labels"])
        self.characters = from_card(data["characters"])
        self.word_length = int(data["word_length"])
        self.embedding = WordVectors(len(vocabulary), len(self.characters), self.characters.pad, cell, model)
        nn.init.normal_(self.embedding.words.weight, std=WORD_SCALE)
        self.encoder = build_encoder(cell, model, self.embedding.output_size)
        self.word_dropout = float(model["word_dropout"])
        self.dropout = nn.Dropout(model["dropout"])
        self.head = nn.Linear(self.encoder.output_size, len(self.labels))
        self.build_metrics()

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Compute the logits `(B, T, tags)` of words `(B, T, C)`, of which `lengths` `(B,)` of each row are real."""
        ends = None if self.encoder.causal else lengths  # causal layers cannot see padding
        hidden, _ = self.encoder(self.dropout(self.embedding(inputs)), lengths=ends)  # (B, T, H)
        logits: Tensor = self.head(self.dropout(hidden))
        return logits

    def flops(self, steps: int) -> float | None:
        return total_flops(
            (steps, self.embedding.flops(self.word_length)),
            (1, declared_flops(self.encoder, steps)),
            (steps, linear_flops(self.head)),
        )

    def outputs(self, batch: Batch) -> Tensor:
        inputs = batch.inputs
        if self.training and self.word_dropout:  # characters stay
            inputs = inputs.clone()
            inputs[..., 1] = drop_words(inputs[..., 1], self.word_dropout, self.vocabulary.unknown)
        logits: Tensor = self(inputs, batch.lengths)
        return logits

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)

    def count(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def declare_metrics(self) -> dict[Metric, Measured]:
        tags = len(self.labels)
        most = MOST_FREQUENT_TAG
        right, outside = (
            "the share of the test that is classified right",
            "the accuracy of words outside of the vocabulary",
        )
        accuracy = share("accuracy", "test accuracy", right, chance=most)
        unknown = share("accuracy_unknown", "unknown words", outside, shown="results", chance=most)
        hint = "the mean over the tags, each against the others"
        f1 = share("f1", "test macro F1", hint, chance=most)
        return {
            ranking_loss("nats per word", chance=TAG_FREQUENCIES): MeanMetric(),
            accuracy: MulticlassAccuracy(tags, average="micro", validate_args=False),
            unknown: MeanMetric(),
            f1: MulticlassF1Score(tags, average="macro", validate_args=False),
        }

    def update(self, metrics: MetricCollection, logits: Tensor, batch: Batch) -> None:
        metrics["loss"].update(self.loss(logits, batch), self.count(batch))
        real = batch.targets != IGNORE
        predicted, tags = logits[real].argmax(dim=-1), batch.targets[real]  # (N,) each
        for metric in (metrics["accuracy"], metrics["f1"], self.confusion):
            metric.update(predicted, tags)
        unknown = batch.inputs[..., 1][real] == self.vocabulary.unknown
        metrics["accuracy_unknown"].update((predicted == tags)[unknown].float())

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return what the frequencies of the tags in training reach."""
        assert part.spelling is not None and part.tags is not None
        unknown = part.spelling[part.sequences.symbols, 1] == self.vocabulary.unknown
        known, counts, counts_unknown = (
            class_counts(tags, len(self.labels)) for tags in (train.tags, part.tags, part.tags[unknown])
        )
        return {**of_classes(counts, known), "accuracy_unknown": most_frequent_accuracy(counts_unknown, known)}

    def measure_items(self, outputs: Tensor, batch: Batch) -> ItemFigures:
        return classified_steps(outputs, batch.targets)

    def read_inputs(self, source: UserInput) -> Iterator[list[Any]]:
        """Yield a user's sentences in blocks: lines of text, or those of a file with columns, whose tags are not read.

        Raises:
            UserError: A line cannot be read, or the columns come through a pipe.
        """
        file = source.file if source.stream is not None and source.stream.seekable() and not source.reading else None
        if has_reader_of_a_plugin(self.card["config"]) or file is None or not has_columns(Path(file)):
            return map(_without_tabs, super().read_inputs(source))
        sentences = read_words(Path(file))
        note(f"{file}: {sum(map(len, sentences)):,} words in {len(sentences):,} sentences; its tags were not read")
        return iter([[" ".join(words) if len(" ".join(words).split()) == len(words) else words for words in sentences]])

    @torch.no_grad()
    def answer(self, inputs: Sequence[str | Sequence[str]]) -> list[TaggedText]:
        """Predict the tags of sentences: texts, whose words are separated by blanks, or lists of words.

        Sentences do not change each other's answers.
        """
        sentences = [text.split() if isinstance(text, str) else list(text) for text in inputs]
        texts = [text if isinstance(text, str) else " ".join(text) for text in inputs]
        if not any(sentences):
            return [TaggedText(text) for text in texts]
        batch = self._batch([words for words in sentences if words])
        with evaluation_mode(self):
            logits = self(batch.inputs.to(self.device), batch.lengths)
        shares = iter(logits.double().softmax(dim=-1).cpu())
        return [
            TaggedText(text, self._tagged(words, next(shares)), self._note(words)) if words else TaggedText(text)
            for text, words in zip(texts, sentences, strict=True)
        ]

    def line(self, answer: TaggedText) -> str:
        """Return `word/TAG` for each word, in their order."""
        return " ".join(f"{word.word}/{word.tag}" for word in answer.words)

    def rows(self, number: int, answer: TaggedText, probabilities: bool) -> list[list[object]]:
        """Return a row for each word, behind the number of its text."""
        return [[number, word.word, word.tag, word.probability] for word in answer.words]

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        return {PREDICTION: str, PROBABILITY: float}

    def answer_cells(self, answer: TaggedText, probabilities: bool) -> list[object]:
        """Return the tags, with blanks between them, and the product of their probabilities."""
        return [answer.prediction.label, answer.prediction.probability]

    def hint(self, answer: TaggedText) -> str:
        return answer.note

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode the words of a text as `(T, C)`.

        Raises:
            UserError: It has none; the line begins with `key`.
        """
        if not (words := text.split()):
            raise UserError(f"{key}: {text!r} has no words")
        return self._batch([words]).inputs[0]

    def symbol_names(self, symbols: Tensor) -> list[str]:
        """Return the words `(T, C)` as they are spelled, as far as their characters are known and read."""
        names, pad = self.characters.symbols, self.characters.pad
        rows = symbols[:, SPELLING:].tolist()
        return ["".join(names[index] for index in row if index != pad) or PAD for row in rows]

    def _batch(self, sentences: Sequence[Sequence[str]]) -> Batch:
        """Encode sentences as a batch without tags."""
        indices = {word: index for index, word in enumerate(dict.fromkeys(w for words in sentences for w in words))}
        table = spelling_table(list(indices), self.vocabulary, self.characters, self.word_length)
        sequences = in_one_array(sentences, indices)
        part = Part(sequences, tags=np.zeros(len(sequences.symbols), dtype=np.int64), spelling=table)
        return Collation(part, self.vocabulary.pad)(np.arange(len(sentences)))

    def _tagged(self, words: Sequence[str], shares: Tensor) -> tuple[TaggedWord, ...]:
        """Tag words by the probabilities of their tags `(T, tags)`, padded."""
        tagged = []
        for word, row in zip(words, shares[: len(words)].tolist(), strict=True):
            probabilities = dict(zip(self.labels, row, strict=True))
            tag = max(probabilities, key=probabilities.__getitem__)
            tagged.append(TaggedWord(word, tag, probabilities[tag], probabilities))
        return tuple(tagged)

    def _note(self, words: Sequence[str]) -> str:
        """Return a hint where a word was not separated from a punctuation mark, as those of training were."""
        for word in words:
            bare = word.rstrip(".,;:!?")
            if bare != word and normal(word) not in self.vocabulary and normal(bare) in self.vocabulary:
                return f"{word!r} was read as one word; put blanks around punctuation marks"
        return ""


def _without_tabs(texts: list[Any]) -> list[Any]:
    """Return lines of text.

    Raises:
        UserError: One has a tab, as lines of columns do.
    """
    for text in texts:
        if "\t" in text:
            raise UserError(
                f"the line {text!r} has a tab; a sentence is a line of words and blanks; file=NAME reads CoNLL-U, and a"
                " word and its tag a line"
            )
    return texts
