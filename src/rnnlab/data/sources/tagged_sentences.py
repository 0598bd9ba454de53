"""Sentences that somebody has tagged, word by word: treebanks in CoNLL-U, and words beside their tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnlab.data.sources.text_files import decode_lines
from rnnlab.data.split import PARTS
from rnnlab.errors import UserError

# https://universaldependencies.org/format.html
CONLLU = ".conllu"
COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
FORM = COLUMNS.index("FORM")
EMPTY = "_"  # of a column; of FEATS, which many words have none of, it is a tag like any other
NO_WORD = re.compile(r"[1-9]\d*-[1-9]\d*|\d+\.[1-9]\d*")  # `1-2`, words that are written as one; `8.1`, an empty node
# What the names of a treebank's files end with.
ENDINGS = {"train": "train", "dev": "val", "test": "test"}

Sentence = tuple[list[str], list[str]]


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences and the tags of their words.

    Attributes:
        words: `(N,)`, the words of each sentence as they were written; every sentence has one at least.
        tags: `(N,)`, the tags of each, one a word.
        parts: `(N,)`, the part of each (`train`, `val` or `test`) where the data set fixes it; else None.
    """

    words: Sequence[Sequence[str]]
    tags: Sequence[Sequence[str]]
    parts: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.words)


def read_treebank(files: list[Path], tag_column: str) -> TaggedSentences:
    """Return the sentences of a treebank in CoNLL-U; the files are its training, validation and test part.

    Raises:
        UserError: A file is no CoNLL-U; the line names file and line.
    """
    return _read(files, tag_column, list(PARTS))


def read_tagged_sentences(files: list[Path], tag_column: str) -> TaggedSentences:
    """Return the sentences of the user's files: CoNLL-U, or a word and its tag a line and a blank line behind each.

    In a folder with files whose names end with `train`, `dev` and `test`, as those of a treebank do, these are the
    parts. Where some end with `.conllu`, the others are left out: a treebank comes with its licence and its history.

    Raises:
        UserError: A line is neither, or there are no words; the message names file and line.
    """
    chosen = [file for file in files if file.suffix.lower() == CONLLU] or files
    parts = [ENDINGS.get(re.split(r"[^a-z]", file.stem.lower())[-1]) for file in chosen]
    return _read(chosen, tag_column, parts if {*parts} == {*PARTS} else None)


def _read(files: list[Path], tag_column: str, parts: list[str | None] | None) -> TaggedSentences:
    by_file = [list(_sentences(file, tag_column)) for file in files]
    if not any(by_file):
        raise UserError(f"data: {files[0]} holds no words; a word and its tag in each line, or CoNLL-U, is expected")
    sentences = [sentence for inner in by_file for sentence in inner]
    fixed = None if parts is None else [str(part) for part, inner in zip(parts, by_file, strict=True) for _ in inner]
    return TaggedSentences([words for words, _ in sentences], [tags for _, tags in sentences], fixed)


def _sentences(file: Path, tag_column: str) -> Iterator[Sentence]:
    """Yield the sentences of a file in their order.

    Raises:
        UserError: A line has no word or no tag.
    """
    lines = decode_lines(file)
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    treebank = file.suffix.lower() == CONLLU or len(first.split("\t")) == len(COLUMNS)
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            if words:
                yield words, tags
                words, tags = [], []
            continue
        try:
            pair = _conllu_word(line, tag_column) if treebank else _word_and_tag(line)
        except ValueError as error:
            raise UserError(f"data: {file}, line {number}: {error}") from None
        if pair is not None:
            words.append(pair[0])
            tags.append(pair[1])
    if words:
        yield words, tags


def _conllu_word(line: str, tag_column: str) -> tuple[str, str] | None:
    """Return word and tag of a line of CoNLL-U; None for a line that is no word.

    Raises:
        ValueError: It has not ten columns, no number, no word or no tag.
    """
    if line.startswith("#"):
        return None
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        columns = f"{len(cells)} column{'s' if len(cells) > 1 else ''}"
        raise ValueError(f"{columns} separated by tabs, where CoNLL-U has {len(COLUMNS)}")
    if not cells[0].isdecimal():
        if NO_WORD.fullmatch(cells[0]):
            return None
        raise ValueError(f"{cells[0]!r} is no number of a word")
    word, tag = cells[FORM].strip(), cells[COLUMNS.index(tag_column)].strip()
    if not word:
        raise ValueError("there is no word in the column FORM")
    if not tag or (tag == EMPTY and tag_column != "FEATS"):
        raise ValueError(f"{word!r} has no tag in the column {tag_column}, which data.tag_column names")
    return word, tag


def _word_and_tag(line: str) -> tuple[str, str] | None:
    """Return word and tag of a line, separated by a tab or by blanks; None for a comment.

    A line that begins with `#` is a comment unless it has a tab.

    Raises:
        ValueError: There are not two of them.
    """
    by_tab = "\t" in line
    if line.startswith("#") and not by_tab:
        return None
    cells = [cell.strip() for cell in line.split("\t")] if by_tab else line.split()
    if len(cells) != 2 or not all(cells):
        count = len([cell for cell in cells if cell])
        raise ValueError(
            f"a word and its tag are expected, separated by a tab or a blank, not {count} column{'s'[: count != 1]}"
        )
    return cells[0], cells[1]
