"""One long text, cut into windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rnnlab.data.corpus.encoding import Corpus, EncodedPart, encode
from rnnlab.data.corpus.layout import Place, Request
from rnnlab.data.prepared import SHUFFLED, STREAMS, Known, Part, Prepared
from rnnlab.data.sequences import Windows
from rnnlab.data.source import Source
from rnnlab.data.sources.files import sha256
from rnnlab.data.sources.text_files import TextFiles
from rnnlab.data.split import PARTS, check_parts, note_on_parts
from rnnlab.data.text.bpe import LEVEL, read
from rnnlab.data.text.vocabularies import level_of
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
# What of the node `data` decides beside the level how a text is encoded.
SETTINGS = {"word": ("min_count",), LEVEL: ("vocab_size",)}
LONGEST_CHARACTER = 4  # bytes of UTF-8


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
    text = source.content
    if not isinstance(text, TextFiles):
        raise UserError(f"data={source.name} is no running text, which a character model reads, such as data=stdlib")
    if known is not None:
        return _of_a_model(source, text, known.vocabulary)
    level = level_of(data, "chars", ("char", "word", LEVEL))
    places, on_parts = _places(text, data["parts"], source.where)
    corpus = _encoded(source, text, level, places, data)
    parts = {part: _evaluated(corpus.parts[part], part) for part in ("val", "test")}
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=corpus.vocabulary,
        parts={"train": _trained(corpus.parts["train"], data), **parts},
        notes=tuple(filter(None, (text.note, on_parts, corpus.note, NOTES.get(data["parts"])))),
        items=corpus.items,
    )


def _of_a_model(source: Source, text: TextFiles, vocabulary: Vocabulary) -> Prepared:
    """Return the whole text as a trained model reads it."""
    where = source.where
    request = Request({ALL: text}, {"test": (ALL, (0.0, 1.0))}, {}, vocabulary, where)
    made_from = {"sha256": source.sha256, "reader": dict(source.reader), "vocabulary": vocabulary.card}
    (test,) = encode(vocabulary.level, lambda: request, text.size, made_from, where).parts.values()
    if len(test.symbols) < 2:
        raise UserError(f"{where} holds a single symbol; at least 2 are needed, since the first is not predicted")
    note = note_on_parts(text.parts, trained=False)
    parts = {"test": _evaluated(test, "test")}
    return Prepared(source.name, source.sha256, vocabulary, parts, notes=(note,) if note else ())


def _encoded(
    source: Source, text: TextFiles, level: str, places: Mapping[str, Place], data: Mapping[str, Any]
) -> Corpus:
    """Return the text's parts in symbols of a vocabulary of its own."""
    trained = data.get("vocabulary") if level == LEVEL else None
    made_from = {
        "sha256": source.sha256,
        "reader": dict(source.reader),
        "limit": source.limit,
        "places": dict(places),
        "parts": text.parts,
        **{key: data[key] for key in SETTINGS.get(level, ())},
        "vocabulary": None if trained is None else trained.card,
    }
    if level == LEVEL and data.get("tokenizer") is not None:
        read(str(data["tokenizer"]))  # a line about a file that is none
        made_from["tokenizer"] = sha256([Path(data["tokenizer"])])
    size = text.size if source.limit is None else min(text.size, source.limit * LONGEST_CHARACTER)
    request = partial(_request, text, places, source.limit, data)
    return encode(level, request, size, made_from, source.where.removeprefix("data: "))


def _request(text: TextFiles, places: Mapping[str, Place], limit: int | None, data: Mapping[str, Any]) -> Request:
    names = list(dict.fromkeys(name for name, _ in places.values()))
    texts = {ALL: replace(text, limit=limit)} if names == [ALL] else _limited(text, names, limit)
    return Request(texts, places, data)


def _places(text: TextFiles, shares: str, where: str) -> tuple[dict[str, Place], str]:
    """Return where in the text each part lies, and a note on that, or ''.

    Where the files' names say parts, each of those is a text of its own, cut only if it has to serve for two.

    Args:
        text: All of it.
        shares: A key of `CUTS`.
        where: Begins the line about what is wrong.

    Raises:
        UserError: The files are named for other parts than are needed.
    """
    if text.parts is None or shares == "whole":
        return {part: (ALL, cut) for part, cut in zip(PARTS, CUTS[shares], strict=True)}, ""
    if shares == "80/10/10":
        check_parts(text.parts, where)
    elif {*text.parts} != {"train", "val"}:
        raise UserError(f"data.parts={shares} tests on what it validates, and files of {where} are named for test")
    places: dict[str, Place] = {part: (part, (0.0, 1.0)) for part in PARTS if part in text.parts}
    if "val" not in places:
        places |= {"train": ("train", (0.0, 0.9)), "val": ("train", (0.9, 1.0))}
    places = {"test": places["val"], **places}
    return {part: places[part] for part in PARTS}, note_on_parts(text.parts, trained=True)


def _limited(text: TextFiles, names: Sequence[str], limit: int | None) -> dict[str, TextFiles]:
    """Return the text of each part; of all together about `limit` characters are used, of each the same share."""
    texts = {name: text.part(name) for name in names}
    if limit is None:
        return texts
    sizes = {name: sum(map(len, texts[name].pieces())) for name in names}
    share = min(1.0, limit / sum(sizes.values()))
    return {name: text.part(name, max(1, int(share * sizes[name]))) for name in names}


def _trained(part: EncodedPart, data: Mapping[str, Any]) -> Part:
    length, symbols = data["sequence_length"], part.symbols
    if len(symbols) < length + 1:
        raise UserError(f"data.sequence_length={length} is longer than the training text of {len(symbols)} symbols")
    if data["windows"] == STREAMS:
        return Part(Windows(symbols, length, stride=length), STREAMS, known_counts=part.counts)
    return Part(Windows(symbols, length, data["stride"]), SHUFFLED, known_counts=part.counts)


def _evaluated(encoded: EncodedPart, part: str) -> Part:
    symbols = encoded.symbols
    if len(symbols) < 2:
        raise UserError(f"data: the text leaves {len(symbols)} symbols for {part}; at least 2 are needed")
    streams = min(max(1, len(symbols) // EVALUATION_STREAM), MOST_STREAMS)
    windows = Windows(symbols, EVALUATION_WINDOW, stride=EVALUATION_WINDOW)
    return Part(windows, STREAMS, streams, characters=encoded.characters, known_counts=encoded.counts)
