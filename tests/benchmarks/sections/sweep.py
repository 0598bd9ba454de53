"""Figure 6: what a sweep costs beside its training."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import table
from sections.startup import FIRST_STEP, process

RUNS = ("cell=rnn,gru,lstm", "model.hidden_size=64,128", "seed=0,1,2", "trainer.max_epochs=4")


def sweep(quick: bool) -> str:
    """RNN, GRU and LSTM of 64 and 128 units on names, three seeds each, 4 epochs, by one worker and by two. The bound
    is one start-up (until the first training step of a command) and the runs' own seconds of training divided by the
    workers."""
    if quick:
        return "Left out: it takes some minutes."
    start = min(process("-c", FIRST_STEP) for _ in range(3))
    walls, training = zip(*(_sweep(workers) for workers in (1, 2)), strict=True)
    rows: list[list[object]] = []
    for workers, wall, seconds in zip((1, 2), walls, training, strict=True):
        bound = start + seconds / workers
        rows.append([f"{workers}", f"{wall:.0f}", f"{seconds:.0f}", f"{wall / bound:.2f}", f"{walls[0] / wall:.2f}"])
    return table(["workers", "seconds", "of training, summed", "of the bound", "times one worker"], rows)


def _sweep(workers: int) -> tuple[float, float]:
    """Seconds of the command, and of the training of its runs."""
    words = ["train", "-m", *RUNS]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-m", "rnnlab", *words, "trainer.threads=1", f"hydra.launcher.workers={workers}"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        wall = time.perf_counter() - started
        summaries = [json.loads(file.read_text()) for file in Path(folder).glob("runs/*/*/summary.json")]
    assert len(summaries) == 18
    return wall, sum(summary["seconds"] for summary in summaries)
