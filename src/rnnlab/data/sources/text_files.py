"""Running text in files of any length and of several kinds, read piece by piece and never held as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rnnlab.data.formats.decoding import decoded_pieces
from rnnlab.data.formats.packed import is_packed
from rnnlab.data.formats.text_columns import TEXT, column_pieces, has_columns
from rnnlab.data.sources.parts import parts_of
from rnnlab.data.split import PARTS
from rnnlab.errors import UserError

FOLDED = {True: 20, False: 1}  # about how many bytes of text one byte of a file is, packed or plain


@dataclass(frozen=True)
class TextFiles:
    """The text of some files, one behind the other.

    Attributes:
        files: Where it lies.
        limit: How many characters are to be used; None for all.
        parts: The part of each file where all of their names say one (see `sources.parts`); else None.
        note: What a user should know about how the files were read.
        description: What was read of the user's own files, in one line; '' of other data.
        column: Of tables, the one that has the text.
    """

    files: list[Path]
    limit: int | None = None
    parts: list[str] | None = None
    note: str = ""
    description: str = ""
    column: str = TEXT

    @property
    def size(self) -> int:
        """About how many bytes of text the files hold."""
        return sum(file.stat().st_size * FOLDED[is_packed(file) or has_columns(file)] for file in self.files)

    def pieces(self, between: str = "") -> Iterator[str]:
        """Yield the text in its order, some hundred thousand characters at a time.

        Args:
            between: What is put between two files of which the first does not end in a blank; it counts as no
                character.

        Raises:
            UserError: A file cannot be read, is not UTF-8 or lacks the column; the line names the place.
        """
        left, last = self.limit, ""
        for file in self.files:
            if between and last and not last.isspace():
                yield between
            for piece in column_pieces(file, self.column) if has_columns(file) else decoded_pieces(file):
                yield piece[:left]
                if left is not None and (left := left - len(piece[:left])) == 0:
                    return
                last = piece[-1:] or last

    def part(self, name: str, limit: int | None = None) -> TextFiles:
        """Return the text of one part, at most `limit` characters of it."""
        files = [file for file, part in zip(self.files, self.parts or (), strict=True) if part == name]
        return replace(self, files=files, limit=limit, parts=None)


def read_text(files: list[Path], text_column: str | None = None) -> TextFiles:
    """Return the files' text, one behind the other, or the text of each part where their names say parts.

    Files of any text may have any name, such as `test.py` in a folder of programs: the names of all have to say a part.

    Args:
        files: Texts in UTF-8; or JSON Lines, Parquet or Arrow, of which each row has a text, which ends with a line's
            end. Text and JSON Lines may be packed, as `.gz` or `.zst`.
        text_column: Of tables, the column that has the text; None for `text`.

    Raises:
        UserError: A file is not UTF-8 where it begins, a table has no such column, or there is nothing but blanks.
    """
    if text_column is not None and (plain := next((file for file in files if not has_columns(file)), None)):
        raise UserError(
            f"data.text_column={text_column}: {plain} has no columns by its name; .jsonl, .parquet and .arrow have"
        )
    parts = parts_of(files)
    size = sum(file.stat().st_size for file in files)
    count = f"{len(files):,} file{'s'[: len(files) != 1]}"
    column = text_column or TEXT
    where = f"the column {column} of {count}" if any(map(has_columns, files)) else count
    text = TextFiles(files, description=f"text: {size:,} bytes in {where}", column=column)
    if parts and {*parts} <= {*PARTS}:
        text = replace(text, parts=parts)
    elif parts:
        named = [file.name for file, part in zip(files, parts, strict=True) if part in PARTS]
        text = replace(text, note=f"{named[0]} is no part of its own: not all of the {len(files)} files are named so")
    for file in files:
        if not has_columns(file):  # also one that a limit would never reach has to be text
            next(decoded_pieces(file), "")
    if all(not piece or piece.isspace() for piece in text.pieces()):
        raise UserError(f"data: {files[0]} holds no text")
    return text
