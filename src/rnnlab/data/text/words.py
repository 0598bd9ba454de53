"""Words of a text, and the key by which two texts are the same."""

from __future__ import annotations

import re

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """Return the words and punctuation marks of a text in lower case; line breaks of HTML are blanks.

    `Don't stop!` has three: `don't`, `stop` and `!`.
    """
    return _WORD.findall(_plain(text))


def text_key(text: str) -> str:
    """Return a key that is equal for texts of the same words, '' for a text without words; faster than `words`."""
    return "".join(_plain(text).split())


def _plain(text: str) -> str:
    return _BREAK.sub(" ", text).lower()
