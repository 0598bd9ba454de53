"""Sentences that somebody has tagged, word by word: treebanks in CoNLL-U, and words beside their tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from rnnlab.data.formats.blank_labels import SKIP, leaves_out
from rnnlab.data.formats.decoding import decode_lines
from rnnlab.data.formats.headers import begins_with_header, looks_like_header
from rnnlab.data.formats.packed import ending_of
from rnnlab.data.formats.tables import is_table, says_names
from rnnlab.data.sources.descriptions import alike
from rnnlab.data.sources.parts import part_of_each, parts_of
from rnnlab.data.split import PARTS
from rnnlab.errors import UserError

# https://universaldependencies.org/format.html
CONLLU = ".conllu"
COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
FORM = COLUMNS.index("FORM")
TAGS = ("UPOS", "XPOS", "FEATS", "DEPREL")  # columns that may be learned
EMPTY = "_"  # of a column; of FEATS, which many words have none of, it is a tag like any other
NO_WORD = re.compile(r"[1-9]\d*-[1-9]\d*|\d+\.[1-9]\d*")  # `1-2`, words that are written as one; `8.1`, an empty node
DOCUMENT = "-DOCSTART-"  # where a document begins in files of CoNLL-2003
FORMS = "CoNLL-U is read, and lines of a word, a tab or a blank, and its tag, with an empty line behind each sentence"

Sentence = tuple[list[str], list[str]]


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences and the tags of their words.

    Attributes:
        words: `(N,)`, the words of each sentence as they were written; every sentence has one at least.
        tags: `(N,)`, the tags of each, one a word.
        parts: `(N,)`, the part of each (`train`, `val` or `test`) where the data set fixes it; else None.
        column: Of CoNLL-U, that has the tags; '' where a line has a word and a tag alone.
        description: What was read of the user's own files, in one line; '' of other data.
    """

    words: Sequence[Sequence[str]]
    tags: Sequence[Sequence[str]]
    parts: Sequence[str] | None = None
    column: str = ""
    description: str = ""

    def __len__(self) -> int:
        return len(self.words)


def read_treebank(files: list[Path], tag_column: str) -> TaggedSentences:
    """Return the sentences of a treebank in CoNLL-U; the files are its training, validation and test part.

    Raises:
        UserError: A file is no CoNLL-U; the line names file and line.
    """
    return _together(files, [list(_sentences(file, tag_column)) for file in files], list(PARTS))


def read_tagged_sentences(
    files: list[Path], tag_column: str, header: bool | None = None, missing_labels: str | None = None
) -> TaggedSentences:
    """Return the sentences of the user's files: CoNLL-U, or a word and its tag a line and a blank line behind each.

    In a folder with files that are named for training, validation and test, as those of a treebank are, these are the
    parts (see `parts_of`). Where some end with `.conllu`, the others are left out: a treebank comes with its licence
    and its history. Of two columns, lines that begin with `-DOCSTART-` are no words.

    Args:
        files: In UTF-8.
        tag_column: Of CoNLL-U.
        header: Whether the first line of two columns is left out; None refuses one that looks like a header.
        missing_labels: What is done with sentences that have tags such as `NaN`; see `leaves_out`.

    Raises:
        UserError: A line is neither, a sentence does not end, or there are no words; the message names file and line.
    """
    if tag_column not in TAGS:
        raise UserError(f"data.tag_column={tag_column}: one of {', '.join(TAGS)} is expected")
    chosen = [file for file in files if ending_of(file) == CONLLU] or files
    whole = [list(_sentences(file, tag_column, header, missing_labels == SKIP)) for file in chosen]
    column = tag_column if any(map(_is_treebank, chosen)) else ""
    by_file = [
        [s for s in inner if not _left_out(s, missing_labels, file)] for inner, file in zip(whole, chosen, strict=True)
    ]
    left_out = sum(map(len, whole)) - sum(map(len, by_file))
    read = replace(_together(chosen, by_file, parts_of(chosen)), column=column)
    return replace(read, description=_description(read, left_out, len(files) - len(chosen), header is True))


def has_columns(file: Path) -> bool:
    """Return whether a file is CoNLL-U or has columns separated by tabs, and not sentences as lines of text.

    Raises:
        UserError: It is not UTF-8.
    """
    return file.suffix.lower() == CONLLU or "\t" in _first(decode_lines(file))


def read_words(file: Path) -> list[list[str]]:
    """Return the words of each sentence of CoNLL-U, or of a file with a word and its tag a line; tags are not read.

    Raises:
        UserError: A line is neither; the message names file and line.
    """
    sentences = _sentences(file, TAGS[0], None, untagged=True)
    return [words for words, _ in sentences]


def _description(read: TaggedSentences, left_out: int, files: int, header: bool) -> str:
    tags = {tag for tags in read.tags for tag in tags}
    remarks = [
        f"tagged: {sum(map(len, read.words)):,} words in {len(read):,} sentences",
        f"{len(tags):,} tag{'s'[: len(tags) != 1]}{f' of the column {read.column}' if read.column else ''}",
        f"{left_out:,} sentence{'s'[: left_out != 1]} left out: a tag is missing" if left_out else "",
        "the first line left out" if header else "",
        alike(tags),
        f"{files:,} file{'s'[: files != 1]} without {CONLLU} left out" if files else "",
    ]
    return ", ".join(filter(None, remarks))


def _together(files: list[Path], by_file: list[list[Sentence]], parts: list[str] | None) -> TaggedSentences:
    _refuse_other_columns([sentence for inner in by_file for sentence in inner], files[0])
    if not any(by_file):
        raise UserError(f"data: {files[0]} holds no words; a word and its tag in each line, or CoNLL-U, is expected")
    sentences = [sentence for inner in by_file for sentence in inner]
    fixed = part_of_each(parts, map(len, by_file))
    return TaggedSentences([words for words, _ in sentences], [tags for _, tags in sentences], fixed)


def _refuse_other_columns(sentences: Sequence[Sentence], file: Path) -> None:
    """Raise UserError if words are numbers that count, or there are more tags than words: columns are other ones."""
    if (
        all(words == [str(number) for number in range(1, len(words) + 1)] for words, _ in sentences)
        and len(sentences) > 1
    ):
        raise UserError(f"data: {file}: its first column counts the words; a word and its tag are expected in a line")
    words, tags = ({item for pair in sentences for item in pair[place]} for place in (0, 1))
    if len(sentences) > 1 and len(tags) > len(words):
        raise UserError(
            f"data: {file} has {len(tags)} different tags of {len(words)} different words; the word stands first, and"
            " then its tag"
        )


def _left_out(sentence: Sentence, missing: str | None, file: Path) -> bool:
    """Return whether a tag of a sentence is missing, and such sentences are left out."""
    return any(leaves_out(tag, missing, f"data: {file}: {word!r}") for word, tag in zip(*sentence, strict=True))


def _sentences(file: Path, tag_column: str, header: bool | None = False, untagged: bool = False) -> Iterator[Sentence]:
    """Yield the sentences of a file in their order; where words may be untagged, these have the tag ''.

    Raises:
        UserError: A line has no word or no tag, or the numbers of words are not in their order.
    """
    if says_names(file):
        raise UserError(f"data: {file} is a table, of which no sentences are read; {FORMS}")
    lines = decode_lines(file)
    treebank = _is_treebank(file)
    if (first := _first(lines)) and not treebank:
        lines = _without_header(lines, first, header, file)
    for blank, numbered in groupby(enumerate(lines, start=1), key=lambda pair: not pair[1].strip()):
        pairs: list[tuple[str, str]] = []
        for number, line in () if blank else numbered:
            try:
                pair = _conllu_word(line, tag_column, len(pairs) + 1) if treebank else _word_and_tag(line)
                if pair and not treebank and header is not False and looks_like_header(pair):
                    raise ValueError(f"{' '.join(pair)!r} is a header again; data.header=false reads it as a word")
                _check_tag(pair, line, tag_column if treebank else "", untagged)
            except ValueError as error:
                forms = f"; {FORMS}" if is_table(file) and ending_of(file) != ".tsv" else ""
                raise UserError(f"data: {file}, line {number}: {error}{forms}") from None
            pairs += [] if pair is None else [pair]
        if pairs:
            yield [word for word, _ in pairs], [tag for _, tag in pairs]


def _is_treebank(file: Path) -> bool:
    """Return whether a file is CoNLL-U, as its name or the columns of its first word say."""
    return ending_of(file) == CONLLU or len(_first(decode_lines(file)).split("\t")) == len(COLUMNS)


def _first(lines: list[str]) -> str:
    """Return the first line that is neither empty nor a comment; '' for none."""
    return next((line for line in lines if line.strip() and not line.startswith("#")), "")


def _without_header(lines: list[str], first: str, header: bool | None, file: Path) -> list[str]:
    """Return the lines with an empty one where `first` is a header."""
    at = lines.index(first)
    if begins_with_header(first.split(), header, f"data: {file}, line {at + 1}"):
        return [*lines[:at], "", *lines[at + 1 :]]
    return lines


def _conllu_word(line: str, tag_column: str, expected: int) -> tuple[str, str] | None:
    """Return word and tag of a line of CoNLL-U, '' for none; None for a line that is no word.

    Raises:
        ValueError: It has not ten columns, not the number that is expected, or no word.
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
    if (number := int(cells[0])) != expected:
        blank = "; a blank line ends a sentence" if number == 1 else ""
        raise ValueError(f"the word is number {number} of the sentence, where {expected} is expected{blank}")
    word, tag = cells[FORM].strip(), cells[COLUMNS.index(tag_column)].strip()
    if not word:
        raise ValueError("there is no word in the column FORM")
    return word, "" if tag == EMPTY and tag_column != "FEATS" else tag


def _check_tag(pair: tuple[str, str] | None, line: str, tag_column: str, untagged: bool) -> None:
    """Raise ValueError if a word has no tag, which it must have; the column is one of CoNLL-U or ''."""
    if pair is None or pair[1] or untagged:
        return
    cells = line.split("\t")
    others = [name for name in TAGS if tag_column and cells[COLUMNS.index(name)].strip() not in ("", EMPTY)]
    another = f"; data.tag_column={' or '.join(others)} reads another one" if others else ""
    column = f" in the column {tag_column}, which data.tag_column names{another}" if tag_column else ""
    raise ValueError(f"{pair[0]!r} has no tag{column}; data.missing_labels=skip leaves such sentences out")


def _word_and_tag(line: str) -> tuple[str, str] | None:
    """Return word and tag of a line, separated by a tab or by blanks; None for a comment or a document's beginning.

    A line that begins with `#` is a comment unless it has a tab. A word and nothing behind its tab has the tag ''.
    Empty cells behind the tag are left out.

    Raises:
        ValueError: There are not two of them, or the line begins with `//` as comments of programs do.
    """
    by_tab = "\t" in line
    if line.startswith("//") and not by_tab:
        raise ValueError(f"{line!r} may be a comment; leave it out, or separate the word and its tag by a tab")
    if (line.startswith("#") and not by_tab) or line.startswith(DOCUMENT):
        return None
    cells = [cell.strip() for cell in line.split("\t")] if by_tab else line.split()
    while len(cells) > 2 and not cells[-1]:
        cells.pop()
    if len(cells) != 2 or not cells[0]:
        count = len([cell for cell in cells if cell])
        raise ValueError(
            f"a word and its tag are expected, separated by a tab or a blank, not {count} column{'s'[: count != 1]}"
        )
    return cells[0], cells[1]
