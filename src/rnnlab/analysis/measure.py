"""The loss by which runs are compared: the first that they declare whose values are comparable in all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rnnlab.analysis.criterion import differing_keys
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import Run


def comparable(complete: Sequence[Run]) -> list[Run]:
    """Return the runs, all of them ranked by the same loss.

    Characters, words and sub-words are not as hard to predict as each other, so language models of different symbols
    are ranked by the loss per character of the same text, which they declare behind that of a token.

    Raises:
        UserError: Their losses are in different units, or none of them is comparable in all runs.
    """
    if not complete:
        return []
    _check_units(complete)
    losses = [metric for metric in complete[0].declared if metric.ranks]
    for metric in losses:
        if not differing_keys(metric, complete) and all(metric in run.declared for run in complete):
            return [replace(run, ranked_by=metric) for run in complete]
    keys = " and ".join(differing_keys(losses[0], complete))
    raise UserError(
        f"the runs differ in {keys}, so their {losses[0].validation} cannot be ranked together, and not all of them"
        f" have another loss; compare runs of one {keys} at a time"
    )


def declared_metrics(complete: Sequence[Run]) -> tuple[Metric, ...]:
    """Return the metrics of all runs by their first declarations, without those that no run has a value of."""
    declared: dict[str, Metric] = {}
    for run in complete:
        for metric in run.declared:
            declared.setdefault(metric.key, metric)
    return tuple(
        metric
        for metric in declared.values()
        if any(math.isfinite(run.value(name)) for run in complete for name in (metric.validation, metric.test))
    )


def _check_units(complete: Sequence[Run]) -> None:
    """Raise UserError where a lower loss would be no better result, since it is in another unit."""
    examples = {run.unit: run.folder.as_posix() for run in reversed(complete)}
    if len(examples) > 1:
        losses_in = " and ".join(f"{unit} ({folder})" for unit, folder in sorted(examples.items()))
        raise UserError(f"losses in {losses_in} cannot be ranked together; compare runs of one unit at a time")
