"""Stopping on request: a training writes a checkpoint and ends, and no other begins."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# What asks to stop; SIGHUP comes when a terminal is closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPING = b"\nstopping as soon as a checkpoint is written; Ctrl-C once more stops at once\n"

_asked = threading.Event()


class StoppedError(Exception):
    """Ends a training that was asked to stop and has written its checkpoint."""


class PrunedError(Exception):
    """Ends a training that a search has given up; says why."""


def ask_to_stop() -> None:
    """Ask the training of this process to stop; its callbacks check after every block of batches."""
    _asked.set()


def asked_to_stop() -> bool:
    """Return True if this process was asked to stop."""
    return _asked.is_set()


@contextmanager
def stopping_on_signals(tell_others: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Within it, the first Ctrl-C (or SIGTERM, or SIGHUP) asks to stop; the second is a KeyboardInterrupt.

    A signal that is ignored already, such as SIGHUP under `nohup`, stays ignored.

    Args:
        tell_others: Passes it on to worker processes.
    """

    def handle(*_: object) -> None:
        if asked_to_stop():
            raise KeyboardInterrupt
        ask_to_stop()
        _say_so()
        tell_others()

    if threading.current_thread() is not threading.main_thread():  # only that one may handle signals
        yield
        return
    _asked.clear()
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.clear()


def _say_so() -> None:
    """Say that it is stopping; where the terminal was closed, let nobody fail who prints from here on."""
    try:
        os.write(2, STOPPING)  # a signal may come in the middle of a print
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)
        os.close(nowhere)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the SystemExit with which Lightning answers Ctrl-C into KeyboardInterrupt: a notebook goes on."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None
