"""Heartbeats: a process that works on a trial records in it that it is alive."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

INTERVAL = 15.0  # seconds between two heartbeats
DEAD = "ZX"  # states of a process that has ended, and whose parent, such as a container's first process, looks away
GRACE_PERIOD = 120.0  # seconds without one after which a process on another machine counts as dead


def heartbeat() -> dict[str, Any]:
    """Return a heartbeat of this process: machine, process ID, start time and the present time."""
    return {"place": _host(), "pid": os.getpid(), "born": _start_time(os.getpid()), "seen": time.time()}


def is_alive(last: Mapping[str, Any] | None) -> bool:
    """Return whether the process of the last heartbeat lives.

    On the same machine the system knows. A process of another machine counts as alive for `GRACE_PERIOD` seconds.
    """
    if not last:
        return False
    if last["place"] == _host():
        return _start_time(int(last["pid"])) == str(last["born"])
    return bool(time.time() - float(last["seen"]) < GRACE_PERIOD)


@contextmanager
def heartbeats(record: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Record a heartbeat now and every `INTERVAL` seconds until the context ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(INTERVAL):
            record(heartbeat())

    record(heartbeat())
    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _host() -> str:
    """Return the name of the machine and of its PID namespace, within which a process ID means one process."""
    try:
        return f"{platform.node()}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return platform.node()


def _start_time(pid: int) -> str:
    """Return the start time of a process, which differs from that of a later one with its ID; '' for a dead process."""
    try:
        # proc(5): the 22nd field is the start time, the 3rd the state; the second, a name in brackets, may have spaces.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if fields[0] in DEAD else fields[19]
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
