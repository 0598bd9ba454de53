"""The ways in which a command ends badly, and what there is to say of a machine that is too small."""

from __future__ import annotations

import errno
import re


class OneLineError(Exception):
    """Base class of errors that say in one line what a user has to know: also in a notebook, without the way there."""

    def _render_traceback_(self) -> list[str]:  # what IPython shows in place of a traceback
        return [f"{type(self).__name__}: {self}"]


class UserError(OneLineError):
    """Something a user can put right: one line that names the key or file and what would be right (exit 2)."""


class RunsFailedError(OneLineError):
    """Runs were started properly and some failed; the others' results stand (exit 1)."""


class ProcessFailedError(Exception):
    """Another process of a run has failed: its reason in one line, and behind it its traceback where there is one."""


FULL = (errno.ENOSPC, errno.EDQUOT)
# How torch says that memory is short, or that no machine has so much; NumPy raises MemoryError.
SHORT_OF_MEMORY = re.compile(
    r"can't allocate memory|out of memory|_STATUS_ALLOC_FAILED|(?:size|[Ss]tride) calculation overflowed"
    r"|multiplication overflow|without overflow|Overflow when unpacking long|not enough memory"
)
SIZE = re.compile(r"allocate ([\d.]+ (?:bytes|[KMGTPE]i?B))")


def reason_of(error: BaseException) -> str:
    """Return in one line why something failed; what the machine is too small for is said in rnnlab's own words."""
    if is_short_of_memory(error):
        size = SIZE.search(str(error))
        asked = f" ({_readable(size[1])} were asked for at once)" if size else ""
        return f"out of memory{asked}; lower model.hidden_size, data.batch_size or data.sequence_length"
    if is_disk_full(error):
        return "the disk is full; free some space, and the same command goes on"
    if isinstance(error, ProcessFailedError):
        return str(error).splitlines()[0]
    return f"{type(error).__name__}: {error}".splitlines()[0]


def is_short_of_memory(error: BaseException) -> bool:
    """Return whether something did not fit into the memory of the machine or of its GPU."""
    of_torch = isinstance(error, RuntimeError | TypeError) and SHORT_OF_MEMORY.search(str(error))
    return isinstance(error, MemoryError) or bool(of_torch)


def is_disk_full(error: BaseException) -> bool:
    """Return whether there was no room for a file; torch says so of a checkpoint in its own way."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return isinstance(error, RuntimeError) and "PytorchStreamWriter failed" in str(error)


def _readable(size: str) -> str:
    number, unit = size.split()
    return f"{int(number) / 2**30:,.1f} GiB" if unit == "bytes" else size
