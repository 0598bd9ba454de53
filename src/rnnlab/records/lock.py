"""One process at a time trains a run: a lock that ends with the process that holds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rnnlab.records.folder import RunFolder
from rnnlab.records.identity import hash_in
from rnnlab.records.stopping import asked_to_stop

PATIENCE = 0.5  # seconds between two looks at a lock that another process holds


def _lock(folder: RunFolder) -> FileLock:
    """Return the lock of a run; its file lies outside the run folder, which an attempt may empty."""
    file = lock_file(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file, thread_local=False)


def lock_file(folder: RunFolder) -> Path:
    """The file whose lock stands for a run, by the hash in its name: two commands may read it out differently."""
    name = folder.path.name
    return folder.path.parent / ".locks" / f"{hash_in(name) or name}.lock"


@contextmanager
def claimed(folder: RunFolder, wait: bool, say: Callable[[str], None] = lambda _: None) -> Iterator[bool]:
    """Hold a run, on this machine and on all that share its folder.

    Args:
        folder: The run's.
        wait: Until another process that holds it gives it back, or this one is asked to stop.
        say: Told once if it has to wait.

    Yields:
        Whether this process holds the run; False where another one does.
    """
    lock = _lock(folder)
    mine = _try(lock)
    if wait and not mine:
        say(f"{folder.path}: another process trains this run; waiting for it")
    while wait and not mine and not asked_to_stop():
        time.sleep(PATIENCE)
        mine = _try(lock)
    try:
        yield mine
    finally:
        lock.release()


def is_claimed(folder: RunFolder) -> bool:
    """Return True if a process that is alive holds the run."""
    if not lock_file(folder).is_file():
        return False
    with claimed(folder, wait=False) as mine:
        return not mine


def _try(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
