"""Words of a running text."""

from __future__ import annotations

import re

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """The words and punctuation marks of a text in lower case; line breaks of HTML are blanks.

    `Don't stop!` has three: `don't`, `stop` and `!`.
    """
    return _WORD.findall(_BREAK.sub(" ", text).lower())
