"""What a comparison of many runs takes, in a process of its own."""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from measure import in_turn, ratio, table
from sections.startup import process

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "helpers"))

from run_folders import write_run_folder  # which tests read too

RUNS = 1_000


def comparing(quick: bool) -> str:
    """`rnnlab compare` with all tables, figures and the page, beside the imports that any plot of a table needs. A
    ratio above 1 means that the command takes less time than the imports."""
    with tempfile.TemporaryDirectory() as folder:
        write_sweep(Path(folder), 100 if quick else RUNS)
        sides = {
            "rnnlab": partial(process, "-m", "rnnlab", "compare", f"path={folder}"),
            "import": partial(process, "-c", "import pandas, scipy.stats, matplotlib.pyplot, plotly.express"),
        }
        seconds = in_turn(sides, 1 if quick else 3, warm_up=not quick)
    heads = ["runs", "seconds", "pandas, SciPy, matplotlib, plotly"]
    quotient = ratio(seconds["import"], seconds["rnnlab"])
    return table(heads, [[100 if quick else RUNS, f"{statistics.median(seconds['rnnlab']):.1f}", quotient]])


def write_sweep(folder: Path, runs: int) -> None:
    """Complete runs of four cells at five sizes and five learning rates, as many seeds as it takes."""
    settings = itertools.product(range(runs // 100), ("rnn", "gru", "lstm", "bag"), (16, 32, 64, 128, 256), range(5))
    for seed, cell, size, rate in settings:
        loss = 2 - size / 1000 + seed / 1000 + len(cell) / 100
        changes = {"optimizer": {"lr": 0.001 * 2**rate}}
        write_run_folder(cell, loss, seed, size, under=folder, changes=changes, suffix=f"-lr{rate}")
