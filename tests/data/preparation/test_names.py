"""The names: what is read, how it is split, and what stands in the flat array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.preparation.names import encode, item_hash
from rnnlab.data.prepared import Prepared, prepare
from rnnlab.data.sequences import Sequences
from rnnlab.data.sources.labelled_texts import LabelledTexts
from rnnlab.data.sources.names import read_lines
from rnnlab.data.split import split_items
from rnnlab.data.text.vocabulary import PAD, START_STOP, Vocabulary
from rnnlab.errors import UserError

NAMED = (START_STOP, PAD)
ITEMS = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=40)


def prepared(*arguments: str) -> Prepared:
    return prepare(plain(compose_train(list(arguments))[1]))


@pytest.fixture(scope="module")
def us_names() -> Prepared:
    return prepared()


def words(data: Prepared, part: str) -> list[str]:
    sequences = data.parts[part].sequences
    assert isinstance(sequences, Sequences)
    return [
        data.vocabulary.decode(sequences.symbols[start : start + length].tolist())
        for start, length in zip(sequences.offsets, sequences.sizes, strict=True)
    ]


def test_the_default_data_are_the_29910_names_of_2017(us_names: Prepared) -> None:
    names = [name for part in ("train", "val", "test") for name in words(us_names, part)]
    assert len(names) == len(set(names)) == 29_910
    assert us_names.vocabulary.symbols == (*"abcdefghijklmnopqrstuvwxyz", "[S]", "[PAD]")
    assert {"emma", "olivia", "liam"} <= set(names)


def test_no_name_is_in_two_parts_and_the_split_is_80_10_10(us_names: Prepared) -> None:
    parts = {part: set(words(us_names, part)) for part in ("train", "val", "test")}
    assert parts["train"].isdisjoint(parts["val"] | parts["test"]) and parts["val"].isdisjoint(parts["test"])
    assert [len(parts[part]) for part in ("train", "val", "test")] == [23_928, 2_991, 2_991]


def test_the_seed_of_training_does_not_move_the_split() -> None:
    first, second = prepared("seed=1", "data.limit=500"), prepared("seed=2", "data.limit=500")
    assert words(first, "test") == words(second, "test")
    assert words(first, "test") != words(prepared("split.seed=1", "data.limit=500"), "test")


def test_the_lectures_split_of_makemores_names_is_repeated_exactly() -> None:
    data = prepared("data=names_makemore", "split.deduplicate=false", "split.seed=123")
    train = words(data, "train")
    assert len(train) == 25_626 and train[0] == "luann"
    assert sum(len(part.sequences) for part in data.parts.values()) == 32_033
    assert max(data.parts["train"].sequences.lengths(np.arange(len(train)))) - 1 == 16  # the longest training input
    assert data.vocabulary.start_stop == 26 and data.vocabulary.pad == 27
    assert data.sha256 == "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"


@given(ITEMS)
def test_encoding_and_decoding_any_items_gives_them_back(items: list[str]) -> None:
    vocabulary = Vocabulary.of_characters(items, NAMED)
    sequences = encode(items, vocabulary, sequence_length=100)
    for item, start, length in zip(items, sequences.offsets, sequences.sizes, strict=True):
        symbols = sequences.symbols[start : start + length]
        assert symbols[0] == symbols[-1] == vocabulary.start_stop
        assert vocabulary.decode(symbols.tolist()) == item


def test_symbols_are_stored_in_the_smallest_type_that_holds_them() -> None:
    assert Vocabulary.of_characters(["abc"]).dtype is np.uint8
    assert Vocabulary.of_characters([chr(0x4E00 + i) for i in range(300)]).dtype is np.uint16


def test_what_is_longer_than_the_sequence_length_is_cut_and_said(tmp_path: Path) -> None:
    file = tmp_path / "items.txt"
    file.write_text("\n".join(["abcdefghij" + chr(97 + i) for i in range(20)]), encoding="utf-8")
    data = prepared("data=file", f"data.path={file}", "data.sequence_length=5")
    assert set(data.parts["train"].sequences.lengths(np.arange(16)).tolist()) == {
        6
    }  # five inputs, and the target of the last
    assert "cut to data.sequence_length=5 of 12" in data.notes[0]


@given(st.lists(st.integers(0, 30).map(str), min_size=60, max_size=120), st.integers(0, 2**32 - 1))
def test_splitting_without_duplicates_shares_nothing_and_loses_nothing(items: list[str], seed: int) -> None:
    if len(set(items)) < 10:
        return
    parts = split_items(items, seed, deduplicate=True)
    together = [item for part in parts.values() for item in part]
    assert sorted(together) == sorted(set(items)) and all(parts.values())


def test_any_alphabet_is_read_and_blank_lines_are_no_items(tmp_path: Path) -> None:
    file = tmp_path / "items.txt"
    file.write_bytes("\ufeffÅsa\r\n\n 莉子 \nÉloïse\u0085x\n".encode())
    read = read_lines([file])
    assert isinstance(read, LabelledTexts) and read.texts == ["Åsa", "莉子", "Éloïse\u0085x"]
    assert read.description.endswith(", 1 empty line left out")


def test_items_that_repeat_another_are_counted(tmp_path: Path) -> None:
    names = [f"anna{'x' * number}" for number in range(20)]
    lines = {"plain.txt": [*names, *names[:3]], "labelled.txt": [f"{name}\tF" for name in [*names, *names[:3]]]}
    for file, rows in lines.items():
        (tmp_path / file).write_text("\n".join(rows))
    for words in (["data.path=plain.txt"], ["data.path=labelled.txt", "data.labels=sex", "model.condition=sex"]):
        read = prepared("data=file", words[0].replace("=", f"={tmp_path}/"), *words[1:])
        assert "3 items that repeat another were left out" in read.notes
        assert sum(len(part.sequences) for part in read.parts.values()) == 20


def test_a_line_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes("Anna\nJosé\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.txt, line 2 is not UTF-8 \(byte 0xe9\)"):
        read_lines([file])


def folder_of(place: Path, **files: str) -> str:
    for name, items in files.items():
        (place / f"{name}.txt").write_text("\n".join(items.split()), encoding="utf-8")
    return f"data.path={place}"


def test_files_named_for_parts_are_the_parts_and_no_item_is_in_two(tmp_path: Path) -> None:
    path = folder_of(tmp_path, train="anna bert carl dora anna emil", dev="carl fritz", test="bert gina gina")
    data = prepared("data=file", path)
    actual = {part: sorted(words(data, part)) for part in ("train", "val", "test")}
    assert actual == {"train": ["anna", "dora", "emil"], "val": ["carl", "fritz"], "test": ["bert", "gina"]}
    said = "11 items, the first 'carl', parts train 6, val 2, test 3 as the names of files say"
    assert data.description == said
    assert sum(len(words(prepared("data=file", path, "data.limit=6"), part)) for part in actual) == 6
    kept = prepared("data=file", path, "split.deduplicate=false")
    assert {part: len(words(kept, part)) for part in actual} == {"train": 6, "val": 2, "test": 3}


def test_items_with_labels_stay_in_the_part_of_their_file_with_all_labels_of_it(tmp_path: Path) -> None:
    files = {"train": "kim\tF kim\tM anna\tF bert\tM carl\tM", "val": "dora\tF", "test": "anna\tF anna\tM"}
    for name, rows in files.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(rows.split(" ")), encoding="utf-8")
    data = prepared("data=file", f"data.path={tmp_path}", "model.condition=sex")
    actual = {part: sorted(words(data, part)) for part in ("train", "val", "test")}
    assert actual == {"train": ["bert", "carl", "kim", "kim"], "val": ["dora"], "test": ["anna", "anna"]}
    assert data.card["labels_of_training"] == {"F": 1, "M": 3}
    assert data.description.startswith("8 items, sex: 4 F, 4 M, parts train 5, val 1, test 2")


def test_files_of_which_no_three_parts_can_be_made_are_refused(tmp_path: Path) -> None:
    path = folder_of(tmp_path, train=" ".join(f"na{'x' * n}" for n in range(20)), valid="bert carl")
    with pytest.raises(UserError, match="files are named for train and val and none for test"):
        prepared("data=file", path)


def test_a_hash_tells_names_apart(us_names: Prepared) -> None:
    assert len(us_names.card["training_items"]) == 23_928
    assert item_hash("emma") != item_hash("emmb")
