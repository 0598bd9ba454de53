"""Entries of the cache: arrays that are made once on a machine, and mapped by every process that needs them.

An entry is a folder below `encoded/` whose name is the hash of all that it is made from. It is written beside its place
under a lock, and renamed when it is whole: of two processes that need it one makes it and the other waits, and what a
killed process has begun is removed by the next. Whoever reads an entry holds a shared lock on it until it ends, so that
none that is in use is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rnnlab.data.cache.arrays import InFolder
from rnnlab.data.cache.location import DATA_DIR_VARIABLE, data_dir, size_limit
from rnnlab.errors import UserError
from rnnlab.verbosity import note

if sys.platform != "win32":  # there a file that is mapped cannot be removed anyway
    import fcntl

FOLDER, CARD = "encoded", "card.json"
BEGUN, REMOVED = ".begun-", ".removed-"
DIGITS = 32  # of the hash in a name

_held: dict[Path, int] = {}  # descriptors of the cards of entries that this process reads, locked


@dataclass(frozen=True)
class Entry:
    """An entry of the cache.

    Attributes:
        folder: Where it lies.
        title: What it was made from, for people.
        size: In bytes.
        used: When a process last opened it, in seconds since 1970.
        in_use: Whether a process reads it now.
    """

    folder: Path
    title: str
    size: int
    used: float
    in_use: bool


def made_once(
    made_from: Mapping[str, Any], title: str, make: Callable[[InFolder], dict[str, Any]]
) -> tuple[dict[str, Any], InFolder]:
    """Return what `make` returned when it was first called for this, and the arrays that it wrote.

    Args:
        made_from: All that the arrays depend on, as plain values.
        title: What they are made from, for people.
        make: Writes the arrays; it returns plain values that JSON can hold.

    Raises:
        UserError: The cache cannot be written, or the arrays are larger than it may be.
    """
    folder = _root() / hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:DIGITS]
    if (arrays := _opened(folder)) is not None:
        return arrays
    limit = size_limit()
    with _making(folder):
        if (arrays := _opened(folder)) is None:  # no other process has made it meanwhile
            _make(folder, title, make, limit)
            arrays = _opened(folder)
    assert arrays is not None
    _make_room(limit)
    return arrays


def entries() -> list[Entry]:
    """Return all entries, the last used first."""
    readable = filter(None, map(_entry, _folders()))
    return sorted(readable, key=lambda entry: -entry.used)


def clear() -> tuple[list[Entry], list[Entry]]:
    """Remove all entries that no process reads; return those removed and those kept."""
    _remove_begun()
    removed, kept = list[Entry](), list[Entry]()
    for entry in entries():
        (removed if _remove(entry.folder) else kept).append(entry)
    return removed, kept


def release() -> None:
    """Let go of all entries that this process holds: it maps none of them any more."""
    while _held:
        os.close(_held.popitem()[1])


def _root() -> Path:
    return data_dir() / FOLDER


def _folders() -> list[Path]:
    root = _root()
    return [folder for folder in root.iterdir() if len(folder.name) == DIGITS] if root.is_dir() else []


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    """Hold the lock of an entry that is to be made."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.parent / f"{folder.name}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            note("data: another process encodes it; waiting for that")
            lock.acquire()
    except OSError as error:
        raise UserError(
            f"the cache {folder.parent} cannot be written ({error.strerror}); point {DATA_DIR_VARIABLE} at a folder"
            " that can"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _make(folder: Path, title: str, make: Callable[[InFolder], dict[str, Any]], limit: int) -> None:
    begun = folder.parent / f"{BEGUN}{folder.name}"
    shutil.rmtree(begun, ignore_errors=True)  # of a process that was killed
    begun.mkdir()
    try:
        arrays = InFolder(begun, most_bytes=limit)
        said = make(arrays)
        sizes = {name: (begun / name).stat().st_size for name in arrays.dtypes}
        card = {"title": title, "dtypes": arrays.dtypes, "sizes": sizes, "said": said}
        (begun / CARD).write_text(json.dumps(card), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one, of which nobody holds a lock
        begun.rename(folder)
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise


def _opened(folder: Path) -> tuple[dict[str, Any], InFolder] | None:
    """Return what an entry holds, and hold it from now on; None where there is none, or a damaged one."""
    try:
        _hold(folder)
        content = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if any((folder / name).stat().st_size != size for name, size in content["sizes"].items()):
            raise ValueError("an array was cut off")
        found = content["said"], InFolder(folder, content["dtypes"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        if folder in _held:
            os.close(_held.pop(folder))
        return None
    with suppress(OSError):  # of another user, or on a file system that is read only
        os.utime(folder / CARD)
    return found


def _hold(folder: Path) -> None:
    """Hold an entry until this process ends.

    Raises:
        FileNotFoundError: There is none.
    """
    if folder in _held:
        return
    descriptor = os.open(folder / CARD, os.O_RDONLY)
    try:
        _lock(descriptor, shared=True)
        if not os.path.samestat(os.fstat(descriptor), (folder / CARD).stat()):
            raise FileNotFoundError("it was removed before it was locked")
    except BaseException:
        os.close(descriptor)
        raise
    _held[folder] = descriptor


def _lock(descriptor: int, shared: bool) -> bool:
    """Lock an open file: shared, for which one waits a moment, or alone, if nobody reads it; return whether it is."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _entry(folder: Path) -> Entry | None:
    try:
        card = folder / CARD
        content = json.loads(card.read_text(encoding="utf-8"))
        size = sum(file.stat().st_size for file in folder.iterdir())
        descriptor = os.open(card, os.O_RDONLY)
        try:
            in_use = not _lock(descriptor, shared=False)
        finally:
            os.close(descriptor)
        return Entry(folder, str(content["title"]), size, card.stat().st_mtime, in_use)
    except (OSError, ValueError, KeyError):  # another process removes it right now, or it is damaged
        return None


def _remove(folder: Path) -> bool:
    """Remove an entry; return False where a process reads it."""
    try:
        descriptor = os.open(folder / CARD, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        if not _lock(descriptor, shared=False):
            return False
        away = folder.parent / f"{REMOVED}{folder.name}"
        shutil.rmtree(away, ignore_errors=True)
        folder.rename(away)
    finally:
        os.close(descriptor)
    shutil.rmtree(away, ignore_errors=True)
    return True


def _remove_begun() -> None:
    """Remove what killed processes have left; what a live one makes right now stays."""
    root = _root()
    for file in list(root.iterdir()) if root.is_dir() else ():
        if file.name.startswith(REMOVED):
            shutil.rmtree(file, ignore_errors=True)
        if not file.name.endswith(".lock"):
            continue
        lock = FileLock(file)
        with suppress(Timeout), lock.acquire(blocking=False):
            shutil.rmtree(root / f"{BEGUN}{file.stem}", ignore_errors=True)


def _make_room(limit: int) -> None:
    """Remove entries until all together are within the limit: first those that were used longest ago."""
    kept = entries()
    total = sum(entry.size for entry in kept)
    for entry in reversed(kept):
        if total <= limit:
            return
        if not entry.in_use and _remove(entry.folder):
            total -= entry.size
