"""A text as characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.cache.arrays import Arrays
from rnnlab.data.corpus.layout import SYMBOLS, Layout, Request, between
from rnnlab.data.items import MEASURED, items_of_stream
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.text.encoded import CHUNK, Alphabet
from rnnlab.data.text.vocabulary import Vocabulary


class Survey(NamedTuple):
    """The findings of a first pass over some texts.

    Attributes:
        lengths: Characters of each text, by name.
        alphabet: The sorted characters of all of them.
    """

    lengths: dict[str, int]
    alphabet: list[str]


def survey(texts: Mapping[str, TextFiles]) -> Survey:
    """Read texts once, and return how long they are and what they are made of."""
    alphabet, lengths = Alphabet(), dict.fromkeys(texts, 0)
    for name, text in texts.items():
        for piece in text.pieces():
            alphabet.add(piece)
            lengths[name] += len(piece)
    return Survey(lengths, alphabet.sorted())


def encode_characters(request: Request, arrays: Arrays) -> Layout:
    """Write a text's characters, the parts one behind the other as they lie in the text.

    Raises:
        UserError: It has a character that the known vocabulary lacks.
    """
    vocabulary = request.known or Vocabulary(tuple(survey(request.texts).alphabet))
    begins, lengths, end = dict[str, int](), dict[str, int](), 0
    with arrays.writing(SYMBOLS, vocabulary.dtype) as append:
        for name, text in request.texts.items():
            begins[name] = end
            for piece in text.pieces():
                append(vocabulary.encode(piece, key=request.where))
                end += len(piece)
            lengths[name] = end - begins[name]
    spans = {}
    for part, (name, cut) in request.places.items():
        first, last = between(cut, lengths[name])
        spans[part] = begins[name] + first, begins[name] + last
    symbols = arrays[SYMBOLS]
    measured = {part: span for part, span in spans.items() if part in MEASURED and request.known is None}
    items = {part: items_of_stream(_spelled(symbols[slice(*span)], vocabulary)) for part, span in measured.items()}
    return Layout(vocabulary, spans, items=items)


def _spelled(symbols: NDArray[np.unsignedinteger], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the text of characters piece by piece."""
    points = np.array(list(map(ord, vocabulary.symbols)), dtype="<u4")
    for begin in range(0, len(symbols), CHUNK):
        yield points[symbols[begin : begin + CHUNK]].tobytes().decode("utf-32-le", "surrogatepass")
