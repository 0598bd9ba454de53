"""The checkpoint that a command opens; the terminal says which run of a sweep it is of, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnlab.verbosity import note


@contextmanager
def opened_checkpoint(config: Mapping[str, Any]) -> Iterator[Path]:
    """Give the file that the key `checkpoint` of a command stands for.

    Of a sweep of several runs, say on stderr whose it was when the command has answered: a refusal is one line.

    Raises:
        UserError: There is none, or the runs of the folder are no rivals.
    """
    from rnnlab.analysis.best_run import choose_checkpoint  # imports SciPy, which wrong arguments need not wait for

    chosen = choose_checkpoint(config["checkpoint"])
    yield chosen.file
    if chosen.reason:
        note(f"best run: {chosen.reason}")
