"""A checksum of all bytes of a checkpoint, which travels inside the file as the comment of its zip archive."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rnnlab.errors import UserError

SEAL = b"rnnlab sha256 "  # before the digest in hexadecimal digits, with which the file ends
LENGTH = len(SEAL) + 2 * hashlib.sha256().digest_size
LAST_RECORD = b"PK\x05\x06"  # of a zip archive: 22 bytes, of which the last two are the length of its comment
PIECE = 1 << 20  # bytes read at a time


class DamagedError(UserError):
    """A file has other bytes than those that were written."""


def sealed(archive: bytes) -> bytes:
    """Return a zip archive with the SHA-256 of all bytes before the digest as its comment, which readers skip."""
    assert archive[-22:-18] == LAST_RECORD and archive.endswith(b"\0\0")  # no comment yet
    head = b"".join([memoryview(archive)[:-2], LENGTH.to_bytes(2, "little"), SEAL])
    return head + hashlib.sha256(head).hexdigest().encode()


def is_sealed(file: Path) -> bool:
    """Return whether a file ends with a checksum.

    Raises:
        DamagedError: It does, and the bytes before it are not those that were written.
    """
    with file.open("rb") as stream:
        left = max(0, stream.seek(0, 2) - LENGTH)
        stream.seek(left)
        seal = stream.read()
        if not seal.startswith(SEAL):
            return False
        digest, left = hashlib.sha256(), left + len(SEAL)
        stream.seek(0)
        while piece := stream.read(min(PIECE, left)):
            digest.update(piece)
            left -= len(piece)
    if digest.hexdigest().encode() != seal[len(SEAL) :]:
        raise DamagedError(f"{file} is damaged: its bytes do not fit its checksum")
    return True
