"""The journal of a search: Optuna's own format, and a checksum in every line, which Optuna reads over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend

from rnnlab.records.checksum import DamagedError

CHECK = "check"  # a key of every line
DIGITS = 16  # hexadecimal


class CheckedJournal(JournalFileBackend):
    """Writes a checksum of its line into every entry, and notices an entry that has changed.

    A journal of an older version begins with entries that have none. An entry that is missing is not noticed.
    """

    _begun = False  # an entry with a checksum was read: all that follow have one

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        super().append_logs([{**log, CHECK: checksum(log)} for log in logs])

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        """Yield the entries from a number on.

        Raises:
            DamagedError: One is not what was written.
        """
        number = log_number_from
        for log in super().read_logs(log_number_from):
            number += 1
            check = log.pop(CHECK, None) if isinstance(log, dict) else ""
            self._begun = self._begun or check is not None
            if self._begun and check != checksum(log):
                raise self._damaged(number)
            yield log
        if not _is_json(self._line_at(self._log_number_offset.get(number, 0))):
            raise self._damaged(number + 1)  # Optuna reads over a last line that it does not understand

    def _line_at(self, offset: int) -> bytes:
        with Path(self._file_path).open("rb") as stream:
            stream.seek(offset)
            return stream.readline()

    def _damaged(self, number: int) -> DamagedError:
        return DamagedError(
            f"{self._file_path}: damaged (line {number} is not what was written); bring it back from a copy, or move"
            " it away to search anew"
        )


def _is_json(line: bytes) -> bool:
    """Return False for a whole line that is no JSON; another process may still be writing one without its end."""
    try:
        return not line.endswith(b"\n") or json.loads(line) is not None
    except ValueError:
        return False


def checksum(log: Mapping[str, Any]) -> str:
    """Return what an entry's line says of the rest of it."""
    return hashlib.sha256(json.dumps(log, separators=(",", ":")).encode()).hexdigest()[:DIGITS]
