"""A sweep of a thousand runs."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.many

PROGRAM = """
import re, sys
from pathlib import Path
from rnnlab.commands.compare import main
assert main(["sweep=first-look"]) == 0
assert not {"torch", "lightning", "tensorboard", "matplotlib.pyplot"} & set(sys.modules)
# Not what getrusage says, which counts the process that this one was forked from.
print("MiB:", int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_a_thousand_runs_are_compared_within_a_gigabyte_and_without_torch(write_run, workplace: Path) -> None:
    settings = itertools.product(range(10), ("rnn", "gru", "lstm", "bag"), (16, 32, 64, 128, 256), range(5))
    for seed, cell, size, rate in settings:
        loss = 2 - size / 1000 + seed / 1000 + len(cell) / 100
        write_run(cell, loss, seed, size, changes={"optimizer": {"lr": 0.001 * 2**rate}}, suffix=f"-lr{rate}")
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rpartition("MiB:")[2]) < 1024 and max(map(len, done.stdout.splitlines())) <= 80
    report = workplace / "runs" / "first-look" / "report"
    with (report / "results.csv").open(newline="") as results, (report / "summary.csv").open(newline="") as summary:
        assert (len(list(csv.DictReader(results))), len(list(csv.DictReader(summary)))) == (1000, 100)
