"""From files to tagged sentences: treebanks in CoNLL-U, and words beside their tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rnnlab.data.preparation.tagged import TaggedSentences
from rnnlab.data.sources.readers import decode
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


def treebank(files: list[Path], tag_column: str) -> TaggedSentences:
    """A treebank in CoNLL-U; the files are its training, validation and test part.

    Raises:
        UserError: A file is no CoNLL-U; the line names file and line.
    """
    return _together(files, tag_column, list(PARTS))


def own(files: list[Path], tag_column: str) -> TaggedSentences:
    """The user's files: CoNLL-U, or a word and its tag in each line; a blank line ends a sentence.

    In a folder with files whose names end with `train`, `dev` and `test`, as those of a treebank do, these are the
    parts. Where some end with `.conllu`, the others are left out: a treebank comes with its licence and its history.

    Raises:
        UserError: A line is neither, or there are no words; the line names file and line.
    """
    chosen = [file for file in files if file.suffix.lower() == CONLLU] or files
    parts = [ENDINGS.get(re.split(r"[^a-z]", file.stem.lower())[-1]) for file in chosen]
    return _together(chosen, tag_column, parts if {*parts} == {*PARTS} else None)


def _together(files: list[Path], tag_column: str, parts: list[str | None] | None) -> TaggedSentences:
    found = [list(_sentences(file, tag_column)) for file in files]
    if not any(found):
        raise UserError(f"data: {files[0]} holds no words; a word and its tag in each line, or CoNLL-U, is expected")
    sentences = [sentence for of_file in found for sentence in of_file]
    fixed = None if parts is None else [str(its) for its, of_file in zip(parts, found, strict=True) for _ in of_file]
    return TaggedSentences([words for words, _ in sentences], [tags for _, tags in sentences], fixed)


def _sentences(file: Path, tag_column: str) -> Iterator[Sentence]:
    """The sentences of a file in their order.

    Raises:
        UserError: A line is not what it should be.
    """
    lines = decode(file).replace("\r\n", "\n").replace("\r", "\n").split("\n")
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
            pair = _of_treebank(line, tag_column) if treebank else _of_two_columns(line)
        except ValueError as error:
            raise UserError(f"data: {file}, line {number}: {error}") from None
        if pair is not None:
            words.append(pair[0])
            tags.append(pair[1])
    if words:
        yield words, tags


def _of_treebank(line: str, tag_column: str) -> tuple[str, str] | None:
    """Word and tag of a line of CoNLL-U; None of a line that is no word.

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


def _of_two_columns(line: str) -> tuple[str, str] | None:
    """Word and tag of a line, separated by a tab or by blanks; None of a comment.

    Where a word begins with `#`, a tab behind it tells the line from a comment.

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
