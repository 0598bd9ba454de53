"""Sentences with a tag for each word: `the old man` → DET ADJ NOUN."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.items import Items, items_of_texts, measured
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.sources.tagged_sentences import TAGS, TaggedSentences
from rnnlab.data.split import (
    by_fixed_part,
    check_classes,
    check_parts,
    distinct,
    note_on_classes,
    note_on_parts,
    numbers_of,
    shuffled_rows,
    split_items,
)
from rnnlab.data.text.spelling import characters_of, normal, spelling_table
from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError


def prepare_tagged_sentences(
    source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None
) -> Prepared:
    """Split the sentences and encode them word by word; training sentences are cut after `data.sequence_length` words.

    The vocabulary has the words, in lower case, that occur at least `data.min_count` times in training; all others
    are `[UNK]`. Every word, known or not, keeps its own first and last `data.word_length` characters.

    Raises:
        UserError: The source has no tags, too few sentences, or a tag that the model does not know.
    """
    content = source.content
    if not isinstance(content, TaggedSentences):
        raise UserError(f"data={source.name} has no tagged words, which a tagger reads, such as data=ewt")
    where, notes = source.where, [note_on_parts(content.parts, trained=known is None)]
    parts: Mapping[str, Sequence[int]]
    if known is not None:
        parts, card = {"test": range(len(content))}, dict(known.card)
        vocabulary = known.vocabulary
    else:
        check_parts(content.parts, where)
        rows = _distinct(content) if split["deduplicate"] else list(range(len(content)))
        notes.append(_note(len(content) - len(rows)))
        parts = split_sentences(rows, content.parts, split["seed"], source.limit, where)
        _check_tags(content, parts["train"], where)
        vocabulary, card = _vocabulary([content.words[row] for row in parts["train"]], data)
    used = list(chain.from_iterable(parts.values()))
    labels = _labels(chain.from_iterable(content.tags[row] for row in used), card, where)
    distinct_words = sorted({*chain.from_iterable(content.words[row] for row in used)})
    indices = {word: index for index, word in enumerate(distinct_words)}
    spelling = spelling_table(distinct_words, vocabulary, from_card(card["characters"]), card["word_length"])
    encoded = {}
    for part, chosen in parts.items():
        most = data["sequence_length"] if part == "train" else None
        words, tags = ([sentences[row][:most] for row in chosen] for sentences in (content.words, content.tags))
        encoded[part] = Part(in_one_array(words, indices), tags=_flat(tags, labels), spelling=spelling)
    counts = {part: Counter(chain.from_iterable(content.tags[row] for row in parts[part])) for part in parts}
    balance = {part: {name: counts[part][name] for name in labels} for part in parts}
    if known is None:
        notes.append(note_on_classes(balance, "word with the tag"))
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts=encoded,
        card={**card, "labels": list(labels), "balance": balance},
        notes=tuple(filter(None, notes)),
        items=measured(partial(_items, content), parts),
    )


def _items(content: TaggedSentences, rows: Sequence[int]) -> Items:
    """Return the sentences of some rows with their tags; no word has a tab."""
    words, tags = (["\t".join(sentences[row]) for row in rows] for sentences in (content.words, content.tags))
    return items_of_texts(words, tags)


def _check_tags(content: TaggedSentences, rows: Sequence[int], where: str) -> None:
    """Raise UserError if the sentences of training have a single tag."""
    others = " or ".join(column for column in TAGS if column != content.column)
    advice = f"; data.tag_column={others} reads another column" if content.column else ""
    trained = chain.from_iterable(content.tags[row] for row in rows)
    check_classes(trained, "tag of training", "tagger", where, advice)


def split_sentences(
    rows: list[int], parts: Sequence[str] | None, seed: int, limit: int | None, where: str
) -> Mapping[str, Sequence[int]]:
    """Return the sentences that train, validate and test, each part in random order: neighbours are of one text.

    Args:
        rows: Which of the sentences take part.
        parts: `(N,)`, the fixed part of each sentence; None to cut 80/10/10.
        seed: Of Python's `random.Random`, which shuffles them.
        limit: How many are used, chosen at random; None for all.
        where: Begins the line about what is wrong.

    Raises:
        UserError: There are too few sentences to give each part one.
    """
    shuffled, where = shuffled_rows(rows, random.Random(seed), limit, where)
    if parts is None:
        return split_items(shuffled, seed, deduplicate=False, where=where)
    return by_fixed_part(shuffled, parts, "sentence", where)


def in_one_array(sentences: Sequence[Sequence[str]], indices: Mapping[str, int]) -> Sequences:
    """Return the words of each sentence, by their indices, in one flat array."""
    sizes = np.fromiter(map(len, sentences), dtype=np.int64, count=len(sentences))
    symbols = _flat(sentences, indices).astype(np.uint32)
    return Sequences(symbols, np.cumsum(sizes) - sizes, sizes)


def _flat(sentences: Sequence[Sequence[str]], indices: Mapping[str, int]) -> NDArray[np.int64]:
    return np.fromiter(map(indices.__getitem__, chain.from_iterable(sentences)), dtype=np.int64)


def _vocabulary(training: Sequence[Sequence[str]], data: Mapping[str, Any]) -> tuple[Vocabulary, dict[str, Any]]:
    """Return the words of training, and what a checkpoint carries beside them."""
    words = list(chain.from_iterable(training))
    vocabulary = Vocabulary.of_words(map(normal, words), data["min_count"], special=(UNKNOWN, PAD))
    return vocabulary, {"characters": characters_of(sorted(set(words))).card, "word_length": data["word_length"]}


def _labels(tags: Iterable[str], card: Mapping[str, Any], where: str) -> dict[str, int]:
    """Return the index of each tag, in the order of the tags.

    Raises:
        UserError: A trained model does not know a tag.
    """
    used = sorted(set(tags))
    names = list(card.get("labels", used))
    if strange := sorted(set(used) - set(names)):
        raise UserError(f"{where}: the model knows no tag {strange[0]!r}; it was trained on {', '.join(names)}")
    return {name: index for index, name in enumerate(names)}


def _distinct(content: TaggedSentences) -> list[int]:
    """Return the sentences without those that repeat another word by word; see `split.distinct`."""
    kept: list[int] = distinct(numbers_of(map("\t".join, content.words)), content.parts).tolist()
    return kept


def _note(count: int) -> str:
    """Return a note on sentences that were left out; '' where there are none."""
    several = f"{count:,} sentence{'s that repeat another were' if count > 1 else ' that repeats another was'} left out"
    return several if count else ""
