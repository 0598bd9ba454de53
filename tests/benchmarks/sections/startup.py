"""Figure 5: what passes before anything happens."""

from __future__ import annotations

import functools
import statistics
import subprocess
import sys
import tempfile
import time

from measure import in_turn, ratio, table

FIRST_STEP = """
import os, runpy, sys
from rnnlab.tasks import base
base.SequenceTask.training_step = lambda *_: os._exit(0)
sys.argv[1:] = ["train"]
runpy.run_module("rnnlab", run_name="__main__")
"""
COMMANDS = {
    "`rnnlab --help`": (["-m", "rnnlab", "--help"], "torch"),
    "a mistyped key": (["-m", "rnnlab", "train", "modl.hidden_size=3"], "torch"),
    "a value out of range": (["-m", "rnnlab", "train", "model.hidden_size=-3"], "torch"),
    "a missing checkpoint": (["-m", "rnnlab", "generate", "checkpoint=nowhere"], "torch"),
    "`rnnlab train` until its first step": (["-c", FIRST_STEP], "lightning"),
}


def start_up(quick: bool) -> str:
    """Commands against the imports that no script can do without, each in a process of its own. A ratio above 1
    means that the command takes less time than the import."""
    rows: list[list[object]] = []
    for name, (words, package) in COMMANDS.items():
        sides = {"rnnlab": functools.partial(process, *words)}
        sides["import"] = functools.partial(process, "-c", f"import {package}")
        seconds = in_turn(sides, 1 if quick else 3, warm_up=not quick)
        quotient = ratio(seconds["import"], seconds["rnnlab"])
        rows.append([name, f"{statistics.median(seconds['rnnlab']):.2f}", f"{quotient} (`import {package}`)"])
    return table(["", "seconds", "import"], rows)


def process(*words: str) -> float:
    """Seconds of a Python process, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=False, cwd=folder)
        return time.perf_counter() - started
