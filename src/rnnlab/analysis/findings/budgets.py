"""Budgets of training: levels that were trained for as many epochs may have been trained for other numbers of steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.inference.judgement import Group
from rnnlab.records.reading import Run, float_or_nan

WORTH_SAYING = 1.1  # times as many steps an epoch
BUDGETS = ("trainer.max_epochs", "trainer.max_steps", "trainer.max_time")  # who varies one of these knows it
WINDOW = "data.sequence_length"


@dataclass(frozen=True)
class Budget:
    """The optimizer steps of levels that are compared.

    Attributes:
        fewest: The steps of the run with the fewest.
        most: Those of the run with the most.
        by_windows: Whether the windows of a text, which are longer or shorter, make the difference.
    """

    fewest: int
    most: int
    by_windows: bool


def unequal_budget(answer: Answer) -> Budget | None:
    """Return the steps of levels that are compared with each other; None where an epoch is as many steps for all."""
    if any(answer.question.keys[name] in BUDGETS for name in answer.question.by):
        return None
    runs = [run for group in answer.groups for run in _compared(answer, group)]
    if not runs:
        return None
    steps = [run.steps for run in runs]
    lengths = {run.config.get(WINDOW) for run in runs}
    return Budget(int(min(steps)), int(max(steps)), len(lengths) > 1 and all(_has_windows(run) for run in runs))


def _compared(answer: Answer, group: Group) -> list[Run]:
    """Return the runs of a group whose levels differ in the steps of an epoch; none where they do not."""
    runs = [
        run
        for level in group.levels
        for run in answer.runs[group.within, level.name]
        if run.is_complete and run.config.get("trainer.max_steps", -1) == -1
    ]
    paces = [
        pace for run in runs if math.isfinite(pace := run.steps / (float_or_nan(run.summary.get("epochs")) or math.nan))
    ]
    if len(paces) < len(runs) or len(group.levels) < 2 or max(paces, default=1) <= WORTH_SAYING * min(paces, default=1):
        return []
    return runs


def _has_windows(run: Run) -> bool:
    return run.config.get("data.windows") is not None
