"""Processes of a run that are forked from one which has imported torch: tests start dozens of them."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from pathlib import Path
from typing import Any

from rnnlab.training import processes

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["rnnlab.training.follower"])


started: list[Forked] = []


class Forked:
    """What `subprocess.Popen` is to a run."""

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
    """Stand in for `subprocess.Popen` in `rnnlab.training.processes`."""
    return Forked(env)


def fork_processes(monkeypatch: Any) -> None:
    """Let runs fork their other processes."""
    monkeypatch.setattr(processes.subprocess, "Popen", forked)
