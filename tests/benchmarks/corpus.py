"""A corpus that is made up, and what the whole command needs for it: seconds and memory, on a first and second start.

python tests/benchmarks/corpus.py --megabytes 1000 --level word
python tests/benchmarks/corpus.py --rows 10
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from measure import table

WORDS, EXPONENT = 200_000, 1.1  # distinct words, and how quickly frequencies fall (Zipf's law)
PIECE, PIECES = 1 << 20, 8  # words that are drawn at a time, and how often; then these stand in random order
IMPORT = "import lightning.pytorch, time; time.sleep(0.5)"
PRIVATE = ("RssAnon", "RssShmem")  # mapped pages of files are the system's, which takes them back when it needs room
EVERY = 0.05  # seconds between two looks at the memory
TRAINING = (
    *("model.hidden_size=16", "model.embedding_size=8", "trainer.max_steps=20", "data.sequence_length=32"),
    *("trainer.limit_val_batches=1", "trainer.limit_test_batches=1", "trainer.accelerator=cpu"),
)
SETTINGS: Mapping[str, Sequence[str]] = {"word": ("data.min_count=20000",), "bpe": ("data.vocab_size=1000",)}


class Cost(NamedTuple):
    """What a command needed.

    Attributes:
        seconds: On the clock.
        cpu_seconds: Of all its threads.
        peak: Bytes of its own at most, of all its processes.
    """

    seconds: float
    cpu_seconds: float
    peak: int


def write_corpus(file: Path, megabytes: int, seed: int = 0) -> None:
    """Write lines of random words of which few are frequent."""
    random = np.random.default_rng(seed)
    letters = random.choice(list("etaoinshrdlucmfwypvbgkqjxz"), (WORDS, 12))
    lengths = np.clip(random.poisson(4, WORDS) + 1, 1, 12)
    words = np.array(["".join(row[:length]) for row, length in zip(letters, lengths, strict=True)], dtype=object)
    shares = np.cumsum(np.arange(1, WORDS + 1) ** -EXPONENT)
    pieces = list[bytes]()
    for _ in range(PIECES):
        drawn = words[np.searchsorted(shares, random.random(PIECE) * shares[-1])]
        drawn[::12] += "."
        pieces.append(" ".join(drawn.tolist()).replace(". ", ".\n").encode() + b"\n")
    with file.open("wb") as stream:
        while stream.tell() < megabytes * 10**6:
            stream.write(pieces[random.integers(PIECES)])


def write_rows(file: Path, millions: int, seed: int = 0) -> None:
    """Write a table of different texts of some ten words, each of which is good or bad."""
    random = np.random.default_rng(seed)
    letters = random.choice(list("etaoinshrdlu"), (30_000, 9))
    words = ["".join(row[:length]) for row, length in zip(letters, random.integers(2, 10, 30_000), strict=True)]
    with file.open("w", encoding="utf-8") as stream:
        stream.write("text,label\n")
        for _ in range(millions * 10):
            drawn = (30_000 * random.random((100_000, 16)) ** 3).astype(int)
            for row, length, good in zip(drawn, random.integers(4, 17, 100_000), random.random(100_000), strict=True):
                stream.write(f"{' '.join(words[place] for place in row[:length])},{'good' if good < 0.5 else 'bad'}\n")


def cost_of(command: Sequence[str], **environment: str) -> Cost:
    """Run a command to its end (Linux only).

    Raises:
        CalledProcessError: It failed.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=errors, stderr=errors)
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(_private, _family(process.pid))))
            time.sleep(EVERY)
        if process.returncode:
            errors.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, errors.read())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - started, cpu, peak)


def _family(pid: int) -> list[int]:
    children = list[int]()
    with contextlib.suppress(OSError):
        for tasks in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (tasks / "children").read_text().split())
    return [pid, *(one for child in children for one in _family(child))]


def _private(pid: int) -> int:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(PRIVATE))
    return 0


def train(file: Path, level: str, folder: Path, *more: str) -> tuple[Cost, Cost]:
    """Return what a short training on a text costs when it is read for the first time, and when once more."""
    settings = (f"data.path={file}", f"data.level={level}", *SETTINGS.get(level, ()), *TRAINING, *more)
    command = [sys.executable, "-m", "rnnlab", "train", "task=chars", "data=file", *settings, "rerun=true"]
    with contextlib.chdir(folder):
        first, second = (cost_of(command, RNNLAB_DATA_DIR=str(folder / "cache")) for _ in range(2))
    return first, second


def corpus(quick: bool) -> str:
    """Whole commands that train 20 steps on a made-up text, from nothing and once more, when the text lies encoded;
    and the memory of their own at most, above a process that has only imported Lightning."""
    with tempfile.TemporaryDirectory() as place:
        return _measured(Path(place), 20 if quick else 100, ("char", "word", "bpe"))


def _measured(folder: Path, megabytes: int, levels: Sequence[str]) -> str:
    file = folder / "corpus.txt"
    write_corpus(file, megabytes)
    empty = cost_of([sys.executable, "-c", IMPORT])
    rows = list[list[object]]()
    for level in levels:
        first, second = train(file, level, folder)
        speed = file.stat().st_size / 1e6 / max(0.01, first.cpu_seconds - second.cpu_seconds)
        memory = [f"{(cost.peak - empty.peak) / 1e6:,.0f} MB" for cost in (first, second)]
        rows.append([f"{megabytes:,} MB, {level}", f"{first.seconds:.1f} s", f"{second.seconds:.1f} s", *memory])
        rows[-1].insert(3, f"{speed:,.0f} MB/s")
    rows.append(["import lightning", f"{empty.seconds - 0.5:.1f} s", "", "", f"({empty.peak / 1e6:,.0f} MB)", ""])
    return table(["", "first start", "second", "prepared, of one core", "memory at first", "then"], rows)


def rows_of_texts(folder: Path, millions: int) -> str:
    """Return what a short training on a table of so many million texts takes."""
    file = folder / "rows.csv"
    write_rows(file, millions)
    command = [sys.executable, "-m", "rnnlab", "train", "task=sentiment", "data=file", f"data.path={file}", *TRAINING]
    with contextlib.chdir(folder):
        cost = cost_of(command, RNNLAB_DATA_DIR=str(folder / "cache"))
    size = f"{file.stat().st_size / 1e6:,.0f} MB"
    return table(
        ["million rows", "file", "whole command", "its own memory at most"],
        [[str(millions), size, f"{cost.seconds:.0f} s", f"{cost.peak / 1e6:,.0f} MB"]],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--rows", type=int, help="millions of labelled texts, in place of a running text")
    parser.add_argument("--level", choices=("char", "word", "bpe"), action="append")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        if flags.rows:
            print(rows_of_texts(Path(scratch), flags.rows))
        else:
            print(_measured(Path(scratch), flags.megabytes, flags.level or ("char", "word", "bpe")))
