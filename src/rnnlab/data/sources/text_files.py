"""Text in UTF-8: of a file as a whole, or of files of any length, read piece by piece and never held as a whole."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnlab.errors import UserError

PIECE = 1 << 18  # bytes that are read at a time


@dataclass(frozen=True)
class TextFiles:
    """The text of some files, one behind the other.

    Attributes:
        files: Where it lies.
        limit: How many characters are to be used; None for all.
    """

    files: list[Path]
    limit: int | None = None

    def pieces(self) -> Iterator[str]:
        """Yield the text in its order, some hundred thousand characters at a time.

        Raises:
            UserError: A file is not UTF-8; the line names the place.
        """
        left = self.limit
        for file in self.files:
            for piece in _pieces(file):
                yield piece[:left]
                if left is not None and (left := left - len(piece[:left])) == 0:
                    return

    def words(self) -> list[str]:
        """Return what stands between blanks."""
        return "".join(self.pieces()).split()


def read_text(files: list[Path]) -> TextFiles:
    """Return the files' text, one behind the other.

    Raises:
        UserError: A line is not UTF-8, or there is nothing but blanks.
    """
    text = TextFiles(files)
    if all(not piece or piece.isspace() for piece in text.pieces()):
        raise UserError(f"data: {files[0]} holds no text")
    return text


def decode(file: Path) -> str:
    """Return a file's text as a whole, without a byte order mark.

    Raises:
        UserError: It is not UTF-8; the line names the place.
    """
    return "".join(_pieces(file))


def decode_lines(file: Path) -> list[str]:
    """Return a file's lines; a carriage return ends a line as a line feed does, and no other character.

    Raises:
        UserError: It is not UTF-8; the line names the place.
    """
    return decode(file).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _pieces(file: Path) -> Iterator[str]:
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
