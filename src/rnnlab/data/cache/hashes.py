"""The SHA-256 of large files, remembered as long as the files stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from rnnlab.data.cache.location import data_dir
from rnnlab.records.folder import write_atomically

FOLDER = "hashes"
WORTH_IT = 1 << 24  # bytes: fewer are hashed in less time than a look takes
SETTLED = 2.0  # seconds: a file that has just been written may change again within the same tick of its clock
SHA256 = re.compile(r"[0-9a-f]{64}")


def remembered_sha256(files: Sequence[Path], names: str, compute: Callable[[], str]) -> str:
    """Return the SHA-256 that `compute` gives, which is not called where it is known of the same files.

    A file is the same where its path, size, modification time and inode are.

    Args:
        files: What is hashed.
        names: What is hashed before them.
        compute: Reads the files.
    """
    states = list(map(_state, files))
    if sum(state[1] for state in states) < WORTH_IT:
        return compute()
    key = hashlib.sha256(json.dumps([names, states]).encode()).hexdigest()
    place = data_dir() / FOLDER / key
    with suppress(OSError, UnicodeDecodeError):
        if SHA256.fullmatch(known := place.read_text(encoding="ascii").strip()):
            return known
    digest = compute()
    newest = max(state[2] for state in states) / 1e9
    if time.time() - newest > SETTLED and list(map(_state, files)) == states:
        with suppress(OSError):  # a cache that cannot be written costs time and nothing else
            write_atomically(place, digest + "\n")
    return digest


def forget() -> None:
    """Remove all that is remembered."""
    with suppress(FileNotFoundError):
        for file in (data_dir() / FOLDER).iterdir():
            file.unlink(missing_ok=True)


def _state(file: Path) -> tuple[str, int, int, int]:
    stat = file.stat()
    return os.fspath(file.absolute()), stat.st_size, stat.st_mtime_ns, stat.st_ino
