"""Every reader of a user's files, on files that were damaged at random: what is read, or one line of what is wrong."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import made
from rnnlab.data.formats.table_blocks import open_table
from rnnlab.data.sources.labelled_texts import read_labelled_texts
from rnnlab.data.sources.names import read_lines
from rnnlab.data.sources.series import read_series
from rnnlab.data.sources.signals import read_signals
from rnnlab.data.sources.tagged_sentences import read_tagged_sentences
from rnnlab.data.sources.text_files import read_text
from rnnlab.errors import UserError

pytestmark = pytest.mark.hostile

Items = list[Any]
ENDS = {"line feeds": b"\n", "carriage returns and line feeds": b"\r\n"}
MARK = b"\xef\xbb\xbf"  # a byte order mark, as spreadsheets write it


def _series(file: Path) -> Path:
    draw = random.Random(0)
    rows = (f"2020-01-{day:02d},{draw.uniform(10, 30):.2f}\n" for day in range(1, 31))
    file.write_text("date,temp\n" + "".join(rows), encoding="utf-8")
    return file


def _signals(file: Path) -> Path:
    draw = random.Random(0)
    rows = (
        ",".join(f"{draw.gauss(0, 1):.3f}" for _ in range(5)) + f",{'up' if row % 2 else 'down'}\n" for row in range(30)
    )
    file.write_text("t1,t2,t3,t4,t5,label\n" + "".join(rows), encoding="utf-8")
    return file


def _recordings(file: Path) -> Path:
    draw = random.Random(0)
    rows = (
        f"r{row},{step},{draw.gauss(0, 1):.3f},{draw.gauss(0, 1):.3f},{'up' if row % 2 else 'down'}\n"
        for row in range(10)
        for step in range(3 + row % 3)
    )
    file.write_text("id,t,x,y,label\n" + "".join(rows), encoding="utf-8")
    return file


def _lines(text: str) -> Callable[[Path], Path]:
    def write(file: Path) -> Path:
        file.write_text(text, encoding="utf-8")
        return file

    return write


def _reviews(file: Path) -> Path:
    return made.reviews(file, 40)


def _sentences(file: Path) -> Path:
    return made.sentences(file, 20)


def _in_parquet(write: Callable[[Path], Path], **types: str) -> Callable[[Path], Path]:
    def written(file: Path) -> Path:
        pd.read_csv(write(file.with_suffix(".csv"))).astype(types).to_parquet(file)
        return file

    return written


def _in_json_lines(write: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def written(file: Path) -> Path:
        pd.read_csv(write(file.with_suffix(".csv"))).to_json(file, orient="records", lines=True)
        return file

    return written


NAMES = "".join(f"{first}{last}\n" for first in "bdfglm" for last in ("anna", "erta", "ine"))
PAIRS = "".join(f"{name}\t{'F' if row % 2 else 'M'}\n" for row, name in enumerate(NAMES.split()))
WORDS = "".join(f"the DET\n{noun} NOUN\nsleeps VERB\n\n" for noun in ("dog", "cat", "fox", "hen", "cow", "owl"))
# The name of a file, what writes it, and what is read of it as a list of items.
READERS: dict[str, tuple[str, Callable[[Path], Path], Callable[[list[Path]], Items]]] = {
    "names": ("names.txt", _lines(NAMES), lambda files: _texts(read_lines(files))),
    "labelled names": ("names.txt", _lines(PAIRS), lambda files: _pairs(read_lines(files, "sex"))),
    "text": ("text.txt", _lines(NAMES * 3), lambda files: "".join(read_text(files).pieces()).splitlines()),
    "reviews": ("reviews.csv", _reviews, lambda files: _pairs(read_labelled_texts(files, "text", "label"))),
    "reviews in JSON Lines": (
        "reviews.jsonl",
        _in_json_lines(_reviews),
        lambda files: _pairs(read_labelled_texts(files, "text", "label")),
    ),
    "reviews in Parquet": (
        "reviews.parquet",
        _in_parquet(_reviews, label="category"),
        lambda files: _pairs(read_labelled_texts(files, "text", "label")),
    ),
    "series in Parquet": (
        "series.parquet",
        _in_parquet(_series, date="datetime64[ns]"),
        lambda files: read_series(files, None).values.tolist(),
    ),
    "treebank": ("trees.conllu", _sentences, lambda files: _tagged(read_tagged_sentences(files, "UPOS"))),
    "words and tags": ("words.txt", _lines(WORDS), lambda files: _tagged(read_tagged_sentences(files, "UPOS"))),
    "series": ("series.csv", _series, lambda files: read_series(files, None).values.tolist()),
    "series in JSON Lines": (
        "series.jsonl",
        _in_json_lines(_series),
        lambda files: read_series(files, None).values.tolist(),
    ),
    "signals": ("signals.csv", _signals, lambda files: _rows(read_signals(files, "label"))),
    "signals in JSON Lines": (
        "signals.jsonl",
        _in_json_lines(_signals),
        lambda files: _rows(read_signals(files, "label")),
    ),
    "signals in Parquet": ("signals.parquet", _in_parquet(_signals), lambda files: _rows(read_signals(files, "label"))),
    "recordings": ("recordings.csv", _recordings, lambda files: _rows(read_signals(files))),
    "recordings in JSON Lines": (
        "recordings.jsonl",
        _in_json_lines(_recordings),
        lambda files: _rows(read_signals(files)),
    ),
    "recordings in Parquet": (
        "recordings.parquet",
        _in_parquet(_recordings, label="category"),
        lambda files: _rows(read_signals(files)),
    ),
}


def _texts(content: Any) -> Items:
    return list(content if isinstance(content, list) else content.texts)


def _pairs(content: Any) -> Items:
    return list(zip(content.texts, content.labels, strict=True))


def _tagged(content: Any) -> Items:
    return list(zip(map(list, content.words), map(list, content.tags), strict=True))


def _rows(content: Any) -> Items:
    assert np.isfinite(content.values).all() and int(content.sizes.sum()) == len(content.values)
    return [*content.values.reshape(-1).tolist(), *content.sizes.tolist(), *content.answers.tolist()]


def read(reader: str, file: Path) -> Items | str:
    """Return the items of a file, or the line of what is wrong with it; any other end fails the test."""
    try:
        return READERS[reader][2]([file])
    except UserError as error:
        return str(error)


def written(reader: str, folder: Path) -> tuple[Path, bytes]:
    name, write, _ = READERS[reader]
    if reader not in CONTENTS:
        CONTENTS[reader] = write(folder / name).read_bytes()
    file = folder / name
    file.write_bytes(CONTENTS[reader])
    return file, CONTENTS[reader]


CONTENTS: dict[str, bytes] = {}  # of the files before any damage


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw something that happens to files: bytes that flip, are lost, doubled or put in, another encoding."""
    place, length = draw(st.floats(0, 1)), draw(st.integers(1, 40))
    put_in = draw(
        st.sampled_from([b'"', b"'", b",", b"\t", b";", b"\n", b"\r", b"\0", b"\x1b[2J", b"\xff", b"#", b"\\"])
    )
    bit = 1 << draw(st.integers(0, 7))
    kind = draw(st.sampled_from(["flip", "cut", "lose", "double", "twice", "put in", "utf-16", "latin-1"]))

    def damaged(content: bytes) -> bytes:
        at = int(place * (len(content) - 1))
        return {
            "flip": content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :],
            "cut": content[:at],
            "lose": content[:at] + content[at + length :],
            "double": content[: at + length] + content[at:],
            "twice": content + content[at:],
            "put in": content[:at] + put_in + content[at:],
            "utf-16": content.decode("latin-1").encode("utf-16"),
            "latin-1": content.decode("latin-1").replace("a", "ä").encode("latin-1"),
        }[kind]

    return damaged


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged=damage())
def test_a_damaged_file_is_read_or_refused_in_one_line(
    tmp_path: Path, reader: str, damaged: Callable[[bytes], bytes]
) -> None:
    file, content = written(reader, tmp_path)
    file.write_bytes(damaged(content))
    result = read(reader, file)
    if isinstance(result, str):
        assert len(result.splitlines()) == 1 and file.name in result, result
    if reader.startswith("reviews"):
        read_in_blocks(file, result)


def read_in_blocks(file: Path, result: Items | str) -> None:
    """A table that is read as a whole is read in blocks alike, and one that cannot be is refused in a line."""
    try:
        table = open_table(file)
        rows = [row for block in table.blocks() for row in table.frame(block)[["text", "label"]].values.tolist()]
    except UserError as error:
        assert isinstance(result, str) and len(str(error).splitlines()) == 1, (result, error)
    except KeyError:  # a column's name is damaged
        assert isinstance(result, str)
    else:
        assert isinstance(result, str) or [(text, label.strip()) for text, label in rows] == result


@pytest.mark.parametrize("reader", [reader for reader in READERS if "Parquet" not in reader])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("mark", [b"", MARK], ids=["no mark", "a byte order mark"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n"], ids=["no end", "one end", "an empty line"])
def test_what_editors_do_to_a_file_changes_no_item(
    tmp_path: Path, reader: str, end: str, mark: bytes, last: bytes
) -> None:
    file, content = written(reader, tmp_path)
    items = read(reader, file)
    assert isinstance(items, list) and items
    file.write_bytes(mark + content.rstrip(b"\n").replace(b"\n", ENDS[end]) + last.replace(b"\n", ENDS[end]))
    again = read(reader, file)
    assert (again[: len(items)] if reader == "text" else again) == items


@pytest.mark.parametrize("lost", [1, 2])
def test_quotes_in_a_table_swallow_no_row(tmp_path: Path, lost: int) -> None:
    """Wherever one or two quotes get into a table without any, all its rows are read or none is."""
    rows = [["text", "label"], *([f"a film of {n} words", "good" if n % 2 else "bad"] for n in range(30))]
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    text, draw = stream.getvalue(), random.Random(lost)
    file = tmp_path / "reviews.csv"
    for _ in range(100):
        places = sorted(draw.sample(range(len(text)), lost))
        pieces = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
        file.write_text('"'.join(pieces), encoding="utf-8")
        result = read("reviews", file)
        assert isinstance(result, str) or len(result) == len(rows) - 1, '"'.join(pieces)
