"""Which part of the data a file is, by its name or by the folders around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.data.sources.parts import NAMES, parts_around_classes, parts_of

IN_ORDER = ["train", "val", "test"]
THREE = [
    "my-train.conllu my-valid.conllu my-test.conllu",
    "train.csv dev.csv test.csv",
    "training.txt validation.txt testing.txt",
    "en_ewt-ud-train.conllu en_ewt-ud-dev.conllu en_ewt-ud-test.conllu",
    "TRAIN.TXT VAL.TXT TEST.TXT",
    "X_TRAIN.tsv X_VAL.tsv X_TEST.tsv",
    "myTrain.csv myDev.csv myTest.csv",
    "ptb.train.txt ptb.valid.txt ptb.test.txt",
    "eng.train eng.testa eng.testb",
    "wiki.train.tokens wiki.valid.tokens wiki.test.tokens",
    "train/1.csv valid/1.csv test/1.csv",
    "20news-train/a/1 20news-dev/a/1 20news-test/a/1",
    "a/train.csv a/val.csv b/test.csv",
    "my-test-corpus-train.conllu my-test-corpus-dev.conllu my-test-corpus-test.conllu",
    "train-00000-of-00001.csv validation-00000-of-00001.csv test-00000-of-00001.csv",
]
NONE = [
    "a.txt b.txt",
    "test.txt",
    "test-1.txt test-2.txt",
    "contest.csv latest.csv device.csv",
    "trained.txt tests.txt strain.txt",
    "train/a.txt train/b.txt",
]


def paths(names: str) -> list[Path]:
    return [Path("/data") / name for name in names.split()]


@pytest.mark.parametrize("names", THREE)
def test_names_that_people_use_say_the_parts(names: str) -> None:
    assert parts_of(paths(names)) == IN_ORDER


@pytest.mark.parametrize("names", NONE)
def test_other_names_and_a_single_part_say_nothing(names: str) -> None:
    assert parts_of(paths(names)) is None


@given(*(st.sampled_from(NAMES[part]) for part in IN_ORDER), st.sampled_from(["", "my_", "en-ud-", "1."]))
def test_every_name_of_a_part_is_read_in_any_case(train: str, val: str, test: str, before: str) -> None:
    names = [f"{before}{train}.txt", f"{before}{val.upper()}.txt", f"{before}{test.capitalize()}.txt"]
    assert parts_of([Path(name) for name in names]) == IN_ORDER


def test_a_file_without_a_part_beside_others_has_its_path_in_place_of_one() -> None:
    assert parts_of(paths("train.csv test.csv more.csv")) == ["train", "test", "/data/more.csv"]
    assert parts_of(paths("corpus.csv test.csv")) == ["/data/corpus.csv", "test"]


def test_folders_of_classes_may_lie_in_those_of_parts_or_around_them() -> None:
    assert parts_around_classes(paths("train/pos/1 train/neg/1 test/pos/1")) == (0, ["train", "train", "test"])
    assert parts_around_classes(paths("pos/train/1 neg/test/1")) == (1, ["train", "test"])
    assert parts_around_classes(paths("pos/train_1 neg/test_1")) == (1, ["train", "test"])


def test_a_class_may_be_called_train_and_a_text_test() -> None:
    assert parts_around_classes(paths("train/1 plane/1")) is None
    assert parts_around_classes(paths("pos/a_test.txt pos/a_train.txt neg/else.txt")) is None
