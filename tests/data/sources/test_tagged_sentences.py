"""Where tagged words come from: a published treebank, and the user's own CoNLL-U or two columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rnnlab.data.sources.files import files_at
from rnnlab.data.sources.tagged_sentences import TaggedSentences, read_tagged_sentences, read_treebank
from rnnlab.errors import UserError
from support import real_data

WORD = "{}\t{}\t_\t{}\t{}\t_\t0\troot\t_\t_"
CONTRACTED = "\n".join(
    [
        "# text = He won't.",
        WORD.format(1, "He", "PRON", "PRP"),
        "2-3\twon't" + "\t_" * 8,
        WORD.format(2, "wo", "AUX", "MD"),
        WORD.format(3, "n't", "PART", "RB"),
        "3.1\tgo" + "\t_" * 8,
        WORD.format(4, ".", "PUNCT", "."),
        "",
        WORD.format(1, "10 000", "NUM", "CD"),
        "",
    ]
)


def read(path: Path, tag_column: str = "UPOS", **more: Any) -> list[list[tuple[str, str]]]:
    """The sentences that `data=file` reads."""
    actual = read_tagged_sentences(files_at(str(path)), tag_column, **more)
    return [list(zip(*pair, strict=True)) for pair in zip(actual.words, actual.tags, strict=True)]


def write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode("utf-8"))
    return file


@pytest.mark.data
def test_the_web_treebank_has_its_published_parts_and_tags() -> None:
    """The words are the lines that begin with a whole number: `1-2` and `8.1` are in none of these counts."""
    actual: TaggedSentences = read_treebank(real_data("ewt"), "UPOS")
    assert Counter(actual.parts) == {"train": 12_544, "val": 2_001, "test": 2_077}
    words = Counter()
    for part, sentence in zip(actual.parts or (), actual.words, strict=True):
        words[part] += len(sentence)
    assert words == {"train": 204_577, "val": 25_147, "test": 25_094}
    tags = Counter(tag for sentence in actual.tags for tag in sentence)
    assert len(tags) == 17 and tags["NOUN"] == max(tags.values())
    assert actual.words[0][:5] == ["Al", "-", "Zaman", ":", "American"]
    assert actual.tags[0][:5] == ["PROPN", "PUNCT", "PROPN", "PUNCT", "ADJ"]


def test_a_treebanks_files_are_its_parts(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.conllu", CONTRACTED) for name in ("train", "dev", "test")]
    actual = read_treebank(files, "UPOS")
    assert actual.parts == ["train", "train", "val", "val", "test", "test"]
    assert actual.words[0] == actual.words[2] == ["He", "wo", "n't", "."] and actual.tags[1] == ["NUM"]


@pytest.mark.parametrize("name", ["own.conllu", "own.txt"])
def test_a_treebank_is_known_by_its_ten_columns_whatever_its_name(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, CONTRACTED)
    he = [("He", "PRON"), ("wo", "AUX"), ("n't", "PART"), (".", "PUNCT")]
    assert read(file) == [he, [("10 000", "NUM")]]
    assert [tag for _, tag in read(file, "XPOS")[0]] == ["PRP", "MD", "RB", "."]
    assert [tag for _, tag in read(file, "FEATS")[0]] == ["_"] * 4


def test_two_columns_are_separated_by_tabs_or_blanks(tmp_path: Path) -> None:
    content = "\ufeff# a comment\r\nthe DET\r\nold   ADJ \r\n\r\n\r\nNew York\tPROPN\r\n#1\tSYM\r\n# one\r\n , \tPUNCT"
    assert read(write(tmp_path / "a.txt", content)) == [
        [("the", "DET"), ("old", "ADJ")],
        [("New York", "PROPN"), ("#1", "SYM"), (",", "PUNCT")],
    ]


@pytest.mark.parametrize("val", ["dev", "valid", "VALIDATION"])
def test_the_files_of_a_treebanks_folder_are_its_parts(tmp_path: Path, val: str) -> None:
    for part in ("train", val, "test"):
        write(tmp_path / f"xx_own-ud-{part}.conllu", WORD.format(1, part, "X", "X"))
    write(tmp_path / "README.md", "What this treebank is.")
    actual = read_tagged_sentences(files_at(str(tmp_path)), "UPOS")
    by_word = {words[0]: part for words, part in zip(actual.words, actual.parts or (), strict=True)}
    assert by_word == {"train": "train", val: "val", "test": "test"}


def test_where_a_document_begins_is_no_word(tmp_path: Path) -> None:
    content = "-DOCSTART- O\n\nEU B-ORG\nrejects O\n\n-DOCSTART-\tO\n\nPeter\tB-PER\n"
    assert read(write(tmp_path / "a.txt", content)) == [[("EU", "B-ORG"), ("rejects", "O")], [("Peter", "B-PER")]]


@pytest.mark.parametrize(
    "first", ["word\ttag", "token pos", "Word POS-Tag", "FORM\tUPOS", "tokens ner_tags", "Wort Tag"]
)
def test_a_header_is_left_out_or_read_as_the_user_says_and_never_silently(tmp_path: Path, first: str) -> None:
    file = write(tmp_path / "a.txt", f"# made by hand\n{first}\nthe DET\n")
    with pytest.raises(UserError, match=r"a\.txt, line 2: .* may be a header; data\.header=true"):
        read(file)
    assert read(file, header=True) == [[("the", "DET")]]
    assert len(read(file, header=False)[0]) == 2
    assert read(write(tmp_path / "b.txt", "The DET\nword NOUN\n")) == [[("The", "DET"), ("word", "NOUN")]]


@pytest.mark.parametrize("tag", ["NaN", "nan", "None", "NULL", "N/A", "#N/A"])
def test_a_missing_tag_is_refused_left_out_or_kept_as_the_user_says(tmp_path: Path, tag: str) -> None:
    file = write(tmp_path / "a.txt", f"the DET\n\nold {tag}\n")
    with pytest.raises(UserError, match=rf"a\.txt: 'old': the label '{tag}' may be none; data\.missing_labels=skip"):
        read(file)
    assert read(file, missing_labels="skip") == [[("the", "DET")]]
    assert read(file, missing_labels="keep")[1] == [("old", tag)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "the\tDET\n\nold\t\n"),
        ("a.conllu", f"{WORD.format(1, 'the', 'DET', 'X')}\n\n{WORD.format(1, 'old', '_', 'X')}\n"),
    ],
)
def test_sentences_without_a_tag_are_left_out_and_counted(tmp_path: Path, name: str, content: str) -> None:
    file = write(tmp_path / name, content)
    for missing in (None, "keep"):
        with pytest.raises(UserError, match=r"'old' has no tag.*data\.missing_labels=skip"):
            read(file, missing_labels=missing)
    assert read(file, missing_labels="skip") == [[("the", "DET")]]
    said = read_tagged_sentences([file], "UPOS", missing_labels="skip").description
    assert "1 sentence left out: a tag is missing" in said


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.txt", "the DET\nold\n", r"a\.txt, line 2: a word and its tag are expected.* not 1 column$"),
        ("a.txt", "# x\n\nthe DET B-NP\n", r"a\.txt, line 3: a word and its tag are expected.* not 3 columns$"),
        ("a.txt", "\tDET\n", r"a\.txt, line 1: a word and its tag are expected"),
        ("a.txt", "the\t\n", r"a\.txt, line 1: 'the' has no tag; data\.missing_labels=skip leaves such sentences out"),
        ("a.txt", "# nothing\n\n", r"a\.txt holds no words"),
        ("a.conllu", "1 the DET\n", r"a\.conllu, line 1: 1 column separated by tabs, where CoNLL-U has 10"),
        ("a.conllu", WORD.format(1, "a", "X", "X") + "\n2\tthe\n", r"a\.conllu, line 2: 2 columns separated by tabs"),
        ("a.conllu", WORD.format("one", "a", "X", "X"), r"line 1: 'one' is no number of a word"),
        (
            "a.conllu",
            f"{WORD.format(1, 'a', 'X', 'X')}\n# s\n{WORD.format(1, 'b', 'X', 'X')}",
            "line 3: .*number 1 .*blank",
        ),
        (
            "a.conllu",
            f"{WORD.format(1, 'a', 'X', 'X')}\n{WORD.format(3, 'b', 'X', 'X')}",
            "line 2: .*number 3 .* 2 is exp",
        ),
        ("a.conllu", WORD.format(2, "a", "X", "X"), "line 1: .*number 2 of the sentence, where 1 is expected"),
        ("a.txt", "EU NNP B-NP B-ORG\n", r"a\.txt, line 1: a word and its tag are expected.* not 4 columns$"),
        ("a.conllu", WORD.format(1, "", "X", "X"), r"line 1: there is no word in the column FORM"),
        (
            "a.conllu",
            WORD.format(1, "a", "_", "X"),
            r"line 1: 'a' has no tag in the column UPOS.*data\.tag_column=XPOS or DEPREL",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, content: str, line: str) -> None:
    with pytest.raises(UserError, match=line):
        read(write(tmp_path / name, content))


def test_a_comment_of_a_program_is_no_word(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("// checked\nthe DET\n\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"a\.txt, line 1: '// checked' may be a comment; .* by a tab"):
        read_tagged_sentences([file], "UPOS")
    file.write_text("//\tPUNCT\nthe\tDET\n\n", encoding="utf-8")
    assert list(read_tagged_sentences([file], "UPOS").words[0]) == ["//", "the"]


def test_empty_cells_behind_the_tag_are_left_out(tmp_path: Path) -> None:
    file = write(tmp_path / "a.tsv", "the\tDET\t\nend\tNOUN\t\t\n")
    assert read(file) == [[("the", "DET"), ("end", "NOUN")]]
    with pytest.raises(UserError, match=r"line 1: 'the' has no tag"):
        read(write(tmp_path / "b.tsv", "the\t\t\n"))


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.jsonl", '{"tokens": ["The"], "tags": ["DET"]}\n', r"a\.jsonl is a table, of which no sentences are read"),
        ("a.csv", "n,word,tag\n1,the,DET\n", r"a\.csv, line 1: .* not 1 column"),
    ],
)
def test_a_table_is_refused_with_the_forms_that_are_read(tmp_path: Path, name: str, content: str, line: str) -> None:
    with pytest.raises(UserError, match=f"{line}; CoNLL-U is read, and lines of a word, a tab or a blank, and its tag"):
        read(write(tmp_path / name, content))
