"""What `make bench-quick` runs still runs; what it measures is for people to read, no test asserts a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support import ROOT


@pytest.mark.slow
def test_the_quick_benchmark_prints_its_ratios() -> None:
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/bench.py", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr
    assert all(f"## {title}" in done.stdout for title in ("Training", "Data", "Generation", "Start-up"))
