"""Where labelled texts come from: published sentences, and the user's own tables and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.data.sources.files import files_at
from rnnlab.data.sources.labelled_texts import (
    LabelledTexts,
    read_labelled_texts,
    read_polarity_sentences,
    read_sentiment_treebank,
)
from rnnlab.errors import UserError
from support import real_data


def read(
    path: Path, text_column: str = "text", label_column: str = "label", missing_labels: str | None = None
) -> list[tuple[str, str]]:
    """The texts and labels that `data=file` reads."""
    actual = read_labelled_texts(files_at(str(path)), text_column, label_column, missing_labels)
    return list(zip(actual.texts, actual.labels, strict=True))


def write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode("utf-8"))
    return file


@pytest.fixture(scope="module")
def polarity() -> LabelledTexts:
    return read_polarity_sentences(real_data("rt_polarity"), encoding="cp1252")


@pytest.mark.data
def test_polarity_has_its_10662_sentences_half_of_them_positive(polarity: LabelledTexts) -> None:
    assert len(polarity) == 10_662
    assert polarity.labels[:5_331] == ["negative"] * 5_331 and polarity.labels[5_331:] == ["positive"] * 5_331
    assert polarity.texts[0].startswith("simplistic , silly and tedious")
    assert polarity.texts[5_331].startswith("the rock is destined to be the 21st century's new")


@pytest.mark.data
def test_bytes_that_are_no_utf8_are_letters_and_dots_inside_of_sentences(polarity: LabelledTexts) -> None:
    assert polarity.texts[57].startswith("pascale bailly's rom-com provides amélie's audrey tautou")
    # Byte 0x85 ends a line in Unicode; in these files it is an ellipsis.
    assert "it has no sense of humor…it's just plain bored" in polarity.texts[1_729]
    assert not any("\ufffd" in text or "\u0085" in text for text in polarity.texts)


def test_sentences_end_at_a_line_feed_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "neg").write_bytes("no sense of humor\x85dull\nam\xe9lie bores\n\n".encode("latin-1"))
    (tmp_path / "pos").write_bytes(b"a delight\x0b!\n")
    actual = read_polarity_sentences([tmp_path / "neg", tmp_path / "pos"], encoding="cp1252")
    assert actual.texts == ["no sense of humor…dull", "amélie bores", "a delight\x0b!"]
    assert actual.labels == ["negative", "negative", "positive"]


def test_the_files_of_a_treebank_are_its_parts(tmp_path: Path) -> None:
    files = [write(tmp_path / name, f"1 a {name}\n0 no {name}\n") for name in ("train", "dev", "test")]
    actual = read_sentiment_treebank(files)
    assert actual.texts[2:4] == ["a dev", "no dev"] and actual.labels == ["positive", "negative"] * 3
    assert actual.parts == ["train", "train", "val", "val", "test", "test"]


@pytest.mark.data
def test_the_treebank_has_its_published_parts() -> None:
    actual = read_sentiment_treebank(real_data("sst2"))
    assert actual.parts is not None
    assert {part: actual.parts.count(part) for part in ("train", "val", "test")} == {
        "train": 6_920,
        "val": 872,
        "test": 1_821,
    }
    assert actual.texts[0].startswith("a stirring , funny and finally transporting") and actual.labels[0] == "positive"
    assert actual.labels[1] == "negative"


def test_cells_may_hold_commas_quotes_and_line_feeds(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", 'id,label,text\n1,pos,"good, ""really""\ngood"\n2,neg,bad\n3,neutral, so so \n')
    assert read(file) == [('good, "really"\ngood', "pos"), ("bad", "neg"), (" so so ", "neutral")]


def test_texts_of_tables_are_sequences_of_strings_with_half_characters_as_json_writes_them(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.jsonl", '{"text": "half \\ud83d", "label": 1}\n{"text": "ü", "label": 2}\n{"label": 1}\n'
    )
    texts = read_labelled_texts([file], "text", "label").texts
    assert list(texts) == ["half \ud83d", "ü", ""] == texts[:] and texts[-2] == texts[1] and len(texts) == 3
    with pytest.raises(IndexError):
        texts[3]


def test_tables_with_tabs_other_columns_and_a_byte_order_mark(tmp_path: Path) -> None:
    file = write(tmp_path / "A.TSV", "\ufeffreview\tstars\ngood, really\t 5 \r\nschön\t1\n")
    assert read(file, "review", "stars") == [("good, really", "5"), ("schön", "1")]


def test_words_that_stand_for_nothing_elsewhere_are_texts_and_labels_if_the_user_says_so(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "text,label\nNA,null\nnan,None\n007,1.0\n,2\n")
    assert read(file, missing_labels="keep") == [("NA", "null"), ("nan", "None"), ("007", "1.0"), ("", "2")]
    assert read(file, missing_labels="skip") == [("007", "1.0"), ("", "2")]


@pytest.mark.parametrize("label", ["NaN", "nan", "None", "NULL", "N/A", "#N/A", "NA", "<NA>", " nan "])
def test_a_label_that_may_be_missing_is_refused(tmp_path: Path, label: str) -> None:
    file = write(tmp_path / "a.csv", f"text,label\ngood,pos\nbad,{label}\nfine,\n")
    with pytest.raises(
        UserError, match=r"a\.csv, row 2: the label '\S+' may be none; data\.missing_labels=skip.*=keep"
    ):
        read(file)
    assert read(file, missing_labels="skip") == [("good", "pos")]
    with pytest.raises(UserError, match=r"row 3 has no label .*data\.missing_labels=skip"):
        read(file, missing_labels="keep")


def test_tables_named_for_parts_are_the_parts(tmp_path: Path) -> None:
    for part in ("Train", "valid", "test"):
        write(tmp_path / f"{part}.csv", f"text,label\ngood {part},pos\nbad {part},neg\n")
    actual = read_labelled_texts(files_at(str(tmp_path)), "text", "label")
    assert {text.split()[1]: part for text, part in zip(actual.texts, actual.parts or (), strict=True)} == {
        "Train": "train",
        "valid": "val",
        "test": "test",
    }


@pytest.mark.parametrize(
    "form", ["aclImdb/{part}/{label}/1_9.txt", "{label}/{part}/1.txt", "{part}/{label}/2020/a_train.txt"]
)
def test_folders_of_parts_are_no_classes(tmp_path: Path, form: str) -> None:
    for part in ("train", "test"):
        for label in ("pos", "neg"):
            write(tmp_path / form.format(part=part, label=label), f"{label} {part}")
    actual = read_labelled_texts(files_at(str(tmp_path)), "text", "label")
    assert actual.texts == [f"{label} {part}" for label, part in zip(actual.labels, actual.parts or (), strict=True)]
    assert set(actual.labels) == {"pos", "neg"} and len(actual) == 4


def test_a_folder_of_texts_without_a_class_is_not_learned_as_one(tmp_path: Path) -> None:
    for place in ("train/pos", "train/neg", "train/unsup", "test/pos", "test/neg"):
        write(tmp_path / place / "1.txt", "a film")
    with pytest.raises(UserError, match="the class unsup is in the training part alone; move its folder away"):
        read(tmp_path)


def test_folders_of_parts_without_classes_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train" / "1.txt", "good")
    write(tmp_path / "test" / "1.txt", "bad")
    with pytest.raises(UserError, match="lies in no folder of a class"):
        read(tmp_path)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write(tmp_path / "train" / "1.txt", "rails")
    write(tmp_path / "plane" / "test.txt", "wings")
    assert read(tmp_path) == [("wings", "plane"), ("rails", "train")]


def test_a_folder_of_tables_is_one_table(tmp_path: Path) -> None:
    write(tmp_path / "b.csv", "label,text\nneg,bad\n")
    write(tmp_path / "a.tsv", "text\tlabel\ngood\tpos\n")
    write(tmp_path / ".hidden.csv", "text,label\nno,no\n")
    assert read(tmp_path) == [("good", "pos"), ("bad", "neg")]


def test_a_folder_per_class_with_folders_inside_and_hidden_files_left_out(tmp_path: Path) -> None:
    root = tmp_path / "reviews"
    write(root / "good" / "1.txt", "a delight")
    write(root / "good" / "2020" / "june" / "2.txt", "great\nfun")
    write(root / "bad" / "3", "dull")
    write(root / "bad" / ".DS_Store", "\0")
    write(root / ".git" / "4.txt", "nothing")
    assert read(root) == [("dull", "bad"), ("a delight", "good"), ("great\nfun", "good")]


def test_folders_are_found_from_inside_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "good" / "1.txt", "a delight")
    write(tmp_path / "bad" / "2.txt", "dull")
    monkeypatch.chdir(tmp_path)
    assert read(Path()) == [("dull", "bad"), ("a delight", "good")]


REFUSED = {
    "one.csv": ("text,label\nbad, really,neg\n", "more cells than its header.*quotes"),
    "all.csv": ("text,label\nbad, really,neg\ngood, really,pos\n", "more cells than its header.*quotes"),
    "some.csv": ("text,label\ngood,pos\nbad, really,neg\n", r"line 3 has 3 cells, more cells than its header.*quotes"),
    "short.csv": ("text,label\ngood,pos\nbad\n", "row 2 has no label in the column label"),
    "open.csv": (
        'text,label\n"good,pos\nbad,neg\n',
        r"lines 2 to 3: a quote begins a cell and does not end it.*data\.quoting=false",
    ),
    "semicolons.csv": (
        "text;label,x\ngood;pos,y\n",
        r"semicolons\.csv.* two ways; say data\.separator=comma or data\.separator=semicolon",
    ),
    "blank.tsv": ("\n\n", "blank.tsv cannot be read as a table"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_would_lose_cells_is_refused(tmp_path: Path, name: str) -> None:
    content, line = REFUSED[name]
    with pytest.raises(UserError, match=line):
        read(write(tmp_path / name, content))


def test_a_file_beside_the_folders_of_classes_is_named(tmp_path: Path) -> None:
    write(tmp_path / "good" / "1.txt", "a delight")
    write(tmp_path / "bad" / "2.txt", "dull")
    write(tmp_path / "readme.md", "about these reviews")
    with pytest.raises(UserError, match=r"readme\.md lies in no folder of a class"):
        read(tmp_path)


@pytest.mark.parametrize("label", ['["neg"]', '{"a": 1}'])
def test_a_label_that_is_a_list_is_refused(tmp_path: Path, label: str) -> None:
    file = write(tmp_path / "a.jsonl", f'{{"text": "bad", "label": "[sic]"}}\n{{"text": "good", "label": {label}}}\n')
    with pytest.raises(UserError, match=r"a\.jsonl, row 2: .* in the column label is no label; a label is one value"):
        read_labelled_texts([file], "text", "label")
