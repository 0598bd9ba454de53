"""A check that the runs of a sweep were mixed: otherwise the load of a machine passes for the cost of a setting."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rnnlab.records.reading import Run

ENOUGH = 0.5  # of the changes from one level to another that a random order would have


def were_mixed(runs: Sequence[Run], levels: Sequence[str]) -> bool:
    """Return True if no level's runs lie together in time; False where a run does not say when it began.

    Args:
        runs: The runs of a comparison.
        levels: What each of them is of.
    """
    starts = [run.started for run in runs]
    known: list[tuple[datetime, str]] = [
        (start, level) for start, level in zip(starts, levels, strict=True) if start is not None
    ]
    if len(known) < len(runs):
        return False
    order = [level for _, level in sorted(known)]
    changes = sum(first != second for first, second in itertools.pairwise(order))
    together = sum(count * (count - 1) for count in Counter(order).values()) / max(1, len(order) * (len(order) - 1))
    return changes >= ENOUGH * (1 - together) * (len(order) - 1)
