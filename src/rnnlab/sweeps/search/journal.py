"""The journal of a search: Optuna's own format, and in every line a checksum that binds it to the line before.

Optuna reads over a key that it does not know, so that the file stays one of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from optuna.storages.journal import JournalFileBackend

from rnnlab.records.files.checksum import DamagedError

CHAIN = "chain"  # a key of every line
DIGITS = 16  # hexadecimal
PIECE = 1 << 12  # bytes that are read at a time from the end on


class CheckedJournal(JournalFileBackend):
    """Writes a checksum of an entry and of all before it into its line; notices what changed or is missing.

    A journal of an older version begins with entries that have none. Entries that are missing at the end are not
    noticed.
    """

    def __init__(self, file_path: str, lock_obj: Any = None) -> None:
        super().__init__(file_path, lock_obj)
        self._checksums: dict[int, str] = {0: ""}  # by the number of entries read so far

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        with self._locked(), Path(self._file_path).open("r+b") as stream:
            previous, lines = _last_checksum(stream), ""
            for log in logs:
                previous = checksum(log, previous)
                lines += json.dumps({**log, CHAIN: previous}, separators=(",", ":")) + "\n"
            stream.write(lines.encode())
            stream.flush()
            os.fsync(stream.fileno())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Yield the entries from a number on.

        Raises:
            DamagedError: One is not what was written, or lines before it are missing.
        """
        number = log_number_from
        if number not in self._checksums:
            all(True for _ in self.read_logs(0))
        for log in super().read_logs(log_number_from):
            previous = self._checksums[number]
            number += 1
            check = log.pop(CHAIN, None) if isinstance(log, dict) else ""
            if (previous or check is not None) and check != checksum(log, previous):
                raise self._damaged(number)
            self._checksums[number] = check or ""
            yield log
        if not _is_json(self._line_at(self._log_number_offset.get(number, 0))):
            raise self._damaged(number + 1)  # Optuna reads over a last line that it does not understand

    def _line_at(self, offset: int) -> bytes:
        with Path(self._file_path).open("rb") as stream:
            stream.seek(offset)
            return stream.readline()

    def _damaged(self, number: int) -> DamagedError:
        return DamagedError(
            f"{self._file_path}: damaged (line {number} is not what was written, or lines before it are missing);"
            " bring it back from a copy, or move it away to search anew"
        )


def _is_json(line: bytes) -> bool:
    """Return False for a whole line that is no JSON; another process may still be writing one without its end."""
    try:
        return not line.endswith(b"\n") or json.loads(line) is not None
    except ValueError:
        return False


def _last_checksum(stream: BinaryIO) -> str:
    """Return the checksum of the last whole line, and drop what a killed process has left behind it.

    Leaves the stream at its end. The checksum is empty where there is no line, or one of an older version.
    """
    end = stream.seek(0, os.SEEK_END)
    tail, start = b"", end
    while start and tail.count(b"\n") < 2:  # so that one line is whole
        start = max(0, start - PIECE)
        stream.seek(start)
        tail = stream.read(end - start)
    whole = tail[: tail.rfind(b"\n") + 1]
    stream.truncate(start + len(whole))
    stream.seek(0, os.SEEK_END)
    line = whole.splitlines()[-1] if whole else b""
    try:
        return str(json.loads(line).get(CHAIN, "")) if line else ""
    except (ValueError, AttributeError):  # damaged, which is said when it is read
        return ""


def checksum(log: Mapping[str, Any], previous: str) -> str:
    """Return what an entry's line says of the rest of it and of the line before, whose checksum is `previous`."""
    content = previous + json.dumps(log, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:DIGITS]
