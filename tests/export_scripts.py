"""Exported folders, asked as a stranger asks them: without rnnlab, and without what the format does without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# A module that is None cannot be imported; `-I` leaves out PYTHONPATH and the folder of the user's own packages.
RUNNER = """
import runpy, sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
BLOCKED = {
    "onnx": "torch,rnnlab,lightning,onnx,onnxscript,pandas,tokenizers",
    "torch": "numpy,rnnlab,lightning,onnx,onnxruntime",
}


def ask(folder: Path, *words: str, blocked: str = "onnx", typed: str | None = None) -> list[Any]:
    """Run predict.py of a folder in a process that can import neither rnnlab nor torch; return its lines of JSON."""
    done = run(folder, *words, blocked=blocked, typed=typed)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(folder: Path, *words: str, blocked: str = "onnx", typed: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", RUNNER, BLOCKED[blocked], str(folder / "predict.py"), *words]
    return subprocess.run(command, input=typed, capture_output=True, text=True, encoding="utf-8", check=False)
