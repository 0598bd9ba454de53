"""A data set, ready to be cut into batches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.config.targets import build
from rnnlab.data.items import Items
from rnnlab.data.sequences import Rows, SequenceView
from rnnlab.data.source import Source, locate
from rnnlab.data.sources.descriptions import count_classes
from rnnlab.data.text.vocabulary import Vocabulary

SHUFFLED, STREAMS = "shuffled", "streams"
BATCHING = (
    "batch_size",
    "bucketing",
    "tokens_per_step",
)  # keys of the group `data` that say how batches are cut, later


@dataclass(frozen=True)
class Part:
    """The sequences of training, validation or test, and how they are read.

    Attributes:
        sequences: All of them.
        reading: `shuffled` for sequences of their own, `streams` for windows that go on from batch to batch.
        streams: How many streams are read side by side; None for as many as a batch has rows.
        labels: `(N,)`, the index of each sequence's class, or as float32 the number that it stands for; `(N, …)` where
            each has several; None where the symbols are what is predicted.
        tags: `(total,)`, the index of each symbol's own class; None where symbols have none.
        spelling: `(F + 1, C)`, what a batch has for each of F distinct words, and in the last row for padding; None
            where a batch has the symbols themselves (see `data.text.spelling`).
        characters: `(total,)`, how many characters end with each of the flat symbols or before it, by which losses per
            character are counted; None where every symbol counts as one.
        known_counts: `(V,)`, how often each symbol occurs, where that is known; None to count when it is asked.
    """

    sequences: SequenceView
    reading: str = SHUFFLED
    streams: int | None = None
    labels: NDArray[np.int64] | NDArray[np.float32] | None = None
    tags: NDArray[np.int64] | None = None
    spelling: NDArray[np.int64] | None = None
    characters: NDArray[np.int64] | None = None
    known_counts: NDArray[np.int64] | None = None

    @property
    def predictions(self) -> int:
        """Number of predictions in all: the labels, or the tags, or all symbols but each sequence's first."""
        if self.labels is not None:
            return self.labels.size
        return self.sequences.total - (len(self.sequences) if self.tags is None else 0)

    @property
    def size(self) -> int:
        """Number of all items, as `count` counts them."""
        if self.reading != STREAMS:
            return len(self.sequences)
        return self.predictions if self.characters is None else int(self.characters[-1] - self.characters[0])

    def count(self, rows: Rows) -> int:
        """Return how many items some sequences `(N,)` are: as many, or of a running text their predicted characters."""
        if self.reading != STREAMS:
            return len(rows)
        starts, lengths = self.sequences.starts(rows), self.sequences.lengths(rows) - 1
        if self.characters is None:
            return int(lengths.sum())
        return int((self.characters[starts + lengths] - self.characters[starts]).sum())

    def counts(self, symbols: int) -> NDArray[np.int64]:
        """Return how often each symbol of a vocabulary of that size occurs, `(symbols,)`."""
        if self.known_counts is not None:
            return self.known_counts
        flat = self.sequences.symbols if self.spelling is None else self.spelling[self.sequences.symbols, 1]
        return np.bincount(flat, minlength=symbols)


@dataclass(frozen=True)
class Known:
    """The vocabulary and card of a trained model, with which other data is read in the same way.

    Attributes:
        vocabulary: The symbols, or the channels of vectors.
        card: What the checkpoint carries of the data (`Prepared.card`).
    """

    vocabulary: Vocabulary
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Prepared:
    """A data set, split and encoded by the function that `task.prepare` names.

    Attributes:
        name: The option of the group `data`.
        sha256: Of the files that it was read from, or of what was generated.
        vocabulary: Of the whole data set; of vectors of numbers, their channels.
        parts: `train`, `val` and `test`; of other data than a model was trained on, all of it as `test`.
        card: What a checkpoint carries of the data beside the vocabulary; plain values and arrays.
        notes: What a user should know about how the data was prepared.
        description: What was read of the user's own files, in one line; '' of other data.
        items: Which items validation and test hold; nothing of a part of which `task.prepare` does not say it.
    """

    name: str
    sha256: str
    vocabulary: Vocabulary
    parts: dict[str, Part]
    card: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    description: str = ""
    items: Mapping[str, Items] = field(default_factory=dict)

    @property
    def balance(self) -> dict[str, dict[str, int]]:
        """Number of sequences of each class in every part; empty where there are no classes."""
        return dict(self.card.get("balance", {}))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Lines on the data for the terminal: what was read, the classes of every part, the notes."""
        classes = "; ".join(f"{part}: {count_classes(counts)}" for part, counts in self.balance.items())
        return tuple(filter(None, (self.description, classes, *self.notes)))


def prepare(config: Mapping[str, Any], trained: Vocabulary | None = None) -> Prepared:
    """Read, split and encode the data that a configuration names.

    Args:
        config: Resolved and plain.
        trained: The vocabulary of a model that was trained on this data: sub-words are not trained again.

    Raises:
        UserError: The data is missing, unreadable or too small.
    """
    data = {**config["data"], "vocabulary": trained}
    return _build(config, locate(config["data"]), data=data)


def prepare_other(config: Mapping[str, Any], known: Known) -> Prepared:
    """Read other data as a trained model would: nothing is split or left out, all of it is the part `test`.

    Raises:
        UserError: The data is missing or unreadable, or has symbols or labels that the model does not know.
    """
    return _build(config, locate(config["data"]), data=dict(config["data"]), known=known)


def _build(config: Mapping[str, Any], source: Source, **arguments: Any) -> Prepared:
    prepared = build(config["task"]["prepare"], source=source, split=config["split"], **arguments)
    assert isinstance(prepared, Prepared)
    return replace(prepared, description=source.description)


def data_key(config: Mapping[str, Any]) -> str:
    """Return a key that is equal for configurations which prepare the same data in the same way."""
    data = {key: value for key, value in config["data"].items() if key not in BATCHING}
    return json.dumps([data, config["split"], config["task"]], sort_keys=True)
