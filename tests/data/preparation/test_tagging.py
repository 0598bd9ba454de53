"""Tagged words, ready for a tagger: what is known of a word outside of the vocabulary, and what a batch holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.data.collation import IGNORE, Batch, Collation
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Known, Part, Prepared, prepare, prepare_other
from rnnlab.data.text.spelling import SPELLING, characters_of, spelling_table
from rnnlab.data.text.vocabularies import from_card
from rnnlab.data.text.vocabulary import PAD, UNKNOWN, Vocabulary
from rnnlab.errors import UserError

WORDS = Vocabulary(("old", "the", UNKNOWN, PAD), "word")
LETTERS = Vocabulary(("T", "d", "e", "h", "l", "o", "t", UNKNOWN, PAD))


def spelled(row: list[int], letters: Vocabulary = LETTERS) -> str:
    return "".join(letters.symbols[index] for index in row[SPELLING:] if index != letters.pad)


def test_a_word_has_its_index_in_lower_case_and_its_characters_as_they_are() -> None:
    the, unheard, pad = spelling_table(["The", "told!"], WORDS, LETTERS, word_length=20).tolist()
    assert (the[:2], spelled(the)) == ([0, 1], "The")
    assert (unheard[:2], spelled(unheard)) == ([1, WORDS.unknown], "told[UNK]")
    assert (pad[:2], spelled(pad)) == ([2, WORDS.pad], "")


@given(st.text("Tdehlot", min_size=1, max_size=30), st.integers(1, 12))
def test_a_long_word_keeps_its_beginning_and_its_end(word: str, length: int) -> None:
    row, _ = spelling_table([word], WORDS, LETTERS, length).tolist()
    head, tail = (length + 1) // 2, length // 2
    assert spelled(row) == (word if len(word) <= length else word[:head] + word[len(word) - tail :])


def test_a_character_of_one_word_alone_is_unknown() -> None:
    assert characters_of(["noon", "on", "exit"]).symbols == ("n", "o", UNKNOWN, PAD)


@pytest.fixture
def twenty(tmp_path: Path) -> Path:
    """Twenty sentences of two to 21 words, and one of them once more."""
    sentences = ["".join(f"w{n}x{i} {'AB'[i % 2]}\n" for i in range(n)) for n in range(2, 22)]
    file = tmp_path / "words.txt"
    file.write_text("\n".join([*sentences, sentences[3]]), encoding="utf-8")
    return file


@cache
def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(["task=tagging", *arguments])[1])


def own(file: Path, deduplicate: bool = True, **data: Any) -> dict[str, Any]:
    composed = config("data=file", "data.path=FILE")
    files = {**composed["data"]["files"], "path": str(file)}
    split = {**composed["split"], "deduplicate": deduplicate}
    return {**composed, "split": split, "data": {**composed["data"], "files": files, **data}}


def lengths(part: Part) -> list[int]:
    return sorted(part.sequences.lengths(np.arange(len(part.sequences))).tolist())


def whole(part: Part) -> Batch:
    return Collation(part, 0)(np.arange(len(part.sequences)))


def test_own_sentences_are_split_without_repeated_ones_and_training_alone_is_cut(twenty: Path) -> None:
    data = prepare(own(twenty, sequence_length=5))
    assert {part: len(piece.sequences) for part, piece in data.parts.items()} == {"train": 16, "val": 2, "test": 2}
    assert data.notes == ("1 sentence that repeats another was left out",)
    assert max(lengths(data.parts["train"])) == 5
    rest = [*lengths(data.parts["val"]), *lengths(data.parts["test"])]
    assert sum(rest) == sum(sum(data.balance[part].values()) for part in ("val", "test")) and max(rest) > 5
    assert sum(len(part.sequences) for part in prepare(own(twenty, deduplicate=False)).parts.values()) == 21


def test_a_limit_is_a_sample_and_must_leave_something_for_every_part(twenty: Path) -> None:
    assert sum(len(part.sequences) for part in prepare(own(twenty, limit=12)).parts.values()) == 12
    with pytest.raises(UserError, match=r"data\.limit=5: 5 items are too few"):
        prepare(own(twenty, limit=5))


def test_a_batch_has_words_characters_and_a_tag_for_each_word(twenty: Path) -> None:
    data = prepare(own(twenty))
    letters = from_card(data.card["characters"])
    batch = whole(data.parts["val"])
    assert batch.inputs.shape[:2] == batch.targets.shape == (2, max(batch.lengths.tolist()))
    for row, tags, length in zip(batch.inputs.tolist(), batch.targets.tolist(), batch.lengths.tolist(), strict=True):
        assert [spelled(word, letters) for word in row] == [f"w{length}x{i}" for i in range(length)] + [""] * (
            len(row) - length
        )
        assert [data.card["labels"][tag] for tag in tags[:length]] == ["AB"[i % 2] for i in range(length)]
        assert tags[length:] == [IGNORE] * (len(row) - length)
        assert {word[1] for word in row[:length]} == {data.vocabulary.unknown}, "no word of training is in it"


def test_every_word_of_an_epoch_weighs_the_same(twenty: Path) -> None:
    """Batches of short sentences have fewer words; their mean counts for as much less."""
    data = prepare(own(twenty))
    batches = list(SequenceDataModule(data, batch_size=3, seed=0, bucketing=True).train_batches())
    words = [int(batch.lengths.sum()) for batch in batches]
    assert sum(words) == data.parts["train"].predictions == sum(data.balance["train"].values())
    assert [batch.weight.item() for batch in batches if batch.weight is not None] == pytest.approx(
        [count / (sum(words) / len(words)) for count in words]
    )


def known(data: Prepared) -> Known:
    return Known(data.vocabulary, data.card)


def test_other_sentences_are_read_with_what_the_model_knows_and_taken_whole(twenty: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("w21x0 B\nW21X1 B\nnever B\n\n" * 2, encoding="utf-8")
    data = prepare(own(twenty, seed=2017))
    actual = prepare_other(own(other), known(data))
    assert list(actual.parts) == ["test"] and actual.balance == {"test": {"A": 0, "B": 6}}
    batch = whole(actual.parts["test"])
    assert batch.targets.tolist() == [[1, 1, 1]] * 2
    in_vocabulary = [word in data.vocabulary for word in ("w21x0", "w21x1", "never")]
    assert [index != data.vocabulary.unknown for index in batch.inputs[0, :, 1].tolist()] == in_vocabulary
    other.write_text("a A\nb C\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"other\.txt: the model knows no tag 'C'; it was trained on A, B"):
        prepare_other(own(other), known(data))


def folder_of(place: Path, *names: str) -> Path:
    """A folder of files that have ten sentences of their own, and one that all have."""
    for name in names:
        file = place / "parts" / f"{name}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("all A\nof B\n\n" + "".join(f"{name}{n} A\nx B\n\n" for n in range(10)), encoding="utf-8")
    return place / "parts"


def test_files_named_for_parts_are_the_parts_and_what_is_tested_is_not_trained(tmp_path: Path) -> None:
    data = prepare(own(folder_of(tmp_path, "train", "valid", "test")))
    assert {part: len(piece.sequences) for part, piece in data.parts.items()} == {"train": 10, "val": 10, "test": 11}
    assert data.vocabulary.alphabet == (*(f"train{n}" for n in range(10)), "x")
    assert data.notes == ("2 sentences that repeat another were left out",)
    assert data.description == (
        "tagged: 66 words in 33 sentences, 2 tags, parts train 11, val 11, test 11 as the names of files say"
    )


def test_without_a_file_for_validation_a_tenth_of_training_validates_and_this_is_said(tmp_path: Path) -> None:
    data = prepare(own(folder_of(tmp_path, "train", "test")))
    assert {part: len(piece.sequences) for part, piece in data.parts.items()} == {"train": 9, "val": 1, "test": 11}
    assert any("no file is named for validation" in note for note in data.notes)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("train", "dev"), "files are named for train and val and none for test"),
        (("dev", "test"), "files are named for val and test and none for train"),
        (("train", "test", "more"), r"parts/more\.txt is named for no part, and other files for train and test"),
        (("corpus", "test"), r"parts/corpus\.txt is named for no part, and other files for test"),
    ],
)
def test_files_of_which_no_three_parts_can_be_made_are_refused(
    tmp_path: Path, names: tuple[str, ...], line: str
) -> None:
    with pytest.raises(UserError, match=line):
        prepare(own(folder_of(tmp_path, *names)))


def test_a_trained_model_is_tested_on_all_files_whatever_they_are_called_and_this_is_said(tmp_path: Path) -> None:
    trained = prepare(own(folder_of(tmp_path, "train", "dev", "test")))
    other = prepare_other(own(folder_of(tmp_path / "parts", "train", "dev")), known(trained))
    assert list(other.parts) == ["test"] and len(other.parts["test"].sequences) == 22
    assert other.notes == ("all files are tested, not only those whose names say test",)


def test_what_is_left_out_of_a_file_is_said(twenty: Path) -> None:
    content = twenty.read_text(encoding="utf-8")
    twenty.write_text(f"word tag\n{content}\nold NaN\n", encoding="utf-8")
    composed = own(twenty)
    reader = {**composed["data"]["reader"], "header": True, "missing_labels": "skip"}
    data = prepare({**composed, "data": {**composed["data"], "reader": reader}})
    assert data.description.endswith("1 sentence left out: a tag is missing, the first line left out")


def test_a_single_tag_is_nothing_to_learn(tmp_path: Path) -> None:
    file = tmp_path / "one.txt"
    file.write_text("".join(f"word{n} X\n\n" for n in range(20)), encoding="utf-8")
    with pytest.raises(UserError, match=r"one\.txt: the only tag of training is 'X'; a tagger needs two classes"):
        prepare(own(file))
    word = "1\tword{}\t_\tX\tY\t_\t0\troot\t_\t_\n\n"
    file.write_text("".join(map(word.format, range(20))), encoding="utf-8")
    with pytest.raises(UserError, match=r"data\.tag_column=XPOS or FEATS or DEPREL reads another column"):
        prepare(own(file))


def test_a_task_that_reads_something_else_says_so() -> None:
    with pytest.raises(UserError, match=r"data=nursery_rhyme has no tagged words.* data=ewt"):
        prepare(config("data=nursery_rhyme"))
