"""Whether the process that works on a trial is still alive, told by what it wrote into the trial."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HEARTBEAT = 15.0  # seconds between two signs of life
SILENCE = 120.0  # seconds without one after which a process on another machine counts as dead


def signature() -> dict[str, Any]:
    """Which process this is, on which machine, and that it lived just now."""
    return {"place": _place(), "pid": os.getpid(), "born": _born(os.getpid()), "seen": time.time()}


def is_alive(signed: Mapping[str, Any] | None) -> bool:
    """Whether the process of that signature lives, as far as can be known.

    On the same machine the system knows. Of another machine's process only its signs of life are seen.
    """
    if not signed:
        return False
    if signed["place"] == _place():
        return _born(int(signed["pid"])) == str(signed["born"])
    return bool(time.time() - float(signed["seen"]) < SILENCE)


@contextmanager
def signs_of_life(sign: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Sign now and again and again until the context ends."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(HEARTBEAT):
            sign(signature())

    sign(signature())
    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _place() -> str:
    """A machine, or a container on it: where a process ID means one process."""
    try:
        return f"{platform.node()}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return platform.node()


def _born(pid: int) -> str:
    """What tells a process from a later one with the same ID; empty where it is dead."""
    try:
        # proc(5): the 22nd field is the start time; the second, the name in brackets, may have spaces.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
