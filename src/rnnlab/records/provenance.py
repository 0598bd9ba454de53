"""The provenance of a result: code, packages, machine, command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnnlab.config.literals import unquote_argument
from rnnlab.config.passwords import without_passwords

LONGEST = 1_000_000  # bytes of a diff that are kept
PACKAGES = ("rnnlab", "torch", "lightning", "torchmetrics", "hydra-core", "numpy")


@cache  # packages are looked for in every folder of sys.path
def versions() -> dict[str, str]:
    """The versions of Python and of what a result may depend on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


@dataclass(frozen=True)
class Origin:
    """The origin of a run: the command and the commit that it was started from; workers pass it on.

    Attributes:
        command: As it was typed.
        repeat: What trains this run alone.
        commit: Of the current folder; empty where it is no checkout.
        diff: What differs from that commit, byte for byte as `git diff` has it, whatever the encoding of the files; cut
            off behind a megabyte.
        dirty: Whether anything differs, files that git does not know among it.
    """

    command: str
    repeat: str = ""
    commit: str = ""
    diff: bytes = b""
    dirty: bool = False

    @classmethod
    def of_this_command(cls) -> Origin:
        """Return the origin of this process."""
        command = _command(sys.orig_argv)
        commit = _ask("rev-parse", "HEAD").decode().strip()
        if not commit:
            return cls(command, command)
        diff = _ask("diff", "HEAD", "--no-ext-diff", "--no-textconv")
        if len(diff) > LONGEST:
            diff = diff[:LONGEST] + f"\n(cut off here: {len(diff):,} bytes in all)\n".encode()
        return cls(command, command, commit, diff, bool(_ask("status", "--porcelain")))

    def alone(self, words: Sequence[str]) -> Origin:
        """Return the origin of one run of a sweep, which `rnnlab train WORDS` trains alone; without words, this one."""
        if not words:
            return self
        one = [] if words[0] not in ("-cd", "-cn") else ["hydra.mode=RUN"]  # a study may say MULTIRUN
        return replace(self, repeat=shlex.join(["rnnlab", "train", *map(unquote_argument, words), *one]))

    @property
    def commands(self) -> dict[str, str]:
        """The command as it was typed, and the command that trains this run alone, without passwords in addresses."""
        return {"command": without_passwords(self.command), "repeat": without_passwords(self.repeat)}

    @property
    def git(self) -> dict[str, Any] | None:
        """The commit and whether the folder had uncommitted changes; None where it is no checkout."""
        return {"commit": self.commit, "dirty": self.dirty} if self.commit else None


def machine() -> dict[str, Any]:
    """Return the machine that this process runs on: system, processor, cores, GPUs."""
    import torch

    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return {
        "host": platform.node(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "gpus": gpus,
    }


def _command(words: list[str]) -> str:
    """Return the command as `rnnlab train …`, however Python was started; as it is where another program called it."""
    start = next((number for number, word in enumerate(words) if Path(word).name == "rnnlab"), None)
    return shlex.join(words if start is None else ["rnnlab", *words[start + 1 :]])


def _processor() -> str:
    """Return the processor's name where the system has it, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # rnnlab itself, run from its sources
        return "not installed"


def _ask(*arguments: str) -> bytes:
    """Return what git answers; nothing where it fails or is missing."""
    try:
        answer = subprocess.run(["git", *arguments], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return answer.stdout if answer.returncode == 0 else b""
