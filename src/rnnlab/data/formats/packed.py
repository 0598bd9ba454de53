"""Files that are packed, as `.gz` or `.zst`, unpacked as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

PACKED = {".gz": "gzip", ".zst": "zstd"}  # how names end, and what arrow calls it
MOST_TIMES = 200  # as large as its file: text unfolds to ten times that, rarely to thirty
ALWAYS = 1 << 26  # bytes to which any file may unfold


class Readable(Protocol):
    """A stream that bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


def is_packed(file: Path) -> bool:
    """Return whether a file is packed, as its name says."""
    return file.suffix.lower() in PACKED


def ending_of(file: Path) -> str:
    """Return the ending of a file's name in lower case, such as `.csv` of `a.csv` and of `a.csv.gz`."""
    return (Path(file.stem) if is_packed(file) else file).suffix.lower()


@contextmanager
def opened(file: Path) -> Iterator[Readable]:
    """Open a file to read what it holds.

    Raises:
        UserError: It is packed and damaged, or unfolds to far more than text does.
    """
    if not is_packed(file):
        with file.open("rb") as stream:
            yield stream
        return
    import pyarrow as pa

    with pa.input_stream(str(file), compression=PACKED[file.suffix.lower()]) as unpacked:
        yield _Unpacked(file, unpacked)


class _Unpacked:
    def __init__(self, file: Path, stream: pa.NativeFile) -> None:
        self._file, self._stream, self._room = file, stream, max(ALWAYS, MOST_TIMES * file.stat().st_size)

    def read(self, size: int, /) -> bytes:
        import pyarrow as pa

        try:
            content: bytes = self._stream.read(size)
        except (OSError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"data: {self._file} cannot be unpacked ({reason})") from error
        self._room -= len(content)
        if self._room < 0:
            raise UserError(f"data: {self._file} unfolds to more than {MOST_TIMES} times its size; unpack it yourself")
        return content
