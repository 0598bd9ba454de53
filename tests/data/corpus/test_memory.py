"""A text of three times the size takes no more memory to prepare: only the pieces of it that are worked on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PREPARE = """
import sys, threading, time
import lightning.pytorch, pyarrow.compute, tokenizers
from rnnlab.config.compose import compose_train, plain
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import prepare

words = ["task=chars", "data=file", f"data.path={sys.argv[1]}", f"data.level={sys.argv[2]}", "data.vocab_size=300"]
config = plain(compose_train(words)[1])

def private():
    lines = open("/proc/self/status").read().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem"))) << 10

def look():
    while True:
        sizes.append(private())
        time.sleep(0.01)

sizes = [private()]
threading.Thread(target=look, daemon=True).start()
prepared = prepare(config)
next(iter(SequenceDataModule(prepared, 64, seed=0).train_batches()))
print(max(sizes) - sizes[0])
"""
LINE = "the old sea took the small boat out again, and nobody saw it from the shore that day.\n"


def most_memory(folder: Path, times: int, level: str) -> int:
    file = folder / f"{times}.txt"
    file.write_text("".join(f"{number % 5000} {LINE}" for number in range(times)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, str(file), level],
        env={**os.environ, "RNNLAB_DATA_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return int(done.stdout)


@pytest.mark.memory
@pytest.mark.parametrize("level", ["char", "word", "bpe"])
def test_three_times_the_text_takes_no_more_memory(tmp_path: Path, level: str) -> None:
    """Of 40 and 120 MB; a byte a character alone would be 80 MB more."""
    small, large = (most_memory(tmp_path, times, level) for times in (450_000, 1_350_000))
    assert large < small + 60_000_000 and large < 600_000_000
