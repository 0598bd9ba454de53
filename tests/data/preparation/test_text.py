"""A text as parts: cut at fixed shares, or as the names of its files say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.prepared import Known, Prepared, prepare, prepare_other
from rnnlab.errors import UserError

LETTERS = {"train": "ab", "valid": "cd", "test": "ef", "book": "gh"}


@cache
def config() -> dict[str, Any]:
    return plain(compose_train(["task=chars", "data=file", "data.path=FILE", "data.sequence_length=8"])[1])


def own(folder: Path, *names: str, **data: Any) -> dict[str, Any]:
    """The configuration of a folder of files, each of 100 words of one letter, two letters of its own."""
    for name in names:
        (folder / f"ptb.{name}.txt").write_text(" ".join(LETTERS[name] * 50) + " ", encoding="utf-8")
    files = {**config()["data"]["files"], "path": str(folder)}
    return {**config(), "data": {**config()["data"], "files": files, **data}}


def letters(data: Prepared) -> dict[str, str]:
    """The letters of each part."""
    return {
        part: "".join(sorted({*data.vocabulary.decode(piece.sequences.symbols.tolist())} - {" "}))
        for part, piece in data.parts.items()
    }


@pytest.mark.parametrize("level", ["char", "bpe"])
def test_files_named_for_parts_are_the_parts(tmp_path: Path, level: str) -> None:
    data = prepare(own(tmp_path, "train", "valid", "test", level=level, vocab_size=10))
    assert letters(data) == {"train": "ab", "val": "cd", "test": "ef"}
    assert not [note for note in data.notes if "file" in note]
    assert data.description == "text: 600 bytes in 3 files, parts train 1, val 1, test 1 as the names of files say"


def test_words_of_validation_are_not_of_the_vocabulary(tmp_path: Path) -> None:
    data = prepare(own(tmp_path, "train", "valid", "test", level="word"))
    assert data.vocabulary.symbols == ("a", "b", "[UNK]")
    assert {part: len(piece.sequences.symbols) for part, piece in data.parts.items()} == dict.fromkeys(data.parts, 100)


@pytest.mark.parametrize("level", ["char", "word", "bpe"])
def test_without_a_file_for_validation_the_end_of_training_validates_and_this_is_said(
    tmp_path: Path, level: str
) -> None:
    data = prepare(own(tmp_path, "train", "test", level=level, vocab_size=8))
    sizes = {part: len(piece.sequences.symbols) for part, piece in data.parts.items()}
    assert 0 < sizes["val"] < sizes["train"] / 5 < sizes["test"]
    assert any("no file is named for validation: a tenth" in note for note in data.notes)


def test_a_limit_takes_the_same_share_of_every_part(tmp_path: Path) -> None:
    data = prepare(own(tmp_path, "train", "valid", "test", limit=300))
    assert {part: len(piece.sequences.symbols) for part, piece in data.parts.items()} == dict.fromkeys(data.parts, 100)


def test_what_tests_on_validation_needs_no_file_for_the_test_and_takes_none(tmp_path: Path) -> None:
    assert letters(prepare(own(tmp_path, "train", "valid", parts="90/10"))) == {
        "train": "ab",
        "val": "cd",
        "test": "cd",
    }
    with pytest.raises(UserError, match="files are named for train and val and none for test"):
        prepare(own(tmp_path))
    with pytest.raises(UserError, match=r"data\.parts=90/10 tests on what it validates"):
        prepare(own(tmp_path, "test", parts="90/10"))
    assert set(letters(prepare(own(tmp_path, parts="whole"))).values()) == {"abcdef"}


def test_files_of_which_some_are_named_for_parts_are_one_text_and_this_is_said(tmp_path: Path) -> None:
    data = prepare(own(tmp_path, "book", "test"))
    assert letters(data)["train"] == "efgh"
    assert data.notes == ("ptb.test.txt is no part of its own: not all of the 2 files are named so",)


def test_a_trained_model_is_tested_on_all_files(tmp_path: Path) -> None:
    trained = prepare(own(tmp_path, "train", "valid", "test"))
    other = prepare_other(own(tmp_path), Known(trained.vocabulary, trained.card))
    assert letters(other) == {"test": "abcdef"} and other.notes == (
        "all files are tested, not only those whose names say test",
    )
