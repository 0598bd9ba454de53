"""Labelled texts, ready for a classifier: the shipped data sets and the user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import made
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.preparation import encoded_texts
from rnnlab.data.prepared import Known, Prepared, prepare, prepare_other
from rnnlab.data.sequences import Sequences
from rnnlab.errors import UserError
from support import real_data

PARTS = ("train", "val", "test")


@cache
def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(["task=sentiment", *arguments])[1])


def prepared(*arguments: str) -> Prepared:
    return prepare(config(*arguments))


def sequences_of(data: Prepared, part: str) -> Sequences:
    sequences = data.parts[part].sequences
    assert isinstance(sequences, Sequences)
    return sequences


def texts(data: Prepared, part: str) -> list[str]:
    """The texts of a part as the model sees them, words separated by blanks."""
    sequences = sequences_of(data, part)
    return [
        data.vocabulary.decode(sequences.symbols[start : start + size].tolist())
        for start, size in zip(sequences.offsets, sequences.sizes, strict=True)
    ]


def labels(data: Prepared, part: str) -> list[int]:
    actual = data.parts[part].labels
    assert actual is not None
    return [int(label) for label in actual]


@pytest.fixture(scope="module")
def reviews() -> Prepared:
    """The 25,000 reviews, whole: no word is unknown in training and no text is cut."""
    return prepared("data.min_count=1", "data.sequence_length=10000")


def test_reviews_are_those_of_imdb_without_repeated_ones(reviews: Prepared) -> None:
    """96 reviews are there twice, and three more differ in blanks or case only."""
    assert reviews.card["labels"] == ["negative", "positive"]
    assert sum(len(reviews.parts[part].sequences) for part in PARTS) == 24_901
    assert reviews.notes == ("99 texts that repeat another were left out",)
    assert int(reviews.parts["train"].sequences.lengths(np.arange(19_920)).max()) > 1_000  # reviews, not sentences


def test_no_review_is_in_two_parts(reviews: Prepared) -> None:
    actual = [
        sequences.symbols[start : start + size].tobytes()
        for sequences in map(sequences_of, [reviews] * 3, PARTS)
        for start, size in zip(sequences.offsets, sequences.sizes, strict=True)
    ]
    assert len(set(actual)) == len(actual) == 24_901


def test_line_breaks_of_html_are_no_words(reviews: Prepared) -> None:
    """One reviewer does write `br`."""
    (index,) = reviews.vocabulary.indices(["br"])
    assert sum((sequences_of(reviews, part).symbols == index).sum() for part in PARTS) <= 1


def test_classes_have_the_same_share_of_every_part(reviews: Prepared) -> None:
    assert reviews.balance == {
        "train": {"negative": 9_944, "positive": 9_976},
        "val": {"negative": 1_243, "positive": 1_247},
        "test": {"negative": 1_244, "positive": 1_247},
    }
    for part in PARTS:
        actual = labels(reviews, part)
        assert {"negative": actual.count(0), "positive": actual.count(1)} == reviews.balance[part]


def test_classes_are_mixed_though_the_file_is_sorted(reviews: Prepared) -> None:
    for part in PARTS:
        actual = labels(reviews, part)
        assert all(30 <= sum(actual[begin : begin + 100]) <= 70 for begin in (0, 1_000, len(actual) - 100)), part


@pytest.mark.data
def test_the_published_test_part_of_the_treebank_stays_whole() -> None:
    real_data("sst2")
    data = prepared("data=sst2", "data.min_count=1")
    assert {part: len(data.parts[part].sequences) for part in PARTS} == {"train": 6_909, "val": 872, "test": 1_821}
    assert data.balance["test"] == {"negative": 912, "positive": 909}
    actual = {part: set(texts(data, part)) for part in PARTS}
    assert actual["train"].isdisjoint(actual["val"] | actual["test"]) and actual["val"].isdisjoint(actual["test"])


def test_a_limit_is_a_fair_sample_of_a_file_that_is_sorted_by_label(tmp_path: Path) -> None:
    data = prepared("data=file", f"data.path={made.reviews(tmp_path / 'reviews.csv', 2_000)}", "data.limit=1000")
    assert sum(sum(counts.values()) for counts in data.balance.values()) == 1_000
    assert 430 < sum(counts["negative"] for counts in data.balance.values()) < 570


@pytest.mark.data
def test_polarity_is_cut_by_class() -> None:
    real_data("rt_polarity")
    whole = prepared("data=rt_polarity")
    assert {part: len(whole.parts[part].sequences) for part in PARTS} == {"train": 8_528, "val": 1_066, "test": 1_068}


@pytest.fixture
def stars(tmp_path: Path) -> Path:
    """A table of three classes and 60 texts, of which five are repeated and one has no word."""
    rows = [
        f"{word} film number {number},{stars}"
        for stars, word in enumerate(("bad", "fair", "good"))
        for number in range(20)
    ]
    rows += [f"Good  film number {number},2" for number in range(5)] + [" ,1"]
    file = tmp_path / "stars.csv"
    file.write_text("\n".join(["review,stars", *rows]), encoding="utf-8")
    return file


def own(file: Path, deduplicate: bool = True, seed: int = 2017, **data: int) -> dict[str, Any]:
    """The configuration of `data=file` with these columns; only one is composed, which takes a while."""
    composed = config("data=file", "data.path=FILE", "data.text_column=review", "data.label_column=stars")
    return {
        **composed,
        "split": {"seed": seed, "deduplicate": deduplicate},
        "data": {**composed["data"], "files": {**composed["data"]["files"], "path": str(file)}, **data},
    }


def test_equal_texts_with_another_label_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    rows = [f"film {n},{n % 2}" for n in range(40)] + ["film 0,0", "film 1,0", "Film 2,1", "film 2,0"]
    file.write_text("review,stars\n" + "".join(f"{row}\n" for row in rows))
    notes = prepare(own(file)).notes
    assert notes == ("4 texts that repeat another were left out, 2 of them with another label than that one",)


def test_a_table_of_three_classes_is_split_by_class_and_says_what_it_left_out(stars: Path) -> None:
    data = prepare(own(stars))
    assert data.card["labels"] == ["0", "1", "2"]
    assert data.balance == {
        "train": {"0": 16, "1": 16, "2": 16},
        "val": {"0": 2, "1": 2, "2": 2},
        "test": {"0": 2, "1": 2, "2": 2},
    }
    assert data.notes == ("1 text without a word was left out", "5 texts that repeat another were left out")
    words = ("bad", "fair", "good")
    assert all(
        text.startswith(words[label]) for text, label in zip(texts(data, "val"), labels(data, "val"), strict=True)
    )


def test_rare_words_and_those_of_validation_and_test_are_unknown(stars: Path) -> None:
    symbols = prepare(own(stars, min_count=10)).vocabulary.symbols
    assert symbols == ("bad", "fair", "film", "good", "number", "[UNK]", "[PAD]")


@pytest.mark.parametrize("level", ["word", "char", "bpe"])
def test_texts_are_encoded_alike_however_many_at_a_time(
    stars: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    settings: dict[str, Any] = {"sequence_length": 3, "level": level, "vocab_size": 40, "min_count": 1}
    whole = prepare(own(stars, **settings))
    monkeypatch.setattr(encoded_texts, "AT_ONCE", 7)
    piecewise = prepare(own(stars, **settings))
    assert piecewise.vocabulary == whole.vocabulary
    for part in PARTS:
        assert np.array_equal(sequences_of(piecewise, part).symbols, sequences_of(whole, part).symbols)
        assert texts(piecewise, part) == texts(whole, part) and labels(piecewise, part) == labels(whole, part)


def test_what_is_longer_than_the_sequence_length_is_cut(stars: Path) -> None:
    data = prepare(own(stars, sequence_length=2))
    assert set(texts(data, "train")) == {"bad film", "fair film", "good film"}


def test_the_split_is_that_of_its_seed(stars: Path) -> None:
    first = texts(prepare(own(stars)), "test")
    assert first != texts(prepare(own(stars, seed=1)), "test")
    assert first == texts(prepare(own(stars)), "test")


def test_repeated_texts_may_be_kept(stars: Path) -> None:
    data = prepare(own(stars, deduplicate=False))
    assert sum(len(data.parts[part].sequences) for part in PARTS) == 65


def test_other_data_is_read_with_what_the_model_knows_and_taken_whole(stars: Path, tmp_path: Path) -> None:
    data = prepare(own(stars))
    other = tmp_path / "other.csv"
    other.write_text("review,stars\ngood film,2\ngood film,2\ngruesome film,0\n", encoding="utf-8")
    actual = prepare_other(own(other), Known(data.vocabulary, data.card))
    assert list(actual.parts) == ["test"] and actual.balance == {"test": {"0": 1, "1": 0, "2": 2}}
    assert texts(actual, "test") == ["good film", "good film", "[UNK] film"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("review,stars\ngood,7\n", "the model knows no label '7'; it was trained on 0, 1, 2"),
        ("review,stars\n", "no text"),
    ],
)
def test_other_data_that_the_model_cannot_be_measured_on_is_refused(
    stars: Path, tmp_path: Path, content: str, line: str
) -> None:
    data = prepare(own(stars))
    other = tmp_path / "other.csv"
    other.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=line):
        prepare_other(own(other), Known(data.vocabulary, data.card))


def test_tables_named_for_parts_are_the_parts_and_classes_that_are_never_trained_are_said(tmp_path: Path) -> None:
    for part, labels in (("train", "ab"), ("dev", "ab"), ("test", "abc")):
        rows = "".join(f"{part} film {n},{label}\n" for n, label in enumerate(labels * 4))
        (tmp_path / f"{part}.csv").write_text(f"review,stars\n{rows}", encoding="utf-8")
    data = prepare(own(tmp_path, min_count=1))
    assert {part: {text.split()[0] for text in texts(data, part)} for part in ("train",)} == {"train": {"train"}}
    assert data.balance["test"] == {"a": 4, "b": 4, "c": 4} and data.balance["train"] == {"a": 4, "b": 4, "c": 0}
    assert data.notes == ("training has no text of 'c', which validation or test has",)


def test_a_training_part_of_one_class_is_refused(tmp_path: Path) -> None:
    for part, labels in (("train", "a"), ("test", "ab")):
        rows = "".join(f"{part} film {n},{label}\n" for n, label in enumerate(labels * 4))
        (tmp_path / f"{part}.csv").write_text(f"review,stars\n{rows}", encoding="utf-8")
    with pytest.raises(UserError, match="the only label of training is 'a'; a classifier needs two"):
        prepare(own(tmp_path))
