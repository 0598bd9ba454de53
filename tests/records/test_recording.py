"""runs.jsonl.gz: it gives back what was written, the same bytes each time, and refuses what is none."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resuming import flipped
from rnnlab.errors import UserError
from rnnlab.records import recording
from rnnlab.records.folder import RunFolder
from rnnlab.records.items import write_items
from rnnlab.records.reading import RecordedFiles, Run
from rnnlab.records.recording import Recording, Section, read_recording, write_recording

ANSWER = {"text": "not good", "label": "negative", "probability": 0.7, "note": "", "probabilities": {"negative": 0.7}}
FILES = RecordedFiles(
    curves=[{"epoch": 0.0, "val/loss": 1 / 3}, {"epoch": 1.0, "val/loss": math.nan}],
    timing=[{"step": 8.0, "seconds": 0.1}],
    examples={"samples": ["Ann\u2028a", "\x85"]},
    answers=[ANSWER],
)
SUMMARY = {"metrics": {"best": {"val/loss": 1 / 3}}, "machine": {"host": "annas-laptop", "cores": 2}}
RUNS = [
    Run(Path("runs/s/b"), "failed", "out of memory", {"seed": 1}, {"status": "failed"}, recorded=RecordedFiles()),
    Run(Path("runs/s/a"), "complete", "", {"seed": 0}, SUMMARY, recorded=FILES),
]
WHOLE = Recording("s", RUNS, "val/loss<=0.9", ["not good"], Section("# Inside", "It is empty.", ("inside-x.png",)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A recording that was written."""
    write_recording(tmp_path / "runs.jsonl.gz", WHOLE)
    return tmp_path / "runs.jsonl.gz"


def test_a_recording_gives_back_what_was_written(file: Path) -> None:
    read = read_recording(file)
    assert [run.folder.name for run in read.runs] == ["a", "b"]
    first, second = read.runs
    assert (first.status, first.seed, first.loss) == ("complete", 0, 1 / 3)
    assert first.summary == {**SUMMARY, "machine": {"cores": 2}}, "a computer has no name here"
    assert (second.status, second.reason) == ("failed", "out of memory")
    assert first.curves("val/loss") == [{"epoch": 0.0, "val/loss": 1 / 3}] and len(first.curves()) == 2
    assert first.timing() == FILES.timing and first.examples() == FILES.examples and list(first.answers) == [ANSWER]
    assert (read.holds, list(read.shown), read.probes) == (WHOLE.holds, WHOLE.shown, WHOLE.probes)


def test_a_recording_keeps_no_items_of_tests(file: Path, tmp_path: Path) -> None:
    """There may be a hundred thousand of them in a run."""
    before = file.read_bytes()
    place = tmp_path / "runs" / "s" / "a"
    write_items(RunFolder(place), {name: np.arange(9) for name in ("item", "loss", "count")})
    write_recording(file, replace(WHOLE, runs=[RUNS[0], replace(RUNS[1], folder=place)]))
    assert file.read_bytes() == before
    assert [run.items() for run in read_recording(file).runs] == [None, None]


def test_the_same_runs_give_the_same_bytes(file: Path) -> None:
    before = file.read_bytes()
    write_recording(file, replace(WHOLE, runs=RUNS[::-1]))
    assert file.read_bytes() == before
    write_recording(file, read_recording(file))
    assert file.read_bytes() == before


def packed(*lines: Any) -> bytes:
    return gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode(), mtime=0)


def lines_of(file: Path) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().split("\n") if line]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"runs",
        b"\x1f\x8b\x08",
        gzip.compress(b"x" * 5000, mtime=0)[:-20],
        gzip.compress(b"\xff\xfe", mtime=0),
        packed(),
        packed([1]),
        gzip.compress(b"[" * 100_000, mtime=0),
        packed({"study": "s"}),
        gzip.compress(b'{"study": 1e9999}', mtime=0),
    ],
)
def test_a_file_that_is_no_recording_is_named_and_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"runs\.jsonl\.gz: not the runs of a study"):
        read_recording(file)


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        (0, "study", "../../x"),
        (0, "holds", "val/loss"),
        (0, "shown", "text"),
        (0, "shown", [1]),
        (0, "probes", {"text": "", "answer": "", "figures": ["../README.md"]}),
        (0, "probes", {"text": "", "answer": "", "figures": ["study.yaml"]}),
        (0, "search", None),
        (1, "run", "/etc"),
        (1, "run", 5),
        (1, "config", []),
        (1, "summary", "x"),
        (1, "curves", {"epoch": 1}),
        (1, "curves", {"epoch": [0], "val/loss": []}),
        (1, "curves", {"epoch": ["0"]}),
        (1, "timing", {"step": [10**400]}),
        (1, "answers", [{}]),
        (1, "answers", [{**ANSWER, "probabilities": {"a": "b"}}]),
    ],
)
def test_a_value_of_another_kind_is_refused(file: Path, line: int, key: str, value: Any) -> None:
    lines = lines_of(file)
    lines[line][key] = value
    file.write_bytes(packed(*lines))
    with pytest.raises(UserError, match=r"runs\.jsonl\.gz: not the runs of a study"):
        read_recording(file)


def test_a_flipped_bit_is_refused_or_changes_nothing(file: Path) -> None:
    content, expected = file.read_bytes(), list(map(str, read_recording(file).runs))
    for place in range(len(content)):
        file.write_bytes(flipped(content, place, place % 8))
        try:
            assert list(map(str, read_recording(file).runs)) == expected  # the head of gzip has a time and a system
        except UserError as error:
            assert "runs.jsonl.gz" in str(error)


def test_a_file_that_unpacks_to_far_too_much_is_not_unpacked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MOST_BYTES", 2**20)
    file.write_bytes(gzip.compress(b" " * (2**20 + 1), mtime=0))
    with pytest.raises(UserError, match="unpacks to more than 1 MiB"):
        read_recording(file)


def test_a_complete_run_without_a_loss_counts_as_failed(file: Path) -> None:
    lines = lines_of(file)
    lines[1]["summary"] = {"metrics": 5}
    file.write_bytes(packed(*lines))
    assert [run.status for run in read_recording(file).runs] == ["failed", "failed"]
