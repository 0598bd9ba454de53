"""Labelled texts: which are kept, and which train, validate and test."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.data.split import PARTS, distinct, numbers_of, split_rows
from rnnlab.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)
# Sorted by label, as files often are: 3 to 40 texts of each of 2 to 4 classes.
LABELS = st.lists(st.integers(3, 40), min_size=2, max_size=4).map(
    lambda sizes: [f"class {number}" for number, size in enumerate(sizes) for _ in range(size)]
)
KEYS = st.lists(st.integers(0, 9).map(str), min_size=1, max_size=60)


def split(labels: list[str], seed: int = 0, limit: int | None = None) -> dict[str, list[int]]:
    return split_rows(labels, None, range(len(labels)), seed, limit, "data")


@given(LABELS, SEEDS)
def test_every_row_is_in_one_part_and_every_class_in_every_part(labels: list[str], seed: int) -> None:
    parts = split(labels, seed)
    assert sorted(row for part in parts.values() for row in part) == list(range(len(labels)))
    for part in PARTS:
        assert {labels[row] for row in parts[part]} == set(labels)


@given(LABELS, SEEDS)
def test_every_class_is_cut_80_10_10_within_rounding(labels: list[str], seed: int) -> None:
    parts = split(labels, seed)
    for name, size in Counter(labels).items():
        for part, share in zip(PARTS, (0.8, 0.1, 0.1), strict=True):
            actual = sum(labels[row] == name for row in parts[part])
            assert abs(actual - share * size) <= 1.5, (name, part, actual, size)


@given(LABELS, SEEDS)
def test_the_same_seed_splits_in_the_same_way(labels: list[str], seed: int) -> None:
    assert split(labels, seed) == split(labels, seed)


def test_another_seed_splits_differently_and_classes_are_mixed_in_every_part() -> None:
    labels = ["negative"] * 500 + ["positive"] * 500
    parts = split(labels, seed=1)
    assert parts != split(labels, seed=2)
    for part in PARTS:
        first = [labels[row] for row in parts[part][: len(parts[part]) // 2]]
        assert 0.3 < first.count("negative") / len(first) < 0.7, part


@given(SEEDS)
def test_a_limit_draws_from_all_classes_alike(seed: int) -> None:
    labels = ["a"] * 4_000 + ["b"] * 2_000
    parts = split(labels, seed, limit=600)
    drawn = Counter(labels[row] for part in parts.values() for row in part)
    assert drawn.total() == 600
    assert abs(drawn["a"] - 400) < 6 * (600 * 2 / 9) ** 0.5  # six standard deviations


@given(KEYS)
def test_the_first_of_equal_texts_is_kept(keys: list[str]) -> None:
    assert sorted(distinct(numbers_of(keys), None)) == [row for row in range(len(keys)) if keys[row] not in keys[:row]]


@given(KEYS)
def test_texts_that_are_left_stand_in_the_order_of_their_last_repetitions(keys: list[str]) -> None:
    """On which splits depend since the first version."""
    last = {key: row for row, key in enumerate(keys)}
    assert [keys[row] for row in distinct(numbers_of(keys), None)] == sorted(last, key=lambda key: last[key])


@given(KEYS, st.data())
def test_no_text_is_in_two_parts_and_a_published_test_part_stays_whole(keys: list[str], data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.sampled_from(PARTS), min_size=len(keys), max_size=len(keys)))
    kept = distinct(numbers_of(keys), parts).tolist()
    texts = {part: [keys[row] for row in kept if parts[row] == part] for part in PARTS}
    assert set().union(*texts.values()) == set(keys)
    for first, second in (("train", "val"), ("train", "test"), ("val", "test")):
        assert set(texts[first]).isdisjoint(texts[second])
    assert [row for row in kept if parts[row] == "test"] == [row for row in range(len(keys)) if parts[row] == "test"]
    assert all(len(texts[part]) == len(set(texts[part])) for part in ("train", "val"))


@given(SEEDS)
def test_published_parts_are_kept_and_shuffled(seed: int) -> None:
    fixed = ["train"] * 40 + ["val"] * 5 + ["test"] * 5
    parts = split_rows(["a", "b"] * 25, fixed, range(50), seed, None, "data")
    assert {part: sorted(rows) for part, rows in parts.items()} == {
        "train": list(range(40)),
        "val": list(range(40, 45)),
        "test": list(range(45, 50)),
    }
    assert parts["train"] != list(range(40))


@pytest.mark.parametrize(
    ("labels", "limit", "line"),
    [
        ([], None, "^data: there is no text; a classifier needs two classes"),
        (["a"] * 9, None, "^data: the only label is 'a'; a classifier needs two classes"),
        (["a"] * 9 + ["b"] * 2, None, "^data: the label 'b' has 2 distinct texts, too few to split; at least 3"),
        (["a", "b"] * 9, 1, "^data, data.limit=1: the only label"),
        (
            ["a", "b"] * 9,
            4,
            "^data, data.limit=4: the label '[ab]' has [12] distinct text|data.limit=4: the only label",
        ),
    ],
)
def test_what_cannot_be_split_is_said_and_why(labels: list[str], limit: int | None, line: str) -> None:
    with pytest.raises(UserError, match=line):
        split(labels, limit=limit)


def test_a_limit_that_empties_a_published_part_is_said() -> None:
    with pytest.raises(UserError, match=r"data\.limit=3: there is no text for the part (val|test)"):
        split_rows(["a", "b"] * 500, ["train"] * 998 + ["val", "test"], range(1_000), 0, 3, "data")
