"""Texts with labels, as words: `this film was wonderful` → positive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from rnnlab.data.labelled import LabelledTexts, distinct, split_rows
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.data.words import fingerprint, words
from rnnlab.errors import UserError


def prepare(source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None) -> Prepared:
    """Split the texts by class and encode the first `data.sequence_length` words of each.

    The vocabulary has the words that occur at least `data.min_count` times in training; all others are `[UNK]`.

    Raises:
        UserError: The source has no labels, no text, or too few of a class.
    """
    content = source.content
    if not isinstance(content, LabelledTexts):
        raise UserError(f"data={source.name} has no labels; a classifier reads texts with labels, such as data=reviews")
    keys = [fingerprint(text) for text in content.texts]
    rows = [row for row, key in enumerate(keys) if key]
    notes = [_dropped(len(keys) - len(rows), "without a word")]
    where = source.where
    if known is not None:
        if not rows:
            raise UserError(f"{where}: there is no text")
        parts = {"test": rows}
        vocabulary, names = known.vocabulary, list(known.card["labels"])
        _check_labels({content.labels[row] for row in rows}, names, where)
    else:
        if split["deduplicate"]:
            fixed = [content.parts[row] for row in rows] if content.parts else None
            single = [rows[index] for index in distinct([keys[row] for row in rows], fixed)]
            notes.append(_dropped(len(rows) - len(single), "that repeat another"))
            rows = single
        parts = split_rows(content.labels, content.parts, rows, split["seed"], source.limit, where)
    tokens = {row: words(content.texts[row]) for row in chain.from_iterable(parts.values())}
    if known is None:
        training = chain.from_iterable(tokens[row] for row in parts["train"])
        vocabulary = Vocabulary.of_words(training, data["min_count"], special=(UNKNOWN, PAD))
        names = sorted({content.labels[row] for row in tokens})
    cut = data["sequence_length"]
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={
            part: Part(
                encode([tokens[row] for row in of_part], vocabulary, cut),
                labels=np.array([names.index(content.labels[row]) for row in of_part], dtype=np.int64),
            )
            for part, of_part in parts.items()
        },
        card={
            "labels": names,
            "sequence_length": cut,
            "balance": {part: _balance(content, parts[part], names) for part in parts},
        },
        notes=tuple(note for note in notes if note),
    )


def encode(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, sequence_length: int) -> Sequences:
    """The first words of each text in one flat array; a text without any word is one `[UNK]`."""
    heads = [text[:sequence_length] or [UNKNOWN] for text in texts]
    sizes = np.fromiter(map(len, heads), dtype=np.int64, count=len(heads))
    return Sequences(vocabulary.indices(chain.from_iterable(heads)), np.cumsum(sizes) - sizes, sizes)


def _balance(content: LabelledTexts, rows: list[int], names: list[str]) -> dict[str, int]:
    """How many texts of each class there are."""
    counts = Counter(content.labels[row] for row in rows)
    return {name: counts[name] for name in names}


def _dropped(count: int, which: str) -> str:
    """A note on texts that were left out; '' where there are none."""
    return (
        f"{count:,} text{'s' if count != 1 else ''} {which} {'were' if count != 1 else 'was'} left out" if count else ""
    )


def _check_labels(found: set[str], names: list[str], where: str) -> None:
    if strange := sorted(found - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
