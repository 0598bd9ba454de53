"""Items of a few symbols each, such as names: `[S] e m m a [S]`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnlab.data.bpe import LEVEL
from rnnlab.data.encoded import Encoded, alphabet_of
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences, Stretches
from rnnlab.data.source import Source
from rnnlab.data.split import split_items
from rnnlab.data.vocabularies import level_of, subwords
from rnnlab.data.vocabulary import PAD, START_STOP, Vocabulary
from rnnlab.errors import UserError


def prepare(source: Source, split: Mapping[str, Any], data: Mapping[str, Any], known: Known | None = None) -> Prepared:
    """Split the items and encode each between two `[S]`, cut after `data.sequence_length` inputs.

    Of sub-words, every character of the list is one, and pairs are counted in the training part alone. A loss per
    character counts the `[S]` at the end as a character, as `data.level=char` does.

    Raises:
        UserError: The source is no list, or there are too few items.
    """
    if not isinstance(source.content, list):
        raise UserError(f"data={source.name} is no list of items, which a model of names reads, such as data=names")
    content = source.content[: None if known else source.limit]
    where = f"data: {source.files[0]}"
    special = (START_STOP, PAD)
    few = ""
    if known is not None:
        vocabulary, items = known.vocabulary, {"test": content}
    else:
        items = split_items(content, split["seed"], split["deduplicate"], where)
        if level_of(data, "names", ("char", LEVEL)) == LEVEL:
            vocabulary, few = subwords(data, items["train"], alphabet_of(content), special)
        else:
            vocabulary = Vocabulary.of_characters(content, special)
    cut = data["sequence_length"]
    encoded = {part: vocabulary.encode_all(items[part], where, widths=part != "train") for part in items}
    longest = max(int(its.sizes.max()) for its in encoded.values()) + 1
    note = f"the longest items were cut to data.sequence_length={cut} of {longest} inputs" if longest > cut else ""
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={part: _part(its, vocabulary, cut) for part, its in encoded.items()},
        card={"training_items": np.array(sorted(map(fingerprint, set(items.get("train", [])))), dtype=np.int64)},
        notes=tuple(filter(None, (few, note))),
    )


def encode(items: list[str], vocabulary: Vocabulary, sequence_length: int, where: str = "data") -> Stretches:
    """All items in one flat array, each with `[S]` before and after it, and no loop over their characters.

    Raises:
        UserError: An item has a character that the vocabulary lacks; the line begins with `where`.
    """
    return _part(vocabulary.encode_all(items, where), vocabulary, sequence_length).sequences


def _part(items: Encoded, vocabulary: Vocabulary, sequence_length: int) -> Part:
    lengths = items.sizes
    starts = np.cumsum(lengths + 2) - (lengths + 2)
    symbols = np.full(int((lengths + 2).sum()), vocabulary.start_stop, dtype=vocabulary.dtype)
    inside = np.ones(len(symbols), dtype=bool)
    inside[starts] = False
    inside[starts + lengths + 1] = False
    symbols[inside] = items.symbols
    # An input of T symbols needs T + 1 of them: the last one is only a target.
    sequences = Sequences(symbols, starts, np.minimum(lengths + 2, sequence_length + 1))
    if items.widths is None:
        return Part(sequences)
    widths = np.ones(len(symbols), dtype=np.int64)
    widths[inside] = items.widths
    return Part(sequences, characters=np.cumsum(widths))


def fingerprint(item: str) -> int:
    """64 bits that stand for an item, so that a checkpoint can tell known names from new ones without them."""
    return int.from_bytes(hashlib.blake2b(item.encode(), digest_size=8).digest(), "big", signed=True)
