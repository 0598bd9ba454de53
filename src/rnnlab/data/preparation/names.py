"""Items of a few symbols each, such as names: `[S] e m m a [S]`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from rnnlab.data.items import Items, items_of_texts, measured
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences, SequenceView
from rnnlab.data.source import Source
from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.split import PARTS, by_fixed_part, check_parts, note_on_parts, shuffled_rows, split_items
from rnnlab.data.text.bpe import LEVEL
from rnnlab.data.text.encoded import Encoded, alphabet_of
from rnnlab.data.text.vocabularies import level_of, subwords, with_labels
from rnnlab.data.text.vocabulary import PAD, START_STOP, Vocabulary
from rnnlab.errors import UserError


def prepare_names(
    source: Source,
    split: Mapping[str, Any],
    data: Mapping[str, Any],
    known: Known | None = None,
    condition: str | None = None,
) -> Prepared:
    """Split the items and encode each between two `[S]`, cut after `data.sequence_length` inputs.

    Of sub-words, every character of the list is one, and pairs are counted in the training part alone. A loss per
    character counts the `[S]` at the end as a character, as `data.level=char` does.

    With a `condition`, an item begins with the symbol of its label in place of `[S]`. It is read like any other symbol,
    so that every cell makes of it the state that it starts from, and generation, streaming and probes need nothing
    else.

    Args:
        source: Of items, or of items with labels where `data.labels` says what those are.
        split: The node of the configuration.
        data: The node of the configuration.
        known: The vocabulary of a trained model, for other data than it was trained on.
        condition: Which label an item begins with: the same as `data.labels`, or None.

    Raises:
        UserError: The source is no such list, or there are too few items.
    """
    items = _content(source, data.get("labels"), condition)
    where = source.where
    if known is not None:
        parts, vocabulary, few, repeated = {"test": items}, known.vocabulary, "", ""
        _check_labels(items.labels if condition else (), vocabulary, where)
    else:
        parts, repeated = _split(items, split, source.limit, where)
        used = [text for piece in parts.values() for text in piece.texts]
        vocabulary, few = _vocabulary(used, parts["train"].texts, data)
        if condition is not None:
            vocabulary = with_labels(vocabulary, condition, chain.from_iterable(t.labels for t in parts.values()))
    cut = data["sequence_length"]
    encoded = {part: vocabulary.encode_all(texts.texts, where, part != "train") for part, texts in parts.items()}
    longest = max(int(texts.sizes.max()) for texts in encoded.values()) + 1
    note = f"the longest items were cut to data.sequence_length={cut} of {longest} inputs" if longest > cut else ""
    training = parts.get("train", LabelledTexts((), ()))
    counts = {label: training.labels.count(label) for label in vocabulary.labels}
    unseen = [label for label, count in counts.items() if training.texts and not count]
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={part: _part(texts, vocabulary, cut, parts[part].labels) for part, texts in encoded.items()},
        card={
            "training_items": np.array(sorted(map(item_hash, set(training.texts))), dtype=np.int64),
            **({"labels_of_training": counts} if counts else {}),
        },
        notes=(
            *filter(None, (repeated, few, note, note_on_parts(items.parts, trained=known is None))),
            *(f"no item of training has the label {label!r}" for label in unseen),
        ),
        items=measured(_items, parts),
    )


def _items(items: LabelledTexts) -> Items:
    return items_of_texts(items.texts, items.labels) if items.labels else items_of_texts(items.texts)


def _content(source: Source, labelled: str | None, condition: str | None) -> LabelledTexts:
    """Return the items with their labels; without labels where `labelled` is None."""
    if condition is not None and labelled != condition:
        raise UserError(f"model.condition={condition} reads the labels data.labels={condition}, not {labelled}")
    content = source.content
    items = LabelledTexts(content, ()) if isinstance(content, list) else content
    if not isinstance(items, LabelledTexts) or (labelled is None and items.labels):
        raise UserError(f"data={source.name} is no list of items, which a model of names reads, such as data=names")
    if labelled is not None and not items.labels:
        raise UserError(
            f"data.labels={labelled} (or model.condition, which sets it): data={source.name} has no labels; data=names"
            " has sex and decade, and data=file reads lines of an item, a tab and a label"
        )
    return items


def _split(
    items: LabelledTexts, split: Mapping[str, Any], limit: int | None, where: str
) -> tuple[dict[str, LabelledTexts], str]:
    """Return the first `limit` items, or of those with parts any, as the items of each part, and a note or ''."""
    seed, deduplicate = split["seed"], split["deduplicate"]
    if items.parts is not None:
        check_parts(items.parts, where)
        rows = _distinct(items, items.parts) if deduplicate else range(len(items))
        return split_by_files(items, items.parts, rows, seed, limit, where), _note(len(items) - len(rows))
    first = LabelledTexts(items.texts[:limit], items.labels[:limit])
    if items.labels:
        parts = split_labelled(first, seed, deduplicate, where)
    else:
        texts = split_items(first.texts, seed, deduplicate, where)
        parts = {part: LabelledTexts(own, ()) for part, own in texts.items()}
    return parts, _note(len(first) - sum(map(len, parts.values())))


def _note(count: int) -> str:
    """Return a note on items that were left out; '' where there are none."""
    several = f"{count:,} item{'s that repeat another were' if count > 1 else ' that repeats another was'} left out"
    return several if count else ""


def _distinct(items: LabelledTexts, said: Sequence[str]) -> list[int]:
    """Return the rows without repetitions; an item is in one part only, with all of its labels.

    Args:
        items: With labels or without.
        said: `(N,)`, the part of each.
    """
    last = {text: part for part in PARTS for text, own in zip(items.texts, said, strict=True) if own == part}
    pairs = list(zip(items.texts, items.labels or items.texts, strict=True))
    first = {pairs[row]: row for row in reversed(range(len(items))) if said[row] == last[items.texts[row]]}
    return sorted(first.values())


def split_by_files(
    items: LabelledTexts, said: Sequence[str], rows: Sequence[int], seed: int, limit: int | None, where: str
) -> dict[str, LabelledTexts]:
    """Return the items of each part that the files' names say, in random order.

    Args:
        items: With labels or without.
        said: `(N,)`, the part of each.
        rows: Which of the items take part.
        seed: Of the order.
        limit: How many are used, chosen at random; None for all.
        where: Begins the line about what is wrong.

    Raises:
        UserError: There is a part without an item.
    """
    shuffled, where = shuffled_rows(rows, random.Random(seed), limit, where)
    parts = by_fixed_part(shuffled, said, "item", where)
    labels = items.labels
    return {
        part: LabelledTexts([items.texts[row] for row in own], [labels[row] for row in own] if labels else ())
        for part, own in parts.items()
    }


def split_labelled(items: LabelledTexts, seed: int, deduplicate: bool, where: str) -> dict[str, LabelledTexts]:
    """Return the items of each part; an item with several labels is in one part with all of them.

    Otherwise a model would be tested on a name that it has learned with another label.

    Args:
        items: With their labels.
        seed: As in `split_items`.
        deduplicate: Drop every repetition of an item with the same label.
        where: As in `split_items`.

    Raises:
        UserError: There are too few different items.
    """
    labels: dict[str, list[str]] = {}
    for item, label in zip(items.texts, items.labels, strict=True):
        labels.setdefault(item, []).append(label)
    if deduplicate:
        labels = {item: list(dict.fromkeys(several)) for item, several in labels.items()}
    parts = split_items(list(labels), seed, deduplicate=True, where=where)
    return {part: _with_each_label(chosen, labels) for part, chosen in parts.items()}


def _with_each_label(items: Sequence[str], labels: Mapping[str, Sequence[str]]) -> LabelledTexts:
    """Return every item as often as it has labels."""
    pairs = [(item, label) for item in items for label in labels[item]]
    return LabelledTexts([item for item, _ in pairs], [label for _, label in pairs])


def _vocabulary(texts: Sequence[str], training: Sequence[str], data: Mapping[str, Any]) -> tuple[Vocabulary, str]:
    """Return the vocabulary of the items, and a note on it, or ''."""
    special = (START_STOP, PAD)
    if level_of(data, "names", ("char", LEVEL)) == LEVEL:
        return subwords(data, training, alphabet_of(texts), special)
    return Vocabulary.of_characters(texts, special), ""


def _check_labels(labels: Sequence[str], vocabulary: Vocabulary, where: str) -> None:
    if strange := sorted(set(labels) - set(vocabulary.labels)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it knows {', '.join(vocabulary.labels)}")


def encode(items: Sequence[str], vocabulary: Vocabulary, sequence_length: int, where: str = "data") -> SequenceView:
    """Return all items in one flat array, each with `[S]` before and after it; no loop over characters.

    Raises:
        UserError: An item has a character that the vocabulary lacks; the line begins with `where`.
    """
    return _part(vocabulary.encode_all(items, where), vocabulary, sequence_length).sequences


def _part(items: Encoded, vocabulary: Vocabulary, sequence_length: int, labels: Sequence[str] = ()) -> Part:
    """Return items between two `[S]`; where the vocabulary has labels, the first one is the item's label."""
    lengths = items.sizes
    starts = np.cumsum(lengths + 2) - (lengths + 2)
    symbols = np.full(int((lengths + 2).sum()), vocabulary.start_stop, dtype=vocabulary.dtype)
    of_item = np.ones(len(symbols), dtype=bool)
    of_item[starts] = False
    of_item[starts + lengths + 1] = False
    symbols[of_item] = items.symbols
    if vocabulary.labels:
        places = {label: vocabulary.first_label + number for number, label in enumerate(vocabulary.labels)}
        symbols[starts] = [places[label] for label in labels]
    # An input of T symbols needs T + 1 of them: the last one is only a target.
    sequences = Sequences(symbols, starts, np.minimum(lengths + 2, sequence_length + 1))
    if items.widths is None:
        return Part(sequences)
    widths = np.ones(len(symbols), dtype=np.int64)
    widths[of_item] = items.widths
    return Part(sequences, characters=np.cumsum(widths))


def item_hash(item: str) -> int:
    """Return 64 bits that stand for an item, by which a checkpoint tells names of training from new ones."""
    return int.from_bytes(hashlib.blake2b(item.encode(), digest_size=8).digest(), "big", signed=True)
