"""Files as people have them: what would be read as something else than was meant is refused, or said in a line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rnnlab.data.sources.labelled_texts import read_labelled_texts
from rnnlab.data.sources.names import read_lines
from rnnlab.data.sources.series import read_series
from rnnlab.data.sources.signals import read_signals
from rnnlab.data.sources.tagged_sentences import read_tagged_sentences
from rnnlab.data.sources.text_files import read_text
from rnnlab.errors import UserError

READ: dict[str, Callable[..., Any]] = {
    "texts": partial(read_labelled_texts, text_column="text", label_column="label"),
    "signals": partial(read_signals, label_column="label"),
    "series": partial(read_series, value_column=None),
    "items": read_lines,
    "labelled items": partial(read_lines, labels="sex"),
    "tags": partial(read_tagged_sentences, tag_column="UPOS"),
}
TEXTS = [f"film {n},{'ab'[n % 2]}" for n in range(20)]
SIGNALS = [f"{n},{n % 3},{'ab'[n % 2]}" for n in range(20)]
VALUES = [f"2020-01-{n + 1:02},{n % 7}.5" for n in range(20)]
ITEMS = [f"{a}{b}" for a in ("an", "be", "ca") for b in ("na", "rt", "rl", "ra")]
LABELLED = [f"{item}\t{'FM'[n % 2]}" for n, item in enumerate(ITEMS)]
TAGGED = ["the\tDET", "man\tNOUN", "", "a\tDET", "boat\tNOUN", ""] * 3


def text(head: str, lines: list[str]) -> str:
    """Return lines below a header, or without one."""
    return "".join(f"{line}\n" for line in [*([head] if head else []), *lines])


REFUSED = {  # a reader, a file, and what the line says
    "texts: the header again": ("texts", text("text,label", [*TEXTS, "text,label", *TEXTS]), "line 22 has the header"),
    "signals: the header again": ("signals", text("t1,t2,label", [*SIGNALS, "t1,t2,label"]), "line 22 has the header"),
    "series: the header again": ("series", text("day,temp", [*VALUES, "day,temp"]), "line 22 has the header again"),
    "labels: the header again": ("labelled items", text("", [*LABELLED, "name\tsex"]), "has the header again"),
    "tags: the header again": ("tags", text("", [*TAGGED, "word\ttag"]), r"'word tag' is a header.*data\.header=false"),
    "blanks before quotes": (
        "texts",
        'text,label\n"a, b", "x"\n',
        r"line 2: a blank stands before.*data\.quoting=true",
    ),
    "UTF-16": ("texts", "\0".join(text("text,label", TEXTS)), "line 1 has a zero byte, as UTF-16"),
    "items in UTF-16": ("items", "\0".join(text("", ITEMS)), "line 1 has a zero byte, as UTF-16"),
    "an index": ("signals", text("Unnamed: 0,t2,label", SIGNALS), "column Unnamed: 0 seems to be no step"),
    "an id": ("signals", text("id,t2,label", SIGNALS), "column id seems to be no step"),
    "a time": ("signals", text("time,t2,label", SIGNALS), "column time seems to be no step"),
    "two steps of one name": ("signals", text("t1,t1,label", SIGNALS), "2 columns t1; every step needs"),
    "years as values": (
        "series",
        text("temp,year", [f"{n % 7}.5,{1990 + n}" for n in range(20)]),
        r"last column 'year' has times; data\.value_column=temp or data\.value_column=year",
    ),
    "truths as values": (
        "series",
        text("temp,open", [f"{n % 7}.5,{n % 2 == 0}" for n in range(20)]),
        r"last column 'open' has True and False; data\.value_column=temp or data\.value_column=open",
    ),
    "one missing value": (
        "series",
        text("temp", [f"{n % 7}.5" for n in range(20)] + ["-9999", "1.5"]),
        r"-9999 stands there once, far from the others.*data\.missing_values=-9999.*data\.missing_values=none",
    ),
    "a sum of a series": (
        "series",
        text("temp", [*(f"{n % 7 + 1}.5" for n in range(20)), f"{sum(n % 7 + 1.5 for n in range(20))}"]),
        r"the last row has the sum of the others in the column temp.*data\.stacked=true",
    ),
    "thousands": (
        "series",
        text("day;temp", [f"{line.split(',')[0]};10.03{n % 7},00" for n, line in enumerate(VALUES)]),
        r"'10\.030,00' is no number; data\.decimal=comma reads it",
    ),
    "a comment": ("items", text("# my names", ITEMS), r"'# my names' may be a comment.*data\.verbatim=true"),
    "a line between": ("items", text("", [*ITEMS, "---", *ITEMS]), r"'---' may be a line between.*data\.verbatim"),
    "a missing item": ("items", text("", [*ITEMS, "NaN"]), r"'NaN' may be a missing item.*data\.verbatim=true"),
    "a sum": ("items", text("", [*ITEMS, "Total: 12"]), r"the last line, 'Total: 12', may be.*data\.verbatim=true"),
    "a count": ("items", text("", [*ITEMS, "(12 rows)"]), r"the last line, '\(12 rows\)'.*data\.verbatim=true"),
    "bullets": ("items", text("", [f"- {item}" for item in ITEMS]), r"a bullet.*data\.verbatim=true"),
    "JSON Lines": ("items", text("", [f'{{"name":"{item}"}}' for item in ITEMS]), r"brackets.*data\.verbatim=true"),
    "labels first": ("labelled items", text("", [f"F\t{item}" for item in ITEMS]), "every sex is there once"),
    "words that are counted": ("tags", "1 the\n2 man\n\n1 a\n2 man\n", "first column counts the words"),
    "tags first": ("tags", "DET\tthe\nNOUN\tman\n\nDET\ta\nNOUN\tboat\n", "4 different tags of 2 different words"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_seems_to_be_something_else_is_refused_in_a_line(tmp_path: Path, what: str) -> None:
    reader, content, line = REFUSED[what]
    (tmp_path / "mine.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=line):
        READ[reader]([tmp_path / "mine.csv"])


@pytest.mark.parametrize("what", [what for what in REFUSED if "data\\.verbatim" in REFUSED[what][2]])
def test_lines_are_items_where_the_user_says_so(tmp_path: Path, what: str) -> None:
    _, content, _ = REFUSED[what]
    (tmp_path / "mine.txt").write_text(content, encoding="utf-8")
    assert read_lines([tmp_path / "mine.txt"], verbatim=True) == content.splitlines()


@pytest.mark.parametrize(
    ("one", "other"), [("1", "1.0"), ("01", "1"), ("Pos", "pos"), ("caf\u00e9", "cafe\u0301"), ("yes", "yes\u200b")]
)
@pytest.mark.parametrize("reader", ["texts", "signals", "labelled items", "tags"])
def test_labels_that_people_read_as_one_are_said(tmp_path: Path, reader: str, one: str, other: str) -> None:
    head = {"texts": "text,label", "signals": "t1,label"}.get(reader, "")
    sign = "," if head else "\t"
    lines = [f"{n}{sign}{label}" for n, label in enumerate([one, other, "x"] * 5)]
    (tmp_path / "mine.csv").write_text(text(head, lines), encoding="utf-8")
    said = READ[reader]([tmp_path / "mine.csv"]).description
    assert f"{min(one, other)!r} and {max(one, other)!r} are two labels, though they differ in" in said


def test_labels_that_differ_are_not_said_to_be_alike(tmp_path: Path) -> None:
    lines = [f"{n},{label}" for n, label in enumerate(["10", "1", "100", "1000000001", "1000000002"] * 3)]
    (tmp_path / "mine.csv").write_text(text("text,label", lines))
    assert "are two labels" not in READ["texts"]([tmp_path / "mine.csv"]).description


def test_a_second_header_of_numbers_without_a_header_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("0.5,0.25\n1,2\n1.5,2.5\n")
    assert read_series([tmp_path / "mine.csv"], None).values.tolist() == [[0.25], [2], [2.5]]


def test_a_label_that_is_a_list_is_refused_and_one_in_brackets_is_a_text(tmp_path: Path) -> None:
    lists, words = tmp_path / "lists.jsonl", tmp_path / "words.csv"
    lists.write_text("".join(f'{{"text": "film {n}", "label": ["{"ab"[n % 2]}"]}}\n' for n in range(20)))
    with pytest.raises(UserError, match=r'row 1: \["a"\] in the column label is no label; a label is one value'):
        READ["texts"]([lists])
    words.write_text(text("text,label", [f"film {n},[{'ab'[n % 2]}]" for n in range(20)]))
    assert {*READ["texts"]([words]).labels} == {"[a]", "[b]"}


def test_every_file_of_a_folder_of_texts_is_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A cold night.\n" * 20)
    (tmp_path / "b.txt").write_bytes(b"\x00\x01\x02" * 20)
    with pytest.raises(UserError, match=r"b\.txt.*zero byte"):
        read_text([tmp_path / "a.txt", tmp_path / "b.txt"])
