"""A text as words: what stands between blanks.

The text is read once. A word gets the next number when it first occurs, and these numbers are written as the text goes
by. When all are counted, the words that are frequent enough in training become the vocabulary, and a second pass over
the numbers, not over the text, gives every occurrence its index there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.cache.arrays import Arrays
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
from rnnlab.data.items import MEASURED, Items, TextDigest
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.text.vocabulary import UNKNOWN, Vocabulary
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 1 << 23  # characters whose words are told apart at a time: few enough that the distinct ones fit into a cache
LONGEST_WORD = 1 << 26  # characters
SEPARATORS = "\x1c\x1d\x1e\x1f"  # blanks to Python and to Unicode, but not to arrow's reading of ASCII


def encode_words(request: Request, arrays: Arrays) -> Layout:
    """Write a text's words, and how many characters end with each; cut behind a word.

    Raises:
        UserError: A word is missing in the known vocabulary, which has no `[UNK]`; or the text has no blanks.
    """
    words, texts = _Words(), dict[str, Span]()
    with arrays.writing(NUMBERS, np.uint32) as append:
        end = 0
        for name, text in request.texts.items():
            begin = end
            for numbers in words.numbers_in(text):
                append(numbers)
                end += len(numbers)
            texts[name] = begin, end
    numbers = arrays[NUMBERS]
    spans = {part: _span(place, texts) for part, place in request.places.items()}
    vocabulary = request.known or words.vocabulary(numbers[slice(*spans["train"])], request.data["min_count"])
    index_of = words.indices(vocabulary, request.where)
    with arrays.writing(SYMBOLS, vocabulary.dtype) as append:
        for piece in pieces_of(numbers):
            append(index_of[piece])
    measured = {part: span for part, span in spans.items() if part in MEASURED}
    characters = _write_characters(measured, numbers, words.widths, arrays)
    items = {} if request.known else {part: words.items(numbers[slice(*span)]) for part, span in measured.items()}
    arrays.remove(NUMBERS)
    return Layout(vocabulary, spans, characters, items)


def _span(place: Place, texts: dict[str, Span]) -> Span:
    name, cut = place
    begin, end = texts[name]
    first, last = between(cut, end - begin)
    return begin + first, begin + last


def _write_characters(
    spans: dict[str, Span], numbers: Numbers, widths: NDArray[np.int64], arrays: Arrays
) -> dict[str, Span]:
    """Write how many characters of its part end with each word; return where those of each part lie."""
    written: dict[Span, Span] = {}  # validation and test may be the same
    with arrays.writing(CHARACTERS, np.int64) as append:
        end = 0
        for span in dict.fromkeys(spans.values()):
            total = 0
            for piece in pieces_of(numbers[slice(*span)]):
                ends = np.cumsum(widths[piece]) + total
                append(ends)
                total = int(ends[-1])
            size = span[1] - span[0]
            written[span] = end, end + size
            end += size
    return {part: written[span] for part, span in spans.items()}


class _Words:
    """The distinct words of a text, in UTF-8, in the order in which they first occur."""

    def __init__(self) -> None:
        self._numbering = Numbering()

    def numbers_in(self, text: TextFiles) -> Iterator[Numbers]:
        """Yield the numbers of a text's words in pieces."""
        return self._numbering.numbers_of(_split, _whole_words(text))

    def vocabulary(self, training: Numbers, least: int) -> Vocabulary:
        """Return the sorted words that occur at least `least` times among some numbers, and `[UNK]`."""
        import pyarrow as pa

        frequent = pa.array(counts_of(training, len(self._numbering)) >= least)
        words = self._numbering.distinct.filter(frequent).cast(pa.large_string()).to_pylist()
        return Vocabulary((*sorted(words), UNKNOWN), "word")

    def indices(self, vocabulary: Vocabulary, where: str) -> NDArray[np.unsignedinteger]:
        """Return the index of each word in a vocabulary, `(V,)`.

        Raises:
            UserError: It lacks a word, and has no `[UNK]`.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        known = pa.array([symbol.encode() for symbol in vocabulary.symbols], pa.large_binary())
        words = self._numbering.distinct
        places = pc.index_in(words, value_set=known)
        # a word that is written like the symbol for the unknown is one of them
        others = pc.or_(places.is_null(), pc.equal(words, UNKNOWN.encode())).to_numpy(zero_copy_only=False)
        indices: NDArray[np.unsignedinteger] = places.fill_null(0).to_numpy().astype(vocabulary.dtype)
        if others.any():
            several = (
                [UNKNOWN] if UNKNOWN in vocabulary else [word.decode() for word in words.filter(others).to_pylist()]
            )
            indices[others] = vocabulary.encode_all([several], where).symbols
        return indices

    @cached_property
    def widths(self) -> NDArray[np.int64]:
        """`(V,)`, the characters of each word and of the blank before it."""
        import pyarrow as pa
        import pyarrow.compute as pc

        lengths: NDArray[np.int64] = pc.utf8_length(self._numbering.distinct.cast(pa.large_string())).to_numpy()
        return lengths + 1

    @cached_property
    def _spelled(self) -> pa.LargeBinaryArray:
        """Each word behind a blank."""
        import pyarrow as pa
        import pyarrow.compute as pc

        nothing, blank = (pa.scalar(content, pa.large_binary()) for content in (b"", b" "))
        return pc.binary_join_element_wise(nothing, self._numbering.distinct, blank)

    def items(self, numbers: Numbers) -> Items:
        """Return the characters of a text of these words with a blank between every two."""
        import pyarrow as pa

        digest = TextDigest()
        for number, piece in enumerate(pieces_of(numbers)):
            content = memoryview(self._spelled.take(pa.array(piece)).buffers()[2])
            first = number == 0  # the text begins without a blank
            digest.add_encoded(content[first:], int(self.widths[piece].sum()) - first)
        return digest.items()


def _whole_words(text: TextFiles) -> Iterator[str]:
    """Yield a text in pieces of some million characters that no word reaches over, and that are not all blanks."""
    held, size = list[str](), 0
    for piece in text.pieces(between=" "):
        held.append(piece)
        size += len(piece)
        if size < PIECE:
            continue
        whole = "".join(held)
        head, last = (whole, "") if whole[-1].isspace() else _before_last_word(whole)
        if len(last) > LONGEST_WORD:
            raise UserError(
                f"data: {text.files[0]} has {LONGEST_WORD:,} characters without a blank; read it with data.level=char"
            )
        held, size = [last], len(last) if len(last) < PIECE else 0
        if head := head.strip():
            yield head
    if last := "".join(held).strip():
        yield last


def _before_last_word(text: str) -> tuple[str, str]:
    parts = text.rsplit(None, 1)
    return (parts[0], parts[1]) if len(parts) == 2 else ("", text)


def _split(piece: str) -> pa.LargeStringArray:
    """Return the words of a text that begins and ends with one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = piece.isascii() and not any(separator in piece for separator in SEPARATORS)
    split = pc.ascii_split_whitespace if plain else pc.utf8_split_whitespace
    words: pa.LargeStringArray = split(pa.array([piece], pa.large_string())).values
    return words
