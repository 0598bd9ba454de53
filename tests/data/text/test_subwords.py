"""Sub-words: nothing of a text is lost, nothing is learned of what is tested, and a file is as good as training."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import Collation
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.text import bpe
from rnnlab.data.text.subwords import Subwords
from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import PAD, START_STOP
from rnnlab.errors import UserError

TEXT = "the cat, the dog\n\n\tand  THE   other dogs;\r\n  naïve 猫 and 犬 🙂 the end \n"


def prepared(*arguments: str) -> Prepared:
    return prepare(plain(compose_train(list(arguments))[1]))


@cache
def trained_here() -> Subwords:
    return Subwords.of(bpe.train([TEXT * 3], sorted(set(TEXT)), 70, unknown=False), (START_STOP, PAD))


@cache
def of_bytes() -> Subwords:
    """As GPT-2's: its sub-words are made of bytes, so that one may be a part of a character."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=280, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator([TEXT], trainer)
    return Subwords.of(made, (START_STOP, PAD))


@given(st.lists(st.text(sorted(set(TEXT)), max_size=30), min_size=1, max_size=4))
def test_every_text_of_the_alphabet_comes_back_as_it_was(texts: list[str]) -> None:
    for vocabulary in (trained_here(), of_bytes()):
        symbols, sizes, widths = vocabulary.encode_all(texts, widths=True)
        cuts = np.split(symbols, np.cumsum(sizes)[:-1])
        assert [vocabulary.decode(row.tolist()) for row in cuts] == texts
        assert widths is not None
        assert [int(row.sum()) for row in np.split(widths, np.cumsum(sizes)[:-1])] == [len(text) for text in texts]


def test_a_long_text_is_tokens_of_as_if_it_were_not_cut_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained_here().encode(TEXT * 20)
    monkeypatch.setattr(bpe, "PIECE", 41)
    assert len(list(bpe.pieces(TEXT * 20))) > 20
    assert trained_here().encode(TEXT * 20).tolist() == whole.tolist()


@given(st.lists(st.integers(0, 279), max_size=30), st.sampled_from(["", "the ", "猫"]))
def test_pieces_of_a_text_are_the_text_and_no_half_characters(drawn: list[int], prefix: str) -> None:
    """Whatever bytes a model draws: what they spell in part is left out, in pieces as in one."""
    vocabulary = of_bytes()
    read = vocabulary.encode(prefix).tolist()
    whole = vocabulary.continued(prefix, read, drawn)
    assert whole.startswith(prefix) and "\N{REPLACEMENT CHARACTER}" not in whole
    assert "".join(vocabulary.continuing(prefix, read, drawn)).startswith(prefix)
    assert "\N{REPLACEMENT CHARACTER}" not in "".join(vocabulary.continuing(prefix, read, drawn))


def test_a_character_of_four_bytes_is_printed_when_its_last_one_is_drawn() -> None:
    vocabulary = of_bytes()
    drawn = [vocabulary.symbols.index(symbol) for symbol in "ĠðŁĻĤ"]  # how the library writes the bytes of " 🙂"
    assert list(vocabulary.continuing("a", vocabulary.encode("a").tolist(), drawn)) == ["a", " ", "🙂"]
    assert vocabulary.decode(drawn[:-1]) == " "


def test_pairs_are_counted_in_the_training_part_alone() -> None:
    """Those of the training names alone make the same sub-words again."""
    actual = prepared("data.level=bpe", "data.limit=2000", "data.vocab_size=60")
    vocabulary = actual.vocabulary
    assert isinstance(vocabulary, Subwords)
    part = actual.parts["train"].sequences
    items = [vocabulary.decode(row.tolist()) for row in np.split(part.symbols, part.starts(np.arange(len(part)))[1:])]
    again = Subwords.of(bpe.train(items, vocabulary.alphabet[:26], 60, unknown=False), (START_STOP, PAD))
    assert again == vocabulary and len(vocabulary) == 62


def test_the_same_text_gives_the_same_sub_words_and_their_card_is_plain() -> None:
    first, second = (prepared("task=chars", "data=nursery_rhyme", "data.level=bpe", "data.vocab_size=40") for _ in "ab")
    assert first.vocabulary == second.vocabulary and len(first.vocabulary) == 40
    card = json.loads(json.dumps(first.vocabulary.card))
    assert from_card(card) == first.vocabulary


def test_a_corpus_that_has_no_more_pairs_says_how_many_there_are() -> None:
    actual = prepared("task=chars", "data=nursery_rhyme", "data.level=bpe", "data.vocab_size=1000")
    count = len(actual.vocabulary)
    assert 21 < count < 1000
    assert any(f"gives {count} sub-words, not data.vocab_size=1000" in note for note in actual.notes)


@pytest.mark.parametrize("level", ["data.level=word", "data.level=bpe"])
def test_every_character_of_a_text_is_counted_once(level: str) -> None:
    """All but those of the first symbol, which is not predicted; a word has the blank before it."""
    settings = ("task=chars", "data=nursery_rhyme", level, "data.vocab_size=50")
    actual = prepared(*settings)
    batches = list(SequenceDataModule(actual, 32, seed=0).val_dataloader())
    symbols = actual.parts["val"].sequences.symbols
    first = actual.vocabulary.decode(symbols[:1].tolist())
    assert sum(batch.characters or 0 for batch in batches) == 328 - len(first)


def test_the_characters_of_a_name_are_its_own_and_its_end() -> None:
    actual = prepared("data.level=bpe", "data.limit=200", "data.sequence_length=3")
    part = actual.parts["val"]
    rows = np.arange(len(part.sequences))
    batch = Collation(part, actual.vocabulary.pad)(rows)
    expected = 0
    for row, length in zip(batch.targets.tolist(), batch.lengths.tolist(), strict=True):
        read = row[:length]  # what is cut off is not predicted, and its characters are not counted
        expected += len(actual.vocabulary.decode(read)) + (read[-1] == actual.vocabulary.start_stop)
    assert batch.characters == expected
    assert prepared("data.limit=200").parts["val"].characters is None


def test_a_file_gives_the_sub_words_that_were_trained(tmp_path: Path) -> None:
    made = prepared("task=chars", "data=nursery_rhyme", "data.level=bpe", "data.vocab_size=40")
    assert isinstance(made.vocabulary, Subwords)
    file = tmp_path / "it's 50% (mine), really.json"
    file.write_text(made.vocabulary.tokenizer)
    config: dict[str, Any] = plain(compose_train(["task=chars", "data=nursery_rhyme", "data.level=bpe"])[1])
    config["data"]["tokenizer"] = str(file)
    assert prepare(config).vocabulary == made.vocabulary


def test_a_tokenizer_that_loses_something_is_refused_for_a_language_model_only(tmp_path: Path) -> None:
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"mary": 0, "[UNK]": 1}, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.Lowercase()
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.decoder = tokenizers.decoders.Fuse()
    lossy = Subwords.of(made)
    assert lossy.encode("Mary who").tolist() == [0, 1]  # it has an [UNK] of its own
    made = tokenizers.Tokenizer(tokenizers.models.BPE({"a": 0, "b": 1}, []))
    with pytest.raises(UserError, match=r"^here: the vocabulary has no 'c', 'é'; it knows 2 sub-words of 'ab'$"):
        Subwords.of(made).encode("abcé", "here")
    made.normalizer = tokenizers.normalizers.Replace("bb", "b")
    made.decoder = tokenizers.decoders.Fuse()
    with pytest.raises(UserError, match="keeps every character"):
        Subwords.of(made).encode("abba", "here")
    with pytest.raises(UserError, match=r"no '.udcff'"):
        Subwords.of(made).encode("\udcff", "here")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"version": "1.0", "model": {"type": "BPE"}}', "\0", "nonsense"])
def test_a_file_that_is_no_tokenizer_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(UserError, match=r"^data.tokenizer: .*t\.json is no tokenizer\.json of [^\n]*$"):
        bpe.read(str(tmp_path / "t.json"))
