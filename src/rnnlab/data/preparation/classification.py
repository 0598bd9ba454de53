"""Texts with labels, as words, characters or sub-words: `this film was wonderful` → positive."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.items import Items, items_of_texts, measured
from rnnlab.data.preparation.encoded_texts import encode_parts
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.source import Source
from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.split import check_parts, distinct, note_on_classes, note_on_parts, numbers_of, split_rows
from rnnlab.data.text.bpe import LEVEL
from rnnlab.data.text.vocabularies import level_of
from rnnlab.data.text.words import text_key
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
    where = source.where
    notes = [note_on_parts(content.parts, trained=known is None)]
    if known is not None:
        rows = _rows(content, notes, deduplicate=False)
        if not len(rows):
            raise UserError(f"{where}: there is no text")
        parts = {"test": array("q", rows)}
        names = list(known.card["labels"])
        _check_labels({content.labels[row] for row in parts["test"]}, names, where)
    else:
        check_parts(content.parts, where)
        rows = _rows(content, notes, split["deduplicate"])
        parts = split_rows(content.labels, content.parts, rows, split["seed"], source.limit, where)
        names = sorted({content.labels[row] for row in chain.from_iterable(parts.values())})
    del rows
    trained = None if known is None else known.vocabulary
    level = trained.level if trained is not None else level_of(data, "sentiment", ("word", "char", LEVEL))
    vocabulary, sequences, few = encode_parts(content.texts, parts, level, data, trained)
    balance = {part: _balance(content, parts[part], names) for part in parts}
    if known is None:
        notes += [few, note_on_classes(balance, "text of")]
    index = {name: place for place, name in enumerate(names)}
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={
            part: Part(
                sequences[part],
                labels=np.fromiter((index[content.labels[row]] for row in chosen), dtype=np.int64, count=len(chosen)),
            )
            for part, chosen in parts.items()
        },
        card={
            "labels": names,
            "sequence_length": data["sequence_length"],
            "balance": balance,
        },
        notes=tuple(note for note in notes if note),
        items=measured(partial(_items, content), parts),
    )


def _items(content: LabelledTexts, rows: Sequence[int]) -> Items:
    """Return the texts of some rows with their labels."""
    return items_of_texts([content.texts[row] for row in rows], [content.labels[row] for row in rows])


def _rows(content: LabelledTexts, notes: list[str], deduplicate: bool) -> NDArray[np.int64]:
    """Return the rows that have a word, and if asked for without those whose text repeats another.

    What is left out is added to the notes; see `split.distinct`.
    """
    numbers = numbers_of(chain([""], map(text_key, content.texts)))
    empty, keys = numbers[0], numbers[1:]
    rows = np.flatnonzero(keys != empty)
    notes.insert(0, _without_word(len(keys) - len(rows)))
    if not deduplicate:
        return rows
    parts = [content.parts[row] for row in array("q", rows)] if content.parts else None
    single = rows[distinct(keys[rows], parts)]
    notes.append(_repeated(len(rows) - len(single), _contradicting(content.labels, keys, rows, single)))
    return single


def _contradicting(
    labels: Sequence[str], keys: NDArray[np.int64], rows: NDArray[np.int64], kept: NDArray[np.int64]
) -> int:
    """Return how many of the rows that are left out have another label than the one of the same text that is kept."""
    left_out = np.setdiff1d(rows, kept).tolist()
    repeated = kept[np.isin(keys[kept], keys[left_out])]  # few of many
    by_key = dict(zip(keys[repeated].tolist(), repeated.tolist(), strict=True))
    return sum(labels[row] != labels[by_key[int(keys[row])]] for row in left_out)


def _balance(content: LabelledTexts, rows: Iterable[int], names: list[str]) -> dict[str, int]:
    """Return how many texts each class has."""
    counts = Counter(content.labels[row] for row in rows)
    return {name: counts[name] for name in names}


def _without_word(count: int) -> str:
    """Return a note on texts that were left out for want of a word; '' where there are none."""
    which = "texts without a word were" if count > 1 else "text without a word was"
    return f"{count:,} {which} left out" if count else ""


def _repeated(count: int, contradicting: int) -> str:
    """Return a note on texts that were left out since they repeat another; '' where there are none.

    Args:
        count: How many.
        contradicting: How many of them have another label.
    """
    which = "texts that repeat another were" if count > 1 else "text that repeats another was"
    others = f", {contradicting:,} of them with another label than that one" if contradicting else ""
    return f"{count:,} {which} left out{others}" if count else ""


def _check_labels(labels: set[str], names: list[str], where: str) -> None:
    if strange := sorted(labels - set(names)):
        raise UserError(f"{where}: the model knows no label {strange[0]!r}; it was trained on {', '.join(names)}")
