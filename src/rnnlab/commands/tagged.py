"""How `rnnlab predict` prints tagged words."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnlab.tasks.abilities import TaggedText

    Answers = Iterable[list[TaggedText]]

CSV_COLUMNS = ("text", "word", "tag", "probability")


def _print_lines(answers: Answers) -> None:
    """A line of `word/TAG` for each text, an empty one for a text without words; what is odd goes to stderr, once."""
    said: set[str] = set()
    for its in (its for block in answers for its in block):
        print(" ".join(f"{word.word}/{word.tag}" for word in its.words), flush=True)
        if its.note and not said:
            said.add(its.note)
            print(its.note, file=sys.stderr)


def _print_csv(answers: Answers) -> None:
    """A row for each word, behind the number of its text, counted from 1."""
    # Every string is quoted, since the module csv would leave a word with a lone carriage return bare.
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(CSV_COLUMNS)
    for number, its in enumerate((its for block in answers for its in block), start=1):
        writer.writerows([number, word.word, word.tag, word.probability] for word in its.words)
        sys.stdout.flush()


def _print_json(answers: Answers) -> None:
    """A list of objects, printed as they come; in ASCII, which every encoding has."""
    before = "[\n"
    for its in (its for block in answers for its in block):
        print(f"{before}  {json.dumps(asdict(its))}", end="", flush=True)
        before = ",\n"
    print("\n]" if before != "[\n" else "[]")


FORMATS: dict[str, Any] = {"text": _print_lines, "csv": _print_csv, "json": _print_json}
