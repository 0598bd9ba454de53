"""What answers at once imports neither torch nor Lightning."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "rnnlab",
        "rnnlab.cli",
        "rnnlab.sweeps.pool",
        "rnnlab.analysis.comparison",
        "rnnlab.data.prepared",
        "rnnlab.reference.hello",
    ],
)
def test_what_needs_no_torch_imports_none(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'lightning') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
