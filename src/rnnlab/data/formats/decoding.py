"""Text in UTF-8 of files of any length, plain or packed: as a whole, in lines, or piece by piece."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from rnnlab.data.formats.packed import opened
from rnnlab.errors import UserError

PIECE = 1 << 18  # bytes that are read at a time
LONGEST_LINE = 1 << 26  # characters: what has no line's end for so long has no lines


def decode(file: Path) -> str:
    """Return a file's text as a whole, without a byte order mark.

    Raises:
        UserError: It is not UTF-8; the line names the place.
    """
    return "".join(decoded_pieces(file))


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
    for piece in decoded_pieces(file):
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


def decoded_pieces(file: Path) -> Iterator[str]:
    """Yield a file's text, some hundred thousand characters at a time, without a byte order mark.

    Raises:
        UserError: It is not UTF-8, or cannot be unpacked.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    lines = 1
    with opened(file) as stream:
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
