"""The plan of the house: each room imports only from rooms on its left, and the quick ones stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

SOURCE = ROOT / "src" / "rnnlab"
# What each room may import from, besides itself.
ROOMS = {
    "errors": set(),
    "cores": set(),
    "durations": set(),
    "config": {"errors"},
    "data": {"config", "errors"},
    "nn": {"config", "errors"},
    "reference": {"nn"},
    "tasks": {"config", "data", "nn", "errors"},
    "probes": {"data", "nn", "reference", "tasks", "errors"},
    "training": {"config", "cores", "data", "tasks", "errors"},
    "watch": {"data", "nn", "tasks", "probes", "training", "errors"},
    "sweeps": {"config", "cores", "data", "durations", "tasks", "training", "errors"},
    "report": {"config", "durations", "reference", "training", "errors"},
    "commands": {"config", "data", "probes", "reference", "tasks", "training", "sweeps", "report", "errors"},
    "cli": {"config", "errors", "commands"},
    "__init__": {"report", "training"},
    "__main__": {"cli"},
}


def imports(file: Path) -> set[str]:
    """The rooms of rnnlab that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rnnlab."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "rnnlab":
            found |= {name.name for name in node.names}
    return found


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_go_only_from_right_to_left(file: Path) -> None:
    room = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert imports(file) - {room} <= ROOMS[room]


@pytest.mark.parametrize("file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE)))
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize(
    "module",
    [
        "rnnlab",
        "rnnlab.cli",
        "rnnlab.sweeps.pool",
        "rnnlab.report.compare",
        "rnnlab.data.prepared",
        "rnnlab.reference.hello",
    ],
)
def test_what_needs_no_torch_imports_none(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'lightning') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
