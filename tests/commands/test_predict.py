"""`rnnlab predict`: an answer for every text, wherever it comes from."""

from __future__ import annotations

import csv
import io
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import rnnlab as package
from rnnlab.cli import main
from rnnlab.records.files.csv_files import as_text
from rnnlab.tasks import user_input
from support import Answer, assert_refused

LABELS = ("negative", "positive")
AWKWARD = [
    'it\'s, "good", = (really)!',
    "null is good",
    "good 🙂 ${x}",
    "a good film\nof two lines",
    "good\rbad",
    "a \\ good",
]

Predict = Callable[..., Answer]


@pytest.fixture
def classify(rnnlab: Callable[..., Answer], sentiment_folder: Path) -> Predict:
    """`rnnlab predict checkpoint=… WORDS`."""
    return lambda *words: rnnlab("predict", f"checkpoint={sentiment_folder / 'runs' / 'tone'}", *words)


def typed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let the standard input be a pipe with that content."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))


def test_a_text_is_answered_in_one_line_with_what_python_says(classify: Predict, sentiment_folder: Path) -> None:
    answer = classify("text=this film was wonderful")
    (expected,) = package.load(sentiment_folder / "runs" / "tone").predict("this film was wonderful")
    assert answer.code == 0
    (said,) = answer.err.splitlines()
    assert said.startswith("best run: ") and "of its 2 seeds" in said
    assert answer.out == f"{expected.label}  {expected.probability:.4f}  this film was wonderful\n"
    assert expected.label in LABELS and 0.5 <= (expected.probability or 0) <= 1


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_is_taken_literally_and_stays_on_its_line(classify: Predict, text: str) -> None:
    out = classify(f"text={text}").out
    assert out.count("\n") == 1 and out.endswith(f"  {' '.join(text.splitlines())}\n")
    (answer,) = json.loads(classify(f"text={text}", "format=json").out)
    assert answer["text"] == text
    assert answer["probabilities"][answer["label"]] == answer["probability"]


@pytest.mark.parametrize(
    ("text", "note"),
    [("", "the text is empty"), (" \t", "the text is empty"), ("xyzzy plugh", "none of its words is known")],
)
def test_what_cannot_be_told_says_why(classify: Predict, text: str, note: str) -> None:
    answer = classify(f"text={text}")
    assert answer.code == 0
    assert answer.out.split()[:2] == ["-", "-"] and f"({note})" in answer.out
    (answer,) = json.loads(classify(f"text={text}", "format=json").out)
    assert (answer["label"], answer["probability"], answer["note"]) == (None, None, note)


def test_every_line_of_a_file_has_its_answer(classify: Predict, workdir: Path) -> None:
    """A byte order mark, Windows line ends, an empty line, and bytes that only Unicode takes for the end of a line."""
    content = "\ufeffa good film\r\n\r\nbad\x85film\u2028indeed\r\nthe end".encode()
    (workdir / "reviews.txt").write_bytes(content)
    lines = classify("file=reviews.txt").out.splitlines()
    assert len(lines) == 4 and lines[0].endswith("  a good film")
    assert lines[1] == "-         -       (the text is empty)"
    assert lines[2].endswith("  bad film indeed") and lines[3].endswith("  the end")
    columns = [line.split()[:2] for line in (lines[0], *lines[2:])]
    assert all(label in LABELS and 0.5 <= float(probability) <= 1 for label, probability in columns)
    assert all(line[8:10] == "  " and line[10] != " " for line in lines), "probabilities stand in one column"


@pytest.mark.parametrize("ending", ["\n", ""])
def test_csv_and_json_hold_the_texts_of_the_standard_input(
    classify: Predict, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    texts = [text for text in AWKWARD if "\n" not in text] + ["", "naïve"]
    content = ("\n".join(texts) + ending).encode()
    typed(monkeypatch, content)
    rows = list(csv.DictReader(io.StringIO(classify("format=csv").out, newline="")))
    assert [row["text"] for row in rows] == list(map(as_text, texts)), "control characters are shown, formulas guarded"
    typed(monkeypatch, content)
    objects = json.loads(classify("format=json").out)
    assert [answer["text"] for answer in objects] == texts
    for row, answer in zip(rows, objects, strict=True):
        assert row["label"] == (answer["label"] or "") and row["note"] == answer["note"]
        assert row["probability"] == ("" if answer["probability"] is None else repr(answer["probability"]))


@pytest.mark.parametrize(("words", "out"), [([], ""), (["format=json"], "[]\n")])
def test_no_line_has_no_answer(classify: Predict, monkeypatch: pytest.MonkeyPatch, words: list[str], out: str) -> None:
    typed(monkeypatch, b"")
    answer = classify(*words)
    assert (answer.code, answer.out) == (0, out) and answer.err.startswith("best run: ")


def test_where_blocks_are_cut_makes_no_difference(
    classify: Predict, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"film {number} was 🙂 good" * (number % 3) for number in range(200)]
    (workdir / "reviews.txt").write_text("\n".join(lines), encoding="utf-8")
    whole = classify("file=reviews.txt").out
    assert len(whole.splitlines()) == 200
    monkeypatch.setattr(user_input, "BLOCK", 3)
    labels = [line.split()[0] for line in classify("file=reviews.txt").out.splitlines()]
    assert labels == [line.split()[0] for line in whole.splitlines()]


def test_how_a_table_is_read_says_nothing_of_lines(classify: Predict) -> None:
    assert_refused(classify("text=good", "data.header=true"), ["data.header", "how a table is read", "lines of text"])


def test_a_file_with_a_bad_line_is_refused_before_any_answer(classify: Predict, workdir: Path) -> None:
    (workdir / "latin.txt").write_bytes(b"good\n" * 50_000 + "José\n".encode("latin-1"))
    answer = classify("file=latin.txt", "format=json")
    assert answer.code == 2 and answer.out == ""
    assert answer.err == "rnnlab: file: latin.txt, line 50001 is not UTF-8 (byte 0xe9)\n"


def test_a_bad_line_of_a_pipe_is_named(classify: Predict, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, b"good\n\xff\n")
    answer = classify()
    assert answer.code == 2 and answer.err.startswith("rnnlab: the standard input, line 2 is not UTF-8")


@pytest.mark.parametrize("stdin", ["closed", "terminal"])
def test_without_any_text_the_command_says_what_to_add(
    classify: Predict, monkeypatch: pytest.MonkeyPatch, stdin: str
) -> None:
    typed(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    if stdin == "closed":
        monkeypatch.setattr(sys, "stdin", None)
    answer = classify()
    assert answer.code == 2 and 'add text="..." or file=PATH' in answer.err and len(answer.err.splitlines()) == 1


def test_a_model_of_names_says_what_it_is_before_it_waits_for_input(
    rnnlab: Callable[..., Answer], checkpoint: Path
) -> None:
    answer = rnnlab("predict", f"checkpoint={checkpoint}")  # pytest's standard input would raise when read
    assert answer.code == 2 and "NamesLM (task=names, cell=lstm), which tells no classes" in answer.err


def test_a_slow_pipe_is_answered_line_by_line(sentiment_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stdin, typing), (reading, stdout) = os.pipe(), os.pipe()
    answers: list[str] = []

    def type_a_line_when_the_last_is_answered() -> None:
        with os.fdopen(typing, "w") as keyboard, os.fdopen(reading) as screen:
            for text in ("a good film", "a bad film"):
                print(text, file=keyboard, flush=True)
                if not select.select([screen], [], [], 120)[0]:
                    return  # the command waits for more, which must not make this test wait
                answers.append(screen.readline())

    with os.fdopen(stdin) as pipe, os.fdopen(stdout, "w") as shown:
        monkeypatch.setattr(sys, "stdin", pipe)
        monkeypatch.setattr(sys, "stdout", shown)
        person = threading.Thread(target=type_a_line_when_the_last_is_answered)
        person.start()
        assert main(["predict", f"checkpoint={sentiment_folder / 'runs' / 'tone'}"]) == 0
        person.join()
    assert [answer.partition("  ")[2].partition("  ")[2] for answer in answers] == ["a good film\n", "a bad film\n"]


@pytest.mark.launchers  # in a process of its own, whose last flush is seen too
def test_a_reader_that_stops_and_a_terminal_without_emoji_are_no_errors(sentiment_folder: Path) -> None:
    line = f"yes 'good 🙂' | '{sys.executable}' -m rnnlab predict checkpoint=runs/tone | head -1"
    done = subprocess.run(
        ["bash", "-c", f"{line}; echo ${{PIPESTATUS[1]}}"],
        cwd=sentiment_folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=120,
    )
    first, code = done.stdout.splitlines()
    assert first.endswith(r"  good \U0001f642") and code == "141" and done.stderr == ""
