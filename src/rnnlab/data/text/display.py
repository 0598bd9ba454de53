"""Symbols as people see them in labels of figures and tables."""

from __future__ import annotations

SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}


def display(symbol: str) -> str:
    """Return a symbol as a label shows it, always in one line: a blank as ␣, a line's end as ↵, a tab as ⇥."""
    return "".join(map(_display, symbol))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _display(character: str) -> str:
    if character in SHOWN:
        return SHOWN[character]
    return character if character.isprintable() else _escaped(character)
