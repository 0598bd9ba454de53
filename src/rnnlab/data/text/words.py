"""Words of a running text."""

from __future__ import annotations

import re

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and punctuation marks of a text in lower case; line breaks of HTML are blanks.

    `Don't stop!` has three: `don't`, `stop` and `!`.
    """
    return _WORD.findall(_plain(text))


def fingerprint(text: str) -> str:
    """Equal for texts of the same words, '' for one without any; several times as fast as finding the words."""
    return "".join(_plain(text).split())


def _plain(text: str) -> str:
    return _BREAK.sub(" ", text).lower()
