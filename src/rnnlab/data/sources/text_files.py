"""Text in UTF-8: of a file as a whole, or of files of any length, read piece by piece and never held as a whole."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rnnlab.data.sources.parts import parts_of
from rnnlab.data.split import PARTS
from rnnlab.errors import UserError

PIECE = 1 << 18  # bytes that are read at a time
LONGEST_LINE = 1 << 26  # characters: what has no line's end for so long has no lines


@dataclass(frozen=True)
class TextFiles:
    """The text of some files, one behind the other.

    Attributes:
        files: Where it lies.
        limit: How many characters are to be used; None for all.
        parts: The part of each file where all of their names say one (see `sources.parts`); else None.
        note: What a user should know about how the files were read.
        description: What was read of the user's own files, in one line; '' of other data.
    """

    files: list[Path]
    limit: int | None = None
    parts: list[str] | None = None
    note: str = ""
    description: str = ""

    @property
    def size(self) -> int:
        """About how many bytes of text the files hold."""
        return sum(file.stat().st_size for file in self.files)

    def pieces(self, between: str = "") -> Iterator[str]:
        """Yield the text in its order, some hundred thousand characters at a time.

        Args:
            between: What is put between two files of which the first does not end in a blank; it counts as no
                character.

        Raises:
            UserError: A file is not UTF-8; the line names the place.
        """
        left, last = self.limit, ""
        for file in self.files:
            if between and last and not last.isspace():
                yield between
            for piece in _pieces(file):
                yield piece[:left]
                if left is not None and (left := left - len(piece[:left])) == 0:
                    return
                last = piece[-1:] or last

    def part(self, name: str, limit: int | None = None) -> TextFiles:
        """Return the text of one part, at most `limit` characters of it."""
        files = [file for file, part in zip(self.files, self.parts or (), strict=True) if part == name]
        return TextFiles(files, limit)


def read_text(files: list[Path]) -> TextFiles:
    """Return the files' text, one behind the other, or the text of each part where their names say parts.

    Files of any text may have any name, such as `test.py` in a folder of programs: the names of all have to say a part.

    Raises:
        UserError: A line is not UTF-8, or there is nothing but blanks.
    """
    parts = parts_of(files)
    size = sum(file.stat().st_size for file in files)
    text = TextFiles(files, description=f"text: {size:,} bytes in {len(files):,} file{'s'[: len(files) != 1]}")
    if parts and {*parts} <= {*PARTS}:
        text = replace(text, parts=parts)
    elif parts:
        named = [file.name for file, part in zip(files, parts, strict=True) if part in PARTS]
        text = replace(text, note=f"{named[0]} is no part of its own: not all of the {len(files)} files are named so")
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


def text_lines(file: Path) -> Iterator[str]:
    """Yield a file's lines with their ends, which are line feeds, carriage returns or both, and no other character.

    Raises:
        UserError: It is not UTF-8, or a line is too long; the message names the place.
    """
    begun, length, number, held = list[str](), 0, 1, ""
    for piece in _pieces(file):
        text = held + piece
        held = "\r" if text.endswith("\r") else ""  # a line feed may follow, with which it is one end
        for line in io.StringIO(text.removesuffix("\r"), newline=""):
            begun.append(line)
            length += len(line)
            if length > LONGEST_LINE:
                raise UserError(f"data: {file}, line {number} has more than {LONGEST_LINE:,} characters")
            if line.endswith(("\n", "\r")):
                yield "".join(begun)
                begun, length, number = [], 0, number + 1
    if held or begun:
        yield "".join([*begun, held])


def _pieces(file: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines = 1
    with file.open("rb") as stream:
        while True:
            content = stream.read(PIECE)
            try:
                text = decoder.decode(content, final=not content)
            except UnicodeDecodeError as error:
                line = lines + error.object.count(b"\n", 0, error.start)
                raise UserError(
                    f"data: {file}, line {line} is not UTF-8 (byte 0x{error.object[error.start]:02x});"
                    " save the file as UTF-8"
                ) from error
            if (place := text.find("\0")) >= 0:
                line = lines + text.count("\n", 0, place)
                raise UserError(f"data: {file}, line {line} has a zero byte, as UTF-16 has; save the file as UTF-8")
            yield text
            if not content:
                return
            lines += content.count(b"\n")
