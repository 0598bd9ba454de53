"""How symbols are shown to people."""

from __future__ import annotations

SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}


def readable(symbol: str) -> str:
    """A symbol as a label shows it, always in one line: a blank as ␣, a line's end as ↵, a tab as ⇥."""
    return "".join(map(_readable, symbol))


def _readable(character: str) -> str:
    if character in SHOWN:
        return SHOWN[character]
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
