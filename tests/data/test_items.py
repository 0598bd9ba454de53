"""Which items a run is validated and tested on: the digests are equal exactly for the same items, in every task."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import made
from rnnlab.config.compose import compose_train, plain
from rnnlab.config.jobs import compose_jobs
from rnnlab.data.items import Items, items_of_stream, items_of_stretch, items_of_texts, items_of_vectors
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.training.blocks import BlockDataModule

PAIRS = st.lists(st.tuples(st.text("ab\0", max_size=3), st.text("ab\0", max_size=2)), min_size=1, max_size=4)
VECTORS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4)


def texts(pairs: Sequence[tuple[str, str]]) -> Items:
    return items_of_texts(*zip(*pairs, strict=True))


def vectors(pairs: Sequence[tuple[int, int]]) -> Items:
    values, answers = zip(*pairs, strict=True)
    return items_of_vectors(np.array(values, dtype=np.float32)[:, None, None], np.array(answers))


@given(PAIRS, PAIRS)
def test_texts_have_one_digest_exactly_where_they_are_the_same(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    assert (texts(first).digest == texts(second).digest) == (Counter(first) == Counter(second))
    assert (texts(first).in_order == texts(second).in_order) == (first == second)
    assert texts(first).count == len(first)


@given(VECTORS, VECTORS)
def test_numbers_have_one_digest_exactly_where_they_are_the_same(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    assert (vectors(first).digest == vectors(second).digest) == (Counter(first) == Counter(second))
    assert (vectors(first).in_order == vectors(second).in_order) == (first == second)
    assert vectors(first).count == len(first)


@given(st.text(max_size=20), st.integers(0, 20), st.text(max_size=20))
def test_a_text_has_one_digest_however_it_is_read(text: str, place: int, other: str) -> None:
    whole = items_of_stream([text])
    assert items_of_stream([text[:place], text[place:]]) == whole and whole.count == len(text)
    assert (items_of_stream([other]).digest == whole.digest) == (other == text)


def test_a_stretch_is_that_of_its_numbers_and_of_how_many_are_forecast() -> None:
    values = np.arange(12.0).reshape(6, 2)
    same = items_of_stretch(values.copy(), 2)
    assert items_of_stretch(values, 2) == same and same.count == 5
    assert len({same.digest, *(items_of_stretch(v, h).digest for v, h in [(values, 3), (values[1:], 2)])}) == 3
    assert items_of_stretch(values.reshape(12, 1), 2).digest != same.digest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of one's own: a table of reviews, tagged sentences, and folders whose files fix the parts."""
    place = tmp_path_factory.mktemp("items")
    made.reviews(place / "reviews.csv", 200)
    made.sentences(place / "sentences.conllu", 200)
    letters = random.Random(0)
    words = ["".join(letters.choices("abcdef", k=4)) for _ in range(80)]
    (place / "labelled.tsv").write_text("".join(f"{word}\t{letters.choice(['F', 'M'])}\n" for word in words))
    for part, count in (("train", 60), ("val", 20), ("test", 20)):
        for kind in ("names", "signals", "reviews"):
            (place / kind).mkdir(exist_ok=True)
        words = ["".join(letters.choices("abcdef", k=8)) for _ in range(count)]
        (place / "names" / f"{part}.txt").write_text("\n".join(words) + "\n")
        rows = [f"{letters.random()},{letters.random()},{letters.choice(['up', 'down'])}" for _ in range(count)]
        (place / "signals" / f"{part}.csv").write_text("\n".join(["a,b,label", *rows]) + "\n")
        rows = [f"{word} {word},{letters.choice(['good', 'bad'])}" for word in words]
        (place / "reviews" / f"{part}.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return place


def measured(arguments: str, changes: Sequence[str], folder: Path) -> Iterator[dict[str, Items | None]]:
    """What runs of these arguments with one change each are validated and tested on; nothing is trained."""
    words = arguments.replace("HERE", str(folder)).split()
    composed = compose_train(["-m", *words])
    for config in compose_jobs(composed.loader, composed.config, [[*words, *change.split()] for change in changes]):
        data = BlockDataModule(prepare(config), config)
        yield {part: data.items(part) for part in ("val", "test")}


def digests(arguments: str, changes: Sequence[str], folder: Path) -> list[list[str]]:
    return [[own.digest for own in items.values() if own] for items in measured(arguments, changes, folder)]


ANY = ("seed=3 cell=rnn data.batch_size=5",)
TASKS = {  # of each, the items, what leaves them as they are, and what changes them
    "names": (
        "task=names data=names_makemore data.limit=200",
        (*ANY, "data.sequence_length=3", "data.level=bpe data.vocab_size=40", "data.bucketing=false"),
        ("split.seed=1", "data.limit=150"),
    ),
    "names with labels": (
        "task=names data=file data.path=HERE/labelled.tsv data.labels=kind",
        (*ANY, "model.condition=kind", "data.sequence_length=3"),
        ("split.seed=1", "data.limit=60"),
    ),
    "names in files": (
        "task=names data=file data.path=HERE/names",
        (*ANY, "split.seed=1", "data.sequence_length=3"),
        ("data.limit=50",),
    ),
    "chars": (
        "task=chars data=shakespeare data.parts=80/10/10 data.limit=9000",
        (*ANY, "data.sequence_length=5", "data.windows=sliding", "data.level=bpe data.vocab_size=90", "split.seed=1"),
        ("data.limit=8000", "data.parts=whole"),
    ),
    "chars of words": (
        "task=chars data=shakespeare data.parts=80/10/10 data.limit=9000 data.level=word",
        (*ANY, "data.sequence_length=5", "data.min_count=2"),
        ("data.limit=8000", "data.parts=whole"),
    ),
    "sentiment": (
        "task=sentiment data=file data.path=HERE/reviews.csv",
        (*ANY, "data.sequence_length=2", "data.level=char", "data.min_count=3", "model.pooling=mean"),
        ("split.seed=1", "data.limit=100"),
    ),
    "sentiment in files": (
        "task=sentiment data=file data.path=HERE/reviews",
        (*ANY, "split.seed=1"),
        ("data.limit=70",),
    ),
    "signals": (
        "task=signals data.sequences=100 data.sequence_length=6",
        ANY,
        ("split.seed=1", "data.limit=50", "data.sequence_length=7", "data.reader.channels=1"),
    ),
    "a class a step": (
        "task=signals data=copying data.sequences=100 data.sequence_length=30",
        ANY,
        ("split.seed=1", "data.limit=50", "data.sequence_length=31"),
    ),
    "a number": (
        "task=signals data=adding data.sequences=100 data.sequence_length=6",
        (*ANY, "data.reader.tolerance=0.1"),
        ("split.seed=1", "data.limit=50", "data.sequence_length=7"),
    ),
    "signals in files": (
        "task=signals data=file data.path=HERE/signals",
        (*ANY, "split.seed=1", "data.sequence_length=1"),
        ("data.limit=50",),
    ),
    "forecasting": (
        "task=forecasting data=co2",
        (*ANY, "data.sequence_length=12", "data.stride=3", "data.normalise=window", "data.season=12", "split.seed=1"),
        ("data.limit=300", "data.horizon=5"),
    ),
    "tagging": (
        "task=tagging data=file data.path=HERE/sentences.conllu",
        (*ANY, "data.sequence_length=3", "data.word_length=4", "data.min_count=2", "model.char_hidden_size=0"),
        ("split.seed=1", "data.limit=100"),
    ),
}


@pytest.mark.parametrize("task", TASKS)
def test_runs_on_the_same_items_are_known_by_their_digests(task: str, folder: Path) -> None:
    arguments, same, other = TASKS[task]
    items, *found = digests(arguments, ["", *same, *other], folder)
    assert len(set(items)) == 2 and all(len(digest) == 16 for digest in items)
    runs = dict(zip((*same, *other), found, strict=True))
    assert [change for change in same if runs[change] != items] == []
    assert [change for change in other if set(runs[change]) & set(items)] == []


def test_a_test_part_that_is_the_validation_part_is_seen(tmp_path: Path) -> None:
    shares = [f"data.parts={shares}" for shares in ("80/10/10", "90/10", "whole")]
    cut, tested_on_validation, whole = digests("task=chars data=shakespeare data.limit=9000", shares, tmp_path)
    assert cut[0] != cut[1] == tested_on_validation[0] == tested_on_validation[1]
    assert whole[0] == whole[1] not in cut


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        ("task=names data=names_makemore data.limit=200", [20, 20]),
        ("task=chars data=shakespeare data.parts=80/10/10 data.limit=9000", [900, 900]),
        ("task=sentiment data=file data.path=HERE/reviews.csv", [20, 20]),
        ("task=signals data.sequences=100", [10, 10]),
        ("task=forecasting data=sines", [191, 191]),  # of 200 values, in windows of 10 to forecast
        ("task=tagging data=file data.path=HERE/sentences.conllu", [20, 20]),
    ],
)
def test_items_are_counted(arguments: str, counts: list[int], folder: Path) -> None:
    (items,) = measured(arguments, [""], folder)
    assert [own.count for own in items.values() if own] == counts


def test_what_a_limit_leaves_out_is_not_among_the_items(folder: Path) -> None:
    """Only what is read counts: of validation in batches of 512 at least."""
    half = "trainer.limit_val_batches=0.5"
    changes = ["", "trainer.limit_val_batches=1", half, f"{half} data.batch_size=32", f"{half} data.batch_size=600"]
    runs = list(measured("task=names data=names_makemore data.limit=8000", [*changes, f"{half} split.seed=1"], folder))
    assert [items["val"].count for items in runs if items["val"]] == [800, 512, 512, 512, 600, 512]
    whole, first, share, smaller, larger, reordered = (items["val"] for items in runs)
    assert first == share == smaller
    assert len({own.digest for own in (whole, first, larger, reordered) if own}) == 4
    assert all(items["test"] == runs[0]["test"] for items in runs[:-1])


def test_of_a_limited_text_the_characters_are_counted_that_are_predicted(folder: Path) -> None:
    """A batch has two streams of 512 characters, or one of 512 sub-words."""
    text = "task=chars data=shakespeare data.parts=80/10/10 data.limit=200000 trainer.limit_test_batches=1"
    characters, subwords = measured(text, ["", "data.level=bpe data.vocab_size=90"], folder)
    assert characters["test"] and characters["test"].count == 2 * 512
    assert subwords["test"] and 512 < subwords["test"].count < 2 * 512
    assert characters["val"] and subwords["val"] and characters["val"].digest == subwords["val"].digest


def test_a_preparation_from_outside_may_leave_it_unsaid() -> None:
    config = plain(compose_train(["data=names_makemore", "data.limit=50"])[1])
    prepared = prepare(config)
    silent = Prepared(prepared.name, prepared.sha256, prepared.vocabulary, prepared.parts)
    assert BlockDataModule(silent, config).items("val") is None
