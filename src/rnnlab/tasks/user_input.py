"""The input of `rnnlab predict`: a text, a file or the standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from rnnlab.config.plain_files import what_it_is
from rnnlab.errors import UserError

STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # what a shell passes as a file: rnnlab predict file=<(…)
LONGEST_LINE = 1 << 24  # bytes: what has no line's end for so long is no text
BLOCK = 1 << 16  # bytes that are read at most before their lines are answered


@dataclass(frozen=True)
class UserInput:
    """A text, a file or a stream from which a model is to predict.

    Attributes:
        text: The value of `text=`; None where it was not given.
        file: The value of `file=`; None where it was not given.
        reading: How that file is read where it is a table, by the keys of the group `data`; what is not there is as in
            training.
        stream: The file or the standard input, open; None where a text was given.
    """

    text: str | None
    file: str | None
    reading: Mapping[str, Any]
    stream: BufferedReader | None

    @classmethod
    @contextmanager
    def opened(cls, text: str | None, file: str | None, reading: Mapping[str, Any]) -> Iterator[UserInput]:
        """Open the input.

        Raises:
            UserError: There is no input, or more than one, or the file cannot be read.
        """
        if text is not None and file is not None:
            raise UserError("text and file were both given; choose one")
        if text is not None:
            yield cls(text, file, reading, None)
        elif file is not None:
            with _open(file) as stream:
                yield cls(text, file, reading, stream)
        elif sys.stdin is None or sys.stdin.isatty():
            raise UserError('there is nothing to read; add text="..." or file=PATH, or pipe lines into the command')
        else:
            yield cls(text, file, reading, cast(BufferedReader, sys.stdin.buffer))

    def lines(self) -> Iterator[list[str]]:
        """Yield the text, or the lines of the file or the standard input, in blocks.

        A block has as many lines as there are to read at a time, so that a slow pipe is answered line by line. Lines
        end at a line feed and nowhere else, so that answers stand in the file's own lines. A file is checked to its end
        before the first line is yielded.

        Raises:
            UserError: A line is not UTF-8, or it was said how a table is read.
        """
        if self.reading:
            key = next(iter(self.reading))
            raise UserError(f"data.{key}: it says how a table is read, such as file=new.csv; these are lines of text")
        if self.stream is None:
            return iter([[str(self.text)]])
        name = "the standard input" if self.file is None else f"file: {self.file}"
        if self.file is not None and self.stream.seekable():  # a pipe can be read only once
            for _ in _line_blocks(self.stream, name):
                pass
            self.stream.seek(0)
        return _line_blocks(self.stream, name)


def _open(file: str) -> BufferedReader:
    try:
        kind = what_it_is(Path(file))
        if kind and not file.startswith(STREAMS):  # a named pipe would block, and a device never end
            raise UserError(f"file: {file} is {kind}; pipe its lines into the command")
        return Path(file).open("rb")
    except OSError as error:
        reason = f"{file} cannot be read ({error.strerror})" if file.strip() else "no name was given"
        raise UserError(f"file: {reason}") from error


def _line_blocks(stream: BufferedReader, name: str) -> Iterator[list[str]]:
    number, begun, length = 0, list[bytes](), 0
    while block := stream.read1(BLOCK):
        whole, newline, rest = block.rpartition(b"\n")
        if newline:
            lines = b"".join([*begun, whole]).split(b"\n")
            yield _decode(lines, number, name)
            number, begun = number + len(lines), []
            length = 0
        begun.append(rest)
        length += len(rest)
        if length > LONGEST_LINE:
            raise UserError(f"{name}, line {number + 1} is longer than {LONGEST_LINE >> 20} MiB")
    if last := b"".join(begun):
        yield _decode([last], number, name)


def _decode(lines: list[bytes], before: int, name: str) -> list[str]:
    texts = []
    for number, line in enumerate(lines, start=before + 1):
        try:
            texts.append(line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r"))
        except UnicodeDecodeError as error:
            raise UserError(f"{name}, line {number} is not UTF-8 (byte 0x{line[error.start]:02x})") from error
    return texts
