"""Processes that are forked from one which has imported torch: tests start dozens of them."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.training.parallel import processes

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["rnnlab.training.follower", "rnnlab.training.run", "rnnlab.commands.train"])

PATIENCE = 900.0  # seconds after which what does not come counts as missing; generous on a busy machine


class Command:
    """What `subprocess.Popen` is to `python -m rnnlab WORDS`, in a session of its own; its output goes to files."""

    def __init__(self, *words: str, cwd: Path, **environment: str) -> None:
        self._printed = Path(tempfile.mkdtemp(dir=cwd.parent))
        arguments = (words, str(cwd), {**os.environ, **environment}, self._printed)
        self._process = _server.Process(target=_work, args=arguments)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; what it has printed on stdout and stderr."""
        self._process.join(PATIENCE)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("rnnlab", PATIENCE)
        out, err = (self._printed / name for name in ("out", "err"))
        return out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")


def command(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m rnnlab WORDS` to its end."""
    process = Command(*words, cwd=cwd, **environment)
    out, err = process.communicate()
    assert process.returncode is not None
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def _work(words: tuple[str, ...], folder: str, environment: Mapping[str, str], printed: Path) -> None:
    """Be `python -m rnnlab WORDS` for the rest of this process."""
    from rnnlab.cli import entry

    os.setsid()
    for stream, name in enumerate(("out", "err"), start=1):
        os.dup2(os.open(printed / name, os.O_WRONLY | os.O_CREAT), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["rnnlab", *words]
    try:
        entry()
    finally:
        atexit._run_exitfuncs()  # what multiprocessing leaves without


started: list[Forked] = []


class Forked:
    """What `subprocess.Popen` is to the other processes of a run."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = _server.Process(target=_follow, args=(environment, str(Path.cwd())), daemon=True)
        self._process.start()
        started.append(self)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("", timeout or 0.0)

    def kill(self) -> None:
        self._process.kill()


def _follow(environment: dict[str, str], folder: str) -> None:
    from rnnlab.training import follower

    os.chdir(folder)
    os.environ.update(environment)
    follower.follow_environment()


def forked(arguments: Any, env: dict[str, str], **_: Any) -> Forked:
    """Stand in for `subprocess.Popen` in `rnnlab.training.parallel.processes`."""
    return Forked(env)


def fork_processes(monkeypatch: Any) -> None:
    """Let runs fork their other processes."""
    monkeypatch.setattr(processes.subprocess, "Popen", forked)
