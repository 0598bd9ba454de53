"""Texts taken apart as `bpe.PIECES` says, by NumPy: what the library's regular expression takes ten times as long for.

A piece is a row of letters or a row of marks with at most one blank before it, a row of line ends, or a row of other
blanks, of which the last goes with what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.text.bpe import splitting

if TYPE_CHECKING:
    import pyarrow as pa

LETTER, MARK, LINE_END, BLANK, OTHER_BLANK = range(5)
A_LETTER, A_MARK = "a", "!"
Kinds = NDArray[np.uint8]


class Splitter:
    """Takes texts of some characters apart."""

    def __init__(self, alphabet: Sequence[str]) -> None:
        """Learn from the library what each character of the alphabet is."""
        taken_apart = splitting().pre_tokenize_str
        self._kinds = np.full(max(map(ord, alphabet), default=0) + 1, MARK, dtype=np.uint8)
        for character in alphabet:
            joined = [len(taken_apart(before + character)) == 1 for before in (A_LETTER, A_MARK)]
            self._kinds[ord(character)] = _kind(character, *joined)

    def split(self, texts: Sequence[str]) -> pa.LargeBinaryArray:
        """Return the pieces of some texts in UTF-8, one behind the other; none reaches from one text into the next."""
        import pyarrow as pa

        whole = "".join(texts)
        content = whole.encode()
        ascii_only = len(content) == len(whole)
        points = np.frombuffer(content, np.uint8) if ascii_only else np.frombuffer(whole.encode("utf-32-le"), np.uint32)
        ends = np.cumsum([len(text) for text in texts])
        begins = np.flatnonzero(_begins(self._kinds[points], ends))
        if not ascii_only:
            widths = 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
            begins = (np.cumsum(widths) - widths)[begins]
        offsets = np.append(begins, len(content)).astype(np.int64)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
        pieces: pa.LargeBinaryArray = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(begins), buffers)
        return pieces


def _kind(character: str, joins_letters: bool, joins_marks: bool) -> int:
    if character in " \n":
        return BLANK if character == " " else LINE_END
    return LETTER if joins_letters else MARK if joins_marks else OTHER_BLANK


def _begins(kinds: Kinds, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a piece begins `(T,)`, given the kind of each character and where the texts end."""
    rows = np.minimum(kinds, BLANK)  # all blanks are of one row
    begins = np.ones(len(kinds), dtype=bool)
    np.not_equal(rows[1:], rows[:-1], out=begins[1:])
    before_others = (rows[:-1] == BLANK) & (rows[1:] < LINE_END)
    before_others[ends[:-1] - 1] = False  # the last blank of a text, behind which another one begins
    last = np.flatnonzero(before_others)
    begins[last] = True
    begins[last[kinds[last] == BLANK] + 1] = False
    begins[ends[:-1]] = True
    return begins
