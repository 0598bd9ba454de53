"""Where a result comes from: code, packages, machine."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("rnnlab", "torch", "lightning", "torchmetrics", "hydra-core", "numpy")


def versions() -> dict[str, str]:
    """The versions of Python and of what a result may depend on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def git() -> dict[str, Any] | None:
    """The commit of the current folder and whether it has uncommitted changes; None where it is no checkout."""
    commit = _ask("rev-parse", "HEAD")
    return {"commit": commit, "dirty": bool(_ask("status", "--porcelain"))} if commit else None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # rnnlab itself, run from its sources
        return "not installed"


def _ask(*arguments: str) -> str:
    try:
        answer = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
