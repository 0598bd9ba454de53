"""A text in pieces is what it is as a whole: the same symbols, vocabulary, parts, counts and items at every size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.cache import entries
from rnnlab.data.corpus import encoding, layout, subwords, words
from rnnlab.data.corpus.splitting import Splitter
from rnnlab.data.formats import decoding
from rnnlab.data.items import Items, items_of_stream
from rnnlab.data.prepared import Known, Part, Prepared, prepare, prepare_other
from rnnlab.data.text import bpe
from rnnlab.data.text.vocabularies import subwords as subwords_of
from rnnlab.data.text.vocabulary import Vocabulary

LEVELS = ("char", "word", "bpe")
SHARES = {"80/10/10": (0.8, 0.9, 1.0), "90/10": (0.9, 1.0, 1.0)}
PLAIN = "".join(f"line {n}: the {n % 7} of\tall  words,\n" + "\n" * (n % 3) for n in range(900))
TEXTS = {
    "ascii": PLAIN,
    "unicode": PLAIN.replace("the", "thé\u00a0ß 語🎵").replace("all", "a\u2028ll\x1cx"),
    "separators": PLAIN.replace("\t", "\x1d"),
    "a word [UNK]": PLAIN.replace("words", "[UNK]"),
    "long words": "x" * 3000 + PLAIN,
    "blanks around": "\n \n" + PLAIN + "   \n\n",
}


class Expected(NamedTuple):
    """A part as it is when the whole text lies in memory."""

    symbols: list[int]
    widths: list[int] | None
    items: Items


@pytest.fixture(autouse=True)
def tiny_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RNNLAB_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(decoding, "PIECE", 97)
    monkeypatch.setattr(words, "PIECE", 211)
    monkeypatch.setattr(layout, "AT_ONCE", 128)
    monkeypatch.setattr(bpe, "PIECE", 300)
    monkeypatch.setattr(subwords, "SEVERAL", 3)


def configured(folder: Path, texts: Mapping[str, str], **data: Any) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    config = plain(compose_train(["task=chars", "data=file", "data.path=FILE", "data.sequence_length=8"])[1])
    files = {**config["data"]["files"], "path": str(folder)}
    return {**config, "data": {**config["data"], "files": files, "vocab_size": 120, **data}}


def as_a_whole(text: str, level: str, shares: str, least: int = 1) -> tuple[Vocabulary, dict[str, Expected]]:
    """The text as one string: split, counted and encoded without pieces."""
    second, third, end = SHARES[shares]
    cuts = {"train": (0.0, second), "val": (second, third), "test": (third, end)}
    if shares == "90/10":
        cuts["test"] = cuts["val"]
    sequence: Any = text.split() if level == "word" else text
    cut = {part: sequence[int(a * len(sequence)) : int(b * len(sequence))] for part, (a, b) in cuts.items()}
    if level == "word":
        vocabulary = Vocabulary.of_words(cut["train"], least)
    elif level == "char":
        vocabulary = Vocabulary(tuple(sorted(set(text))))
    else:
        made = {"vocab_size": 120}
        vocabulary, _ = subwords_of(made, [cut["train"]], sorted(set(text)))
    expected = {}
    for part, piece in cut.items():
        whole = [piece] if level != "bpe" else list(bpe.pieces(piece))
        symbols, _, widths = vocabulary.encode_all(whole, widths=level != "char")
        read = " ".join(piece) if level == "word" else piece
        expected[part] = Expected(
            symbols.tolist(), None if widths is None else np.cumsum(widths).tolist(), items_of_stream([read])
        )
    return vocabulary, expected


def check(prepared: Prepared, vocabulary: Vocabulary, expected: Mapping[str, Expected]) -> None:
    assert prepared.vocabulary == vocabulary
    for part, whole in expected.items():
        found = prepared.parts[part]
        assert found.sequences.symbols.tolist() == whole.symbols
        assert found.sequences.symbols.dtype == vocabulary.dtype
        assert found.counts(len(vocabulary)).tolist() == np.bincount(whole.symbols, minlength=len(vocabulary)).tolist()
        if part != "train":
            assert (found.characters is None) is (whole.widths is None)
            assert whole.widths is None or found.characters.tolist() == whole.widths  # type: ignore[union-attr]
            assert prepared.items[part] == whole.items


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_text_in_pieces_is_the_text_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, name: str, large: bool
) -> None:
    monkeypatch.setattr(encoding, "IN_MEMORY", 0 if large else 1 << 30)
    shares = "80/10/10" if name != "unicode" else "90/10"
    least = 1 if name != "separators" else 3
    config = configured(tmp_path / "texts", {"a.txt": TEXTS[name]}, level=level, parts=shares, min_count=least)
    check(prepare(config), *as_a_whole(TEXTS[name], level, shares, least))
    assert bool(entries.entries()) is large
    check(prepare(config), *as_a_whole(TEXTS[name], level, shares, least))  # a second start
    assert len(entries.entries()) == large


@pytest.mark.parametrize("level", LEVELS)
def test_parts_with_files_of_their_own_are_the_same_at_every_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    texts = {f"{part}.txt": TEXTS["ascii"][begin:] for begin, part in enumerate(("train", "test"))}
    config = configured(tmp_path / "texts", texts, level=level, limit=20_000)
    small = prepare(config)
    monkeypatch.setattr(encoding, "IN_MEMORY", 0)
    large = prepare(config)
    assert large.vocabulary == small.vocabulary and large.items == small.items and large.notes == small.notes
    for part, piece in small.parts.items():
        assert contents(large.parts[part]) == contents(piece)


def contents(part: Part) -> tuple[Any, ...]:
    characters = None if part.characters is None else part.characters.tolist()
    return part.sequences.symbols.tolist(), characters, len(part.sequences), part.predictions, part.size


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("level", LEVELS)
def test_a_trained_model_reads_other_texts_in_pieces_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, large: bool
) -> None:
    trained = prepare(configured(tmp_path / "trained", {"a.txt": TEXTS["ascii"]}, level=level))
    monkeypatch.setattr(encoding, "IN_MEMORY", 0 if large else 1 << 30)
    other = "all of the words, line 17: the 3\n" * 300
    read = prepare_other(
        configured(tmp_path / "other", {"b.txt": other}, level=level), Known(trained.vocabulary, trained.card)
    )
    texts: Any = {"char": [other], "word": [other.split()], "bpe": list(bpe.pieces(other))}[level]
    assert read.parts["test"].sequences.symbols.tolist() == trained.vocabulary.encode_all(texts).symbols.tolist()


def test_of_a_very_long_text_words_are_counted_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subwords, "MOST_COUNTED", 500)
    prepared = prepare(configured(tmp_path / "texts", {"a.txt": TEXTS["ascii"]}, level="bpe"))
    assert " words" in prepared.vocabulary.symbols
    text = prepared.vocabulary.decode(prepared.parts["train"].sequences.symbols.tolist())
    assert text == TEXTS["ascii"][: int(0.8 * len(TEXTS["ascii"]))]


def test_no_word_reaches_from_one_file_into_the_next(tmp_path: Path) -> None:
    texts = {"a.txt": "one two", "b.txt": "three four\n", "c.txt": "five " * 40}
    read = prepare(configured(tmp_path / "texts", texts, level="word"))
    assert read.vocabulary.alphabet == ("five", "four", "one", "three", "two")


def test_sizes_of_windows_need_no_pass_over_them() -> None:
    from rnnlab.data.prepared import SHUFFLED, STREAMS
    from rnnlab.data.sequences import Windows

    symbols = np.zeros(1003, dtype=np.uint8)
    for stride, reading in ((10, STREAMS), (10, SHUFFLED), (3, SHUFFLED), (1, SHUFFLED)):
        part = Part(Windows(symbols, 10, stride), reading)
        rows = np.arange(len(part.sequences))
        lengths = part.sequences.lengths(rows)
        assert part.sequences.total == lengths.sum() and part.sequences.longest == lengths.max()
        assert part.size == part.count(rows) and part.predictions == lengths.sum() - len(rows)


@given(st.text(st.sampled_from("ab1_ \n\t\r\u00a0\u2028é語🎵!.'-\x1c\u0301"), max_size=40), st.integers(1, 12))
def test_a_text_is_taken_apart_as_the_library_takes_it_apart(text: str, size: int) -> None:
    texts = [text[begin : begin + size] for begin in range(0, len(text), size)]
    expected = [piece for one in texts for piece, _ in bpe.splitting().pre_tokenize_str(one)]
    if texts:
        found = Splitter(sorted(set(text))).split(texts)
        assert [piece.decode() for piece in found.to_pylist()] == expected
