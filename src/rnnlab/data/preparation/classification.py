"""Texts with labels, as words, characters or sub-words: `this film was wonderful` → positive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from rnnlab.data.items import Items, items_of_texts, measured
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.split import check_parts, distinct, note_on_classes, note_on_parts, split_rows
from rnnlab.data.text.bpe import LEVEL
from rnnlab.data.text.encoded import alphabet_of
from rnnlab.data.text.vocabularies import level_of, subwords
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.data.text.words import text_key, words
from rnnlab.errors import UserError


def prepare_labelled_texts(
    source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None
) -> Prepared:
    """Split the texts by class and encode the first `data.sequence_length` words, characters or sub-words of each.

    The vocabulary has the words or characters that occur at least `data.min_count` times in training, or the sub-words
    that are made of such characters; all others are `[UNK]`.

    Raises:
        UserError: The source has no labels, no text, or too few of a class.
    """
    content = source.content
    if not isinstance(content, LabelledTexts):
        raise UserError(f"data={source.name} has no labels; a classifier reads texts with labels, such as data=reviews")
    keys = [text_key(text) for text in content.texts]
    rows = [row for row, key in enumerate(keys) if key]
    notes = [_dropped(len(keys) - len(rows), "without a word"), note_on_parts(content.parts, trained=known is None)]
    where = source.where
    if known is not None:
        if not rows:
            raise UserError(f"{where}: there is no text")
        parts = {"test": rows}
        vocabulary, names = known.vocabulary, list(known.card["labels"])
        _check_labels({content.labels[row] for row in rows}, names, where)
    else:
        check_parts(content.parts, where)
        single = _single(content, keys, rows) if split["deduplicate"] else rows
        notes.append(_dropped(len(rows) - len(single), "that repeat another"))
        parts = split_rows(content.labels, content.parts, single, split["seed"], source.limit, where)
    level = vocabulary.level if known is not None else level_of(data, "sentiment", ("word", "char", LEVEL))
    tokens = {row: tokens_of(content.texts[row], level) for row in chain.from_iterable(parts.values())}
    if known is None:
        vocabulary, few = _vocabulary([tokens[row] for row in parts["train"]], level, data)
        notes.append(few)
        names = sorted({content.labels[row] for row in tokens})
    cut = data["sequence_length"]
    balance = {part: _balance(content, parts[part], names) for part in parts}
    if known is None:
        notes.append(note_on_classes(balance, "text of"))
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={
            part: Part(
                encode([tokens[row] for row in chosen], vocabulary, cut),
                labels=np.array([names.index(content.labels[row]) for row in chosen], dtype=np.int64),
            )
            for part, chosen in parts.items()
        },
        card={
            "labels": names,
            "sequence_length": cut,
            "balance": balance,
        },
        notes=tuple(note for note in notes if note),
        items=measured(partial(_items, content), parts),
    )


def _items(content: LabelledTexts, rows: Sequence[int]) -> Items:
    """Return the texts of some rows with their labels."""
    return items_of_texts([content.texts[row] for row in rows], [content.labels[row] for row in rows])


def tokens_of(text: str, level: str) -> Sequence[str]:
    """Return the words of a text; for characters and sub-words the text itself."""
    return words(text) if level == "word" else text


def encode(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, sequence_length: int) -> Sequences:
    """Return the first symbols of each text in one flat array; a text without any is one `[UNK]`.

    Args:
        texts: As `tokens_of` gives them.
        vocabulary: With an `[UNK]`.
        sequence_length: How many symbols of each are kept.
    """
    heads = texts if vocabulary.level == LEVEL else [text[:sequence_length] for text in texts]
    symbols, sizes, _ = vocabulary.encode_all(heads)
    starts = np.cumsum(sizes) - sizes
    starts[sizes == 0] = len(symbols)  # where the [UNK] stands
    whole = np.append(symbols, symbols.dtype.type(vocabulary.unknown))
    return Sequences(whole, starts, np.clip(sizes, 1, sequence_length))


def _vocabulary(training: list[Sequence[str]], level: str, data: Mapping[str, Any]) -> tuple[Vocabulary, str]:
    """Return the vocabulary of the training part, and a note on it, or ''."""
    special, least = (UNKNOWN, PAD), data["min_count"]
    if level == "word":
        return Vocabulary.of_words(chain.from_iterable(training), least, special), ""
    alphabet = alphabet_of(map("".join, training), least)
    if level == LEVEL:
        return subwords(data, map("".join, training), alphabet, special)
    return Vocabulary((*alphabet, *special)), ""


def _single(content: LabelledTexts, keys: Sequence[str], rows: Sequence[int]) -> list[int]:
    """Return the rows without those whose text repeats another; see `split.distinct`."""
    parts = [content.parts[row] for row in rows] if content.parts else None
    return [rows[index] for index in distinct([keys[row] for row in rows], parts)]


def _balance(content: LabelledTexts, rows: list[int], names: list[str]) -> dict[str, int]:
    """Return how many texts each class has."""
    counts = Counter(content.labels[row] for row in rows)
    return {name: counts[name] for name in names}


def _dropped(count: int, which: str) -> str:
    """Return a note on texts that were left out; '' where there are none."""
    return (
        f"{count:,} text{'s' if count != 1 else ''} {which} {'were' if count != 1 else 'was'} left out" if count else ""
    )


def _check_labels(labels: set[str], names: list[str], where: str) -> None:
    if strange := sorted(labels - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
