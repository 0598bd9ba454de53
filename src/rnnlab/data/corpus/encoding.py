"""A running text encoded: small ones in memory, large ones once a machine, in files that all processes map."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.cache.arrays import Arrays, InFolder, InMemory
from rnnlab.data.cache.entries import made_once
from rnnlab.data.corpus.characters import encode_characters
from rnnlab.data.corpus.layout import CHARACTERS, COUNTS, SYMBOLS, Layout, Request, counts_of
from rnnlab.data.corpus.subwords import encode_subwords
from rnnlab.data.corpus.words import encode_words
from rnnlab.data.items import Items
from rnnlab.data.text.bpe import LEVEL, library
from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.verbosity import note

FORM = 1  # of what is kept; another one makes everything anew
IN_MEMORY = 1 << 25  # bytes of a text that is encoded in a moment, and takes little room in each process
ENCODERS: Mapping[str, Callable[[Request, Arrays], Layout]] = {
    "char": encode_characters,
    "word": encode_words,
    LEVEL: encode_subwords,
}


@dataclass(frozen=True)
class EncodedPart:
    """A part of a text.

    Attributes:
        symbols: `(total,)`, in the smallest integer type.
        counts: `(V,)`, how often each symbol occurs.
        characters: `(total,)`, how many characters end with each symbol or before; None where each is one.
    """

    symbols: NDArray[np.unsignedinteger]
    counts: NDArray[np.int64]
    characters: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Corpus:
    """A text in parts.

    Attributes:
        vocabulary: Of its symbols.
        parts: By name.
        items: What validation and test hold.
        note: On the vocabulary; or ''.
    """

    vocabulary: Vocabulary
    parts: Mapping[str, EncodedPart]
    items: Mapping[str, Items]
    note: str


def encode(level: str, request: Callable[[], Request], size: int, made_from: Mapping[str, Any], title: str) -> Corpus:
    """Encode a text, unless this machine has done so before.

    Args:
        level: What a symbol is.
        request: Returns what is to be encoded; called only where that is so.
        size: About how many bytes the text has.
        made_from: All that the result depends on beside the level, as plain values.
        title: What the text is, for people.

    Raises:
        UserError: The text cannot be read or encoded, or the cache cannot be written.
    """
    if size < IN_MEMORY:
        arrays: Arrays = InMemory()
        return _corpus(_encoded(level, request(), arrays), arrays)

    def make(arrays: InFolder) -> dict[str, Any]:
        note(f"data: {title} is encoded, once for all runs on this machine")
        return _encoded(level, request(), arrays)

    return _corpus(*made_once({**made_from, "level": level, **_versions(level)}, f"{title}, level={level}", make))


def _versions(level: str) -> dict[str, Any]:
    """Return what decides beside the data and the settings how a text is encoded."""
    of_library = {"tokenizers": library().__version__} if level == LEVEL else {}
    return {"form": FORM, "unicode": unicodedata.unidata_version, **of_library}


def _encoded(level: str, request: Request, arrays: Arrays) -> dict[str, Any]:
    """Write the arrays of a text, and return what says where in them its parts lie."""
    layout = ENCODERS[level](request, arrays)
    symbols, size = arrays[SYMBOLS], len(layout.vocabulary)
    counted = {span: counts_of(symbols[slice(*span)], size) for span in dict.fromkeys(layout.spans.values())}
    with arrays.writing(COUNTS, np.int64) as append:
        for span in layout.spans.values():
            append(counted[span])
    return {
        "vocabulary": layout.vocabulary.card,
        "spans": dict(layout.spans),
        "characters": dict(layout.characters),
        "items": {part: asdict(items) for part, items in layout.items.items()},
        "note": layout.note,
    }


def _corpus(card: Mapping[str, Any], arrays: Arrays) -> Corpus:
    vocabulary = from_card(card["vocabulary"])
    symbols, counts = arrays[SYMBOLS], arrays[COUNTS].reshape(len(card["spans"]), -1)
    characters = {part: arrays[CHARACTERS][slice(*span)] for part, span in card["characters"].items()}
    parts = {
        part: EncodedPart(symbols[slice(*span)], counts[row], characters.get(part))
        for row, (part, span) in enumerate(card["spans"].items())
    }
    items = {part: Items(**said) for part, said in card["items"].items()}
    return Corpus(vocabulary, parts, items, str(card["note"]))
