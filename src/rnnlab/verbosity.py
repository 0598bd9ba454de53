"""The verbosity of a command: `-q` nothing but its result and errors, `-v` more than usual."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Any

from rnnlab.control_characters import say


class Verbosity(IntEnum):
    """The three levels."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2


VERBOSITIES = {  # by flag
    "-q": Verbosity.QUIET,
    "--quiet": Verbosity.QUIET,
    "-v": Verbosity.VERBOSE,
    "--verbose": Verbosity.VERBOSE,
}

_verbosity = ContextVar("verbosity", default=Verbosity.USUAL)


@contextmanager
def speaking(verbosity: Verbosity) -> Iterator[None]:
    """Within it, commands say so much."""
    before = _verbosity.set(verbosity)
    try:
        yield
    finally:
        _verbosity.reset(before)


def is_quiet() -> bool:
    """Return True if nothing but results and errors is to be said."""
    return _verbosity.get() is Verbosity.QUIET


def is_verbose() -> bool:
    """Return True if more than usual is to be said."""
    return _verbosity.get() is Verbosity.VERBOSE


def say_unless_quiet(*texts: Any, **how: Any) -> None:
    """Print what stands beside a result, as `say` does, unless the command is quiet."""
    if not is_quiet():
        say(*texts, **how)


def note(*texts: Any) -> None:
    """Print on stderr as `say_unless_quiet` does."""
    say_unless_quiet(*texts, file=sys.stderr)


def detail(*texts: Any) -> None:
    """Print on stderr, as `say` does, what only a verbose command says."""
    if is_verbose():
        say(*texts, file=sys.stderr)
