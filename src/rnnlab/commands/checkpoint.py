"""The checkpoint that a command opens; the terminal says which run of a sweep it is of, and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnlab.verbosity import note


def opened_checkpoint(config: Mapping[str, Any]) -> Path:
    """Return the file that the key `checkpoint` of a command stands for; of a sweep, say on stderr whose it is.

    Raises:
        UserError: There is none, or the runs of the folder are no rivals.
    """
    from rnnlab.analysis.best_run import choose_checkpoint  # imports SciPy, which wrong arguments need not wait for

    chosen = choose_checkpoint(config["checkpoint"])
    if chosen.reason:
        note(f"best run: {chosen.reason}")
    return chosen.file
