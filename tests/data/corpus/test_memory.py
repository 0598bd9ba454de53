"""A text of three times the size takes no more memory to prepare: only the pieces of it that are worked on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# Every text is prepared in a process of its own, forked from one that has imported what it takes.
PREPARE = """
import os, sys, threading, time
import lightning.pytorch, pyarrow.compute, tokenizers
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare

def private():
    lines = open("/proc/self/status").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) << 10

def look():
    while True:
        sizes.append(private())
        time.sleep(0.01)

for level in sys.argv[1].split(","):
    for file in sys.argv[2:]:
        if os.fork():
            _, status = os.wait()
            assert not status
            continue
        task = "sentiment" if file.endswith(".csv") else "chars"
        words = [f"task={task}", "data=file", f"data.path={file}", f"data.level={level}", "data.vocab_size=300"]
        config = plain(compose_train(words)[1])
        sizes = [private()]
        threading.Thread(target=look, daemon=True).start()
        prepared = prepare(config)
        next(iter(SequenceDataModule(prepared, 64, seed=0).train_batches()))
        print(level, max(sizes) - sizes[0], flush=True)
        os._exit(0)
"""
LINE = "the old sea took the small boat out again, and nobody saw it from the shore that day.\n"
TIMES = (450_000, 1_350_000)
ROWS = (100_000, 400_000)
LABELS = ("good", "bad")


@pytest.mark.memory
def test_three_times_the_text_takes_no_more_memory(tmp_path: Path) -> None:
    """Of 40 and 120 MB; a byte a character alone would be 80 MB more."""
    for times in TIMES:
        text = "".join(f"{number % 5000} {LINE}" for number in range(times))
        (tmp_path / f"{times}.txt").write_text(text, encoding="utf-8")
    peaks = prepared("char,word,bpe", [tmp_path / f"{times}.txt" for times in TIMES])
    assert [level for level, _ in peaks] == ["char", "char", "word", "word", "bpe", "bpe"]
    for (level, small), (_, large) in zip(peaks[::2], peaks[1::2], strict=True):
        assert large < small + 60_000_000 and large < 600_000_000, level


@pytest.mark.memory
def test_ten_million_rows_of_labelled_text_take_less_than_three_gigabytes(tmp_path: Path) -> None:
    """By what 300,000 more rows of some 55 bytes take: 300 bytes each would be three gigabytes."""
    for count in ROWS:
        rows = (
            f"{row % 9973} times the old boat of {row % 997} men went out again,{LABELS[row % 2]}\n"
            for row in range(count)
        )
        (tmp_path / f"{count}.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    (_, small), (_, large) = prepared("word", [tmp_path / f"{count}.csv" for count in ROWS])
    assert (large - small) / (ROWS[1] - ROWS[0]) < 270


def prepared(levels: str, files: Sequence[Path]) -> list[tuple[str, int]]:
    """Prepare every file at every level, each in a process of its own; return the most bytes that each took."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, levels, *map(str, files)],
        env={**os.environ, "RNNLAB_DATA_DIR": str(files[0].parent / "cache")},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return [(level, int(peak)) for level, peak in map(str.split, done.stdout.splitlines())]
