"""One long text, cut into windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.prepared import SHUFFLED, STREAMS, Known, Part, Prepared
from rnnlab.data.sequences import Windows
from rnnlab.data.source import Source
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.split import PARTS
from rnnlab.data.text.bpe import LEVEL, pieces
from rnnlab.data.text.encoded import Encoded, alphabet_of
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

Cuts = Mapping[str, tuple[float, float]]  # of each part


def prepare_text(
    source: Source,
    split: Mapping[str, Any],  # noqa: ARG001
    data: Mapping[str, Any],
    known: Known | None = None,
) -> Prepared:
    """Cut a text into contiguous parts, and each part into windows.

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
        read = _read(source.content, known.vocabulary, where)
        if len(read.symbols) < 2:
            raise UserError(f"{where} holds a single symbol; at least 2 are needed, since the first is not predicted")
        return Prepared(source.name, source.sha256, known.vocabulary, {"test": _evaluated(read, "test")})
    level = level_of(data, "chars", ("char", "word", LEVEL))
    text = replace(source.content, limit=source.limit)
    cuts = dict(zip(PARTS, CUTS[data["parts"]], strict=True))
    vocabulary, encoded, note = (_in_subwords if level == LEVEL else _in_symbols)(text, cuts, data)
    parts = {part: _evaluated(encoded[part], part) for part in ("val", "test")}
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts={"train": _trained(encoded["train"].symbols, data), **parts},
        notes=tuple(filter(None, (note, NOTES.get(data["parts"])))),
    )


def _places(cut: tuple[float, float], count: int) -> slice:
    """Return which of `count` characters or symbols lie between two cuts."""
    return slice(int(cut[0] * count), int(cut[1] * count))


def _in_symbols(text: TextFiles, cuts: Cuts, data: Mapping[str, Any]) -> tuple[Vocabulary, dict[str, Encoded], str]:
    """Return the vocabulary of characters or words, and each part of the text in it."""
    if data["level"] == "word":
        words = text.words()
        vocabulary = Vocabulary.of_words(words[_places(cuts["train"], len(words))], data["min_count"])
    else:
        vocabulary = Vocabulary.of_characters(text.pieces())
    symbols, sizes, widths = _read(text, vocabulary, "data")
    places = {part: _places(cuts[part], len(symbols)) for part in cuts}
    encoded = {
        part: Encoded(symbols[place], sizes, None if widths is None else widths[place])
        for part, place in places.items()
    }
    return vocabulary, encoded, ""


def _in_subwords(text: TextFiles, cuts: Cuts, data: Mapping[str, Any]) -> tuple[Vocabulary, dict[str, Encoded], str]:
    """Return the vocabulary of sub-words and each part in it, cut at the character at which level=char cuts it."""
    whole = "".join(text.pieces())
    places = {cut: whole[_places(cut, len(whole))] for cut in cuts.values()}  # two parts may be the same
    vocabulary, note = subwords(data, [places[cuts["train"]]], alphabet_of([whole]))
    encoded = {cut: vocabulary.encode_all(list(pieces(part)), widths=True) for cut, part in places.items()}
    return vocabulary, {part: encoded[cut] for part, cut in cuts.items()}, note


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
