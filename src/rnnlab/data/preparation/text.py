"""One long text, cut into windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.items import MEASURED, Items, items_of_stream, measured
from rnnlab.data.prepared import SHUFFLED, STREAMS, Known, Part, Prepared
from rnnlab.data.sequences import Windows
from rnnlab.data.source import Source
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.split import PARTS, check_parts, note_on_parts
from rnnlab.data.text.bpe import LEVEL, pieces
from rnnlab.data.text.encoded import CHUNK, Encoded, alphabet_of
from rnnlab.data.text.vocabularies import level_of, subwords
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

# Where validation and test begin, as shares of the text. `90/10` tests on what it validates, and `whole` trains,
# validates and tests on everything: the notes of a run say so.
CUTS = {
    "80/10/10": ((0.0, 0.8), (0.8, 0.9), (0.9, 1.0)),
    "90/10": ((0.0, 0.9), (0.9, 1.0), (0.9, 1.0)),
    "whole": ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0)),
}
NOTES = {"90/10": "the test part is the validation part", "whole": "training, validation and test are the whole text"}

# Evaluation reads a text as a few streams at a time, each long enough that its beginning, which the model reads from
# an empty state, does not show in the mean.
EVALUATION_STREAM = 8_192
EVALUATION_WINDOW = 512
MOST_STREAMS = 128  # of a long text: more would take memory and gain nothing

ALL = "all"  # the name of a text that is cut into parts
Place = tuple[str, tuple[float, float]]  # the name of a text, and between which shares of it a part lies
# The vocabulary, each part in it, which characters validation and test hold, and a note on the vocabulary, or ''.
_Read = tuple[Vocabulary, dict[str, Encoded], dict[str, Items], str]


def prepare_text(
    source: Source,
    split: Mapping[str, Any],  # noqa: ARG001
    data: Mapping[str, Any],
    known: Known | None = None,
) -> Prepared:
    """Cut a text into contiguous parts, unless the names of its files say them, and each part into windows.

    Training reads overlapping windows in random order (`data.windows=sliding`) or adjoining ones as streams
    (`data.windows=streams`); validation and test always read their whole text, state carried along. `split.seed` is
    not used: the cuts lie at fixed shares of the text.

    Raises:
        UserError: The source is no text, or a part of it is too short for a window.
    """
    if not isinstance(source.content, TextFiles):
        raise UserError(f"data={source.name} is no running text, which a character model reads, such as data=stdlib")
    if known is not None:
        where = source.where
        whole = _read(source.content, known.vocabulary, where)
        if len(whole.symbols) < 2:
            raise UserError(f"{where} holds a single symbol; at least 2 are needed, since the first is not predicted")
        note = note_on_parts(source.content.parts, trained=False)
        parts = {"test": _evaluated(whole, "test")}
        return Prepared(source.name, source.sha256, known.vocabulary, parts, notes=(note,) if note else ())
    level = level_of(data, "chars", ("char", "word", LEVEL))
    texts, places, on_parts = _places(source.content, source.limit, data["parts"], source.where)
    read = {"char": _in_characters, "word": _in_words, LEVEL: _in_subwords}[level]
    vocabulary, encoded, items, note = read(texts, places, data)
    parts = {part: _evaluated(encoded[part], part) for part in MEASURED}
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={"train": _trained(encoded["train"].symbols, data), **parts},
        notes=tuple(filter(None, (source.content.note, on_parts, note, NOTES.get(data["parts"])))),
        items=items,
    )


def _places(
    text: TextFiles, limit: int | None, shares: str, where: str
) -> tuple[dict[str, TextFiles], dict[str, Place], str]:
    """Return the texts that are cut, where in them each part lies, and a note on that, or ''.

    Where the files' names say parts, each of those is a text of its own, cut only if it has to serve for two.

    Args:
        text: All of it.
        limit: How many characters of it are used.
        shares: A key of `CUTS`.
        where: Begins the line about what is wrong.

    Raises:
        UserError: The files are named for other parts than are needed.
    """
    if text.parts is None or shares == "whole":
        cuts = zip(PARTS, CUTS[shares], strict=True)
        return {ALL: replace(text, limit=limit)}, {part: (ALL, cut) for part, cut in cuts}, ""
    if shares == "80/10/10":
        check_parts(text.parts, where)
    elif {*text.parts} != {"train", "val"}:
        raise UserError(f"data.parts={shares} tests on what it validates, and files of {where} are named for test")
    names = [part for part in PARTS if part in text.parts]
    places: dict[str, Place] = {part: (part, (0.0, 1.0)) for part in names}
    if "val" not in names:
        places |= {"train": ("train", (0.0, 0.9)), "val": ("train", (0.9, 1.0))}
    return _limited(text, names, limit), {"test": places["val"], **places}, note_on_parts(text.parts, trained=True)


def _limited(text: TextFiles, names: Sequence[str], limit: int | None) -> dict[str, TextFiles]:
    """Return the text of each part; of all together about `limit` characters are used, of each the same share."""
    texts = {name: text.part(name) for name in names}
    if limit is None:
        return texts
    sizes = {name: sum(map(len, texts[name].pieces())) for name in names}
    share = min(1.0, limit / sum(sizes.values()))
    return {name: text.part(name, max(1, int(share * sizes[name]))) for name in names}


def _between(cut: tuple[float, float], count: int) -> slice:
    """Return which of `count` characters or symbols lie between two cuts."""
    return slice(int(cut[0] * count), int(cut[1] * count))


def _in_characters(
    texts: Mapping[str, TextFiles],
    places: Mapping[str, Place],
    data: Mapping[str, Any],  # noqa: ARG001
) -> _Read:
    """Read the text in characters, and cut it."""
    vocabulary = Vocabulary.of_characters(chain.from_iterable(text.pieces() for text in texts.values()))
    read = {name: _read(text, vocabulary, "data") for name, text in texts.items()}
    parts = {part: _cut(read[name], cut) for part, (name, cut) in places.items()}
    return vocabulary, parts, measured(lambda part: items_of_stream(_spelled(part.symbols, vocabulary)), parts), ""


def _in_words(texts: Mapping[str, TextFiles], places: Mapping[str, Place], data: Mapping[str, Any]) -> _Read:
    """Read the text in words, and cut it behind a word."""
    words = {name: text.words() for name, text in texts.items()}
    pieces = {part: words[name][_between(cut, len(words[name]))] for part, (name, cut) in places.items()}
    vocabulary = Vocabulary.of_words(pieces["train"], data["min_count"])
    read = {name: vocabulary.encode_all([whole], widths=True) for name, whole in words.items()}
    parts = {part: _cut(read[name], cut) for part, (name, cut) in places.items()}
    return vocabulary, parts, measured(lambda piece: items_of_stream([" ".join(piece)]), pieces), ""


def _cut(read: Encoded, cut: tuple[float, float]) -> Encoded:
    place = _between(cut, len(read.symbols))
    return Encoded(read.symbols[place], read.sizes, None if read.widths is None else read.widths[place])


def _in_subwords(texts: Mapping[str, TextFiles], places: Mapping[str, Place], data: Mapping[str, Any]) -> _Read:
    """Read the text in sub-words, cut at the character at which level=char cuts it."""
    whole = {name: "".join(text.pieces()) for name, text in texts.items()}
    # two parts may lie in the same place
    cut = {(name, cut): whole[name][_between(cut, len(whole[name]))] for name, cut in places.values()}
    vocabulary, note = subwords(data, [cut[places["train"]]], alphabet_of(whole.values()))
    encoded = {place: vocabulary.encode_all(list(pieces(piece)), widths=True) for place, piece in cut.items()}
    items = measured(lambda place: items_of_stream([cut[place]]), places)
    return vocabulary, {part: encoded[place] for part, place in places.items()}, items, note


def _spelled(symbols: NDArray[np.unsignedinteger], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the text of characters piece by piece."""
    points = np.array(list(map(ord, vocabulary.symbols)), dtype="<u4")
    for begin in range(0, len(symbols), CHUNK):
        yield points[symbols[begin : begin + CHUNK]].tobytes().decode("utf-32-le", "surrogatepass")


def _read(text: TextFiles, vocabulary: Vocabulary, where: str) -> Encoded:
    """Return the text's symbols; of characters they are all that is ever held, a byte each as a rule."""
    if vocabulary.level == "word":
        return vocabulary.encode_all([text.words()], where, widths=True)
    if vocabulary.level == LEVEL:
        return vocabulary.encode_all(list(pieces("".join(text.pieces()))), where, widths=True)
    symbols = np.empty(sum(map(len, text.pieces())), dtype=vocabulary.dtype)
    end = 0
    for piece in text.pieces():
        begin, end = end, end + len(piece)
        symbols[begin:end] = vocabulary.encode(piece, key=where)
    return Encoded(symbols, np.array([len(symbols)]))


def _trained(symbols: NDArray[np.unsignedinteger], data: Mapping[str, Any]) -> Part:
    length = data["sequence_length"]
    if len(symbols) < length + 1:
        raise UserError(f"data.sequence_length={length} is longer than the training text of {len(symbols)} symbols")
    if data["windows"] == STREAMS:
        return Part(Windows(symbols, length, stride=length), STREAMS)
    return Part(Windows(symbols, length, data["stride"]), SHUFFLED)


def _evaluated(read: Encoded, part: str) -> Part:
    symbols, _, widths = read
    if len(symbols) < 2:
        raise UserError(f"data: the text leaves {len(symbols)} symbols for {part}; at least 2 are needed")
    streams = min(max(1, len(symbols) // EVALUATION_STREAM), MOST_STREAMS)
    windows = Windows(symbols, EVALUATION_WINDOW, stride=EVALUATION_WINDOW)
    return Part(windows, STREAMS, streams, characters=None if widths is None else np.cumsum(widths))
