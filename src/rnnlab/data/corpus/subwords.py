"""A text as sub-words.

Where no sub-word reaches beyond a word with its blank, only the distinct words are taken apart: the text is read as
`words.py` reads it, and every occurrence of a word stands for its sub-words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.cache.arrays import Arrays
from rnnlab.data.corpus.characters import survey
from rnnlab.data.corpus.layout import (
    CHARACTERS,
    NUMBERS,
    SYMBOLS,
    Layout,
    Place,
    Request,
    Span,
    between,
    counts_of,
    pieces_of,
)
from rnnlab.data.corpus.numbering import Numbering, Numbers
from rnnlab.data.corpus.splitting import Splitter
from rnnlab.data.items import MEASURED, TextDigest
from rnnlab.data.text.bpe import Counted, streamed_pieces
from rnnlab.data.text.encoded import Encoded
from rnnlab.data.text.subwords import Subwords
from rnnlab.data.text.vocabularies import subwords

SEVERAL = 64  # pieces that are worked on together
WORDS = 1 << 16  # distinct words that are encoded together
MOST_COUNTED = 1 << 25  # words, some 150 MB of text: the library counts one after the other, and more change little
Parts = dict[Place, Span]


class _Text:
    """The text that is asked for, place by place."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.lengths, self.alphabet = survey(request.texts)
        self.places = list(dict.fromkeys(request.places.values()))  # two parts may lie in the same place
        self.measured = {part: place for part, place in request.places.items() if part in MEASURED}
        self.digests = {place: TextDigest() for place in self.measured.values()}

    def pieces(self, place: Place) -> Iterator[list[str]]:
        """Yield several pieces of the text at a place at a time, and take the digest of what is measured."""
        name, cut = place
        digest = self.digests.get(place)
        pieces = streamed_pieces(_between(self.request.texts[name].pieces(), between(cut, self.lengths[name])))
        while several := list(islice(pieces, SEVERAL)):
            for piece in several if digest else ():
                digest.add(piece)  # type: ignore[union-attr]
            yield several


def encode_subwords(request: Request, arrays: Arrays) -> Layout:
    """Write a text's sub-words, each part by itself, and how many characters end with each.

    The text is cut at the characters at which characters are cut.

    Raises:
        UserError: The text would not be decoded to itself.
    """
    text, data, note = _Text(request), request.data, ""
    known = request.known
    if known is None and (data.get("tokenizer") is not None or data.get("vocabulary") is not None):
        known, _ = subwords(data, (), text.alphabet)
    if isinstance(known, Subwords) and not known.splits_as_ours:
        vocabulary, encoded = known, partial(_piece_by_piece, text, known)
        spans, ends = _write(text, vocabulary, arrays, encoded)
    else:
        distinct, numbers_at = _write_numbers(text, arrays)
        if isinstance(known, Subwords):
            vocabulary = known
        else:
            training = counts_of(arrays[NUMBERS][slice(*numbers_at[request.places["train"]])], len(distinct))
            counted = Counted(distinct, _fewer(training).tolist())
            vocabulary, note = subwords(data, counted, text.alphabet)
        words = _encoded_words(distinct, vocabulary, request.where)
        numbers = arrays[NUMBERS]
        spans, ends = _write(
            text, vocabulary, arrays, lambda place: _word_by_word(numbers[slice(*numbers_at[place])], words)
        )
        arrays.remove(NUMBERS)
    return Layout(
        vocabulary,
        {part: spans[place] for part, place in request.places.items()},
        {part: ends[place] for part, place in text.measured.items()},
        {part: text.digests[place].items() for part, place in text.measured.items() if request.known is None},
        note,
    )


def _fewer(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each word is counted in training sub-words: of a very long text in proportion, at least once."""
    share = min(1.0, MOST_COUNTED / max(1, int(counts.sum())))
    return counts if share == 1 else np.maximum(np.rint(counts * share).astype(np.int64), counts > 0)


def _piece_by_piece(text: _Text, vocabulary: Subwords, place: Place) -> Iterator[Encoded]:
    for several in text.pieces(place):
        yield vocabulary.encode_all(several, text.request.where, widths=True)


def _write_numbers(text: _Text, arrays: Arrays) -> tuple[Numbering, Parts]:
    """Write the number of each word at each place; return the distinct words, and where those of each place lie."""
    splitter, distinct, numbers_at, end = Splitter(text.alphabet), Numbering(), Parts(), 0
    with arrays.writing(NUMBERS, np.uint32) as append:
        for place in text.places:
            begin = end
            for numbers in distinct.numbers_of(splitter.split, text.pieces(place)):
                append(numbers)
                end += len(numbers)
            numbers_at[place] = begin, end
    return distinct, numbers_at


def _encoded_words(distinct: Numbering, vocabulary: Subwords, where: str) -> Encoded:
    """Return the sub-words of every distinct word, some at a time: the library takes a kilobyte for each."""
    words = iter(distinct)
    pieces = list[Encoded]()
    while several := list(islice(words, WORDS)):
        pieces.append(vocabulary.encode_all(several, where, widths=True))
    widths = np.concatenate([piece.widths for piece in pieces if piece.widths is not None])
    symbols, sizes = (np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("symbols", "sizes"))
    return Encoded(symbols, sizes, widths)


def _word_by_word(numbers: Numbers, words: Encoded) -> Iterator[Encoded]:
    """Yield the sub-words of the words with some numbers."""
    assert words.widths is not None
    firsts = np.cumsum(words.sizes) - words.sizes
    for piece in pieces_of(numbers):
        sizes = words.sizes[piece]
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1]) + np.repeat(firsts[piece] - (ends - sizes), sizes)
        yield Encoded(words.symbols[places], sizes, words.widths[places])


def _write(
    text: _Text, vocabulary: Subwords, arrays: Arrays, encoded: Callable[[Place], Iterable[Encoded]]
) -> tuple[Parts, Parts]:
    """Write symbols and, of what is measured, ends in characters; return where those of each place lie."""
    spans, ends, end, end_of_ends = Parts(), Parts(), 0, 0
    with arrays.writing(SYMBOLS, vocabulary.dtype) as append, arrays.writing(CHARACTERS, np.int64) as append_ends:
        for place in text.places:
            begin, total = end, 0
            for symbols, _, widths in encoded(place):
                append(symbols)
                end += len(symbols)
                if place in text.digests and widths is not None and len(widths):
                    characters = np.cumsum(widths) + total
                    append_ends(characters)
                    total = int(characters[-1])
            spans[place] = begin, end
            if place in text.digests:
                ends[place] = end_of_ends, end_of_ends + end - begin
                end_of_ends += end - begin
    return spans, ends


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
