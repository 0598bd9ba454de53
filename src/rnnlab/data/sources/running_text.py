"""A text of any length, read piece by piece and never held as a whole."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import UserError

PIECE = 1 << 18  # bytes that are read at a time


@dataclass(frozen=True)
class RunningText:
    """The text of some files, one behind the other, UTF-8.

    Attributes:
        files: Where it lies.
        limit: How many characters are to be used; None for all.
    """

    files: list[Path]
    limit: int | None = None

    def pieces(self) -> Iterator[str]:
        """The text in its order, some hundred thousand characters at a time.

        Raises:
            UserError: A file is not UTF-8; the line names the place.
        """
        left = self.limit
        for file in self.files:
            for piece in decoded(file):
                yield piece[:left]
                if left is not None and (left := left - len(piece[:left])) == 0:
                    return

    def words(self) -> list[str]:
        """What stands between blanks."""
        return "".join(self.pieces()).split()


def decoded(file: Path) -> Iterator[str]:
    """A file's text in pieces, without a byte order mark.

    Raises:
        UserError: It is not UTF-8; the line names the place.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines = 1
    with file.open("rb") as stream:
        while True:
            content = stream.read(PIECE)
            try:
                yield decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                line = lines + error.object.count(b"\n", 0, error.start)
                raise UserError(
                    f"data: {file}, line {line} is not UTF-8 (byte 0x{error.object[error.start]:02x});"
                    " save the file as UTF-8"
                ) from error
            if not content:
                return
            lines += content.count(b"\n")
