"""A text as sub-words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from rnnlab.data.cache.arrays import Arrays
from rnnlab.data.corpus.characters import survey
from rnnlab.data.corpus.layout import CHARACTERS, SYMBOLS, Layout, Place, Request, Span, between
from rnnlab.data.items import MEASURED, Items, items_of_stream
from rnnlab.data.text.bpe import streamed_pieces
from rnnlab.data.text.subwords import Subwords
from rnnlab.data.text.vocabularies import subwords

SEVERAL = 64  # pieces that are encoded together, on all cores


def encode_subwords(request: Request, arrays: Arrays) -> Layout:
    """Write a text's sub-words, each part by itself, and how many characters end with each.

    The text is cut at the characters at which characters are cut.

    Raises:
        UserError: The text would not be decoded to itself.
    """
    lengths, alphabet = survey(request.texts)
    places = dict.fromkeys(request.places.values())  # two parts may lie in the same place

    def text_at(place: Place) -> Iterator[str]:
        name, cut = place
        return streamed_pieces(_between(request.texts[name].pieces(), between(cut, lengths[name])))

    note = ""
    if isinstance(request.known, Subwords):
        vocabulary = request.known
    else:
        vocabulary, note = subwords(request.data, text_at(request.places["train"]), alphabet)
    spans, ends = dict[Place, Span](), dict[Place, Span]()
    measured = {part: place for part, place in request.places.items() if part in MEASURED}
    with arrays.writing(SYMBOLS, vocabulary.dtype) as append, arrays.writing(CHARACTERS, np.int64) as append_ends:
        begin = begin_of_ends = 0
        for place in places:
            total = end = 0
            for several in _several(text_at(place)):
                symbols, _, widths = vocabulary.encode_all(several, request.where, widths=True)
                assert widths is not None
                append(symbols)
                end += len(symbols)
                if place in measured.values():
                    append_ends(np.cumsum(widths) + total)
                    total += int(widths.sum())
            spans[place] = begin, begin + end
            begin += end
            if place in measured.values():
                ends[place] = begin_of_ends, begin_of_ends + end
                begin_of_ends += end
    items = dict[str, Items]()
    if request.known is None:
        items = {part: items_of_stream(text_at(place)) for part, place in measured.items()}
    return Layout(
        vocabulary,
        {part: spans[place] for part, place in request.places.items()},
        {part: ends[place] for part, place in measured.items()},
        items,
        note,
    )


def _between(pieces: Iterable[str], span: Span) -> Iterator[str]:
    """Yield what lies between two characters of a text."""
    first, last = span
    begin = 0
    for piece in pieces:
        end = begin + len(piece)
        if end > first:
            yield piece[max(0, first - begin) : last - begin]
        if end >= last:
            return
        begin = end


def _several(pieces: Iterator[str]) -> Iterator[list[str]]:
    while several := list(islice(pieces, SEVERAL)):
        yield several
