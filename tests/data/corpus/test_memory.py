"""A text of three times the size takes no more memory to prepare: only the pieces of it that are worked on."""

from __future__ import annotations

import os
import subprocess
import sys
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

for level in ("char", "word", "bpe"):
    for file in sys.argv[1:]:
        if os.fork():
            _, status = os.wait()
            assert not status
            continue
        words = ["task=chars", "data=file", f"data.path={file}", f"data.level={level}", "data.vocab_size=300"]
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


@pytest.mark.memory
def test_three_times_the_text_takes_no_more_memory(tmp_path: Path) -> None:
    """Of 40 and 120 MB; a byte a character alone would be 80 MB more."""
    for times in TIMES:
        text = "".join(f"{number % 5000} {LINE}" for number in range(times))
        (tmp_path / f"{times}.txt").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PREPARE, *(str(tmp_path / f"{times}.txt") for times in TIMES)],
        env={**os.environ, "RNNLAB_DATA_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    said = [line.split() for line in done.stdout.splitlines()]
    assert [level for level, _ in said] == ["char", "char", "word", "word", "bpe", "bpe"]
    for (level, small), (_, large) in zip(said[::2], said[1::2], strict=True):
        assert int(large) < int(small) + 60_000_000 and int(large) < 600_000_000, level
