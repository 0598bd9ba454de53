"""What `make` installs: what running needs, and the tools of tests and linters only where they are used."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from support import ROOT

TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
RUNNING = {"install", "sweep", "calibrate", "screenshot", "tensorboard"}
NOTHING = {"help", "clean"}


def commands(target: str) -> str:
    """What a target would do in a fresh clone; nothing is done."""
    planned = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return planned.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_tools_are_installed_only_for_targets_that_use_them(target: str) -> None:
    planned = commands(target)
    assert ("pip" in planned) == (target not in NOTHING)
    assert (".[dev]" in planned) == (target not in RUNNING | NOTHING)
    assert "--quiet" not in planned, "an installation of minutes says what it is doing"


def test_running_needs_no_tool() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[\[<>=]", name)[0] for name in project["dependencies"]}
    tools = {re.split(r"[\[<>=]", name)[0] for name in project["optional-dependencies"]["dev"]} - {"rnnlab"}
    assert tools and not needed & tools
    assert not needed & {"ray", "submitit"}
