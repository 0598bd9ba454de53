"""The uncertainty of a level's test result that its items make, from what its runs kept of each item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.analysis.inference.items import bootstrap, wilson
from rnnlab.analysis.inference.judgement import Interval
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import Run

if TYPE_CHECKING:
    import pandas as pd  # read where there are items; a training needs none

LEAST = 2  # items of which something can be said


def interval_over_items(runs: Sequence[Run], metric: Metric) -> Interval | None:
    """Return the test result of runs with the 95% interval of its items: Wilson's of a share, a bootstrap of a loss.

    The seeds are averaged before items are drawn. None where a run kept no items, or they do not say the metric.
    """
    try:
        tables = [run.items() for run in runs]
    except UserError:  # a damaged file; what it would add is left out
        return None
    known = [table for table in tables if table is not None]
    if not known or len(known) < len(tables) or len({len(table) for table in known}) > 1 or len(known[0]) < LEAST:
        return None
    if metric.key == "accuracy" and all({"correct", "classified"} <= set(table) for table in known):
        return _share(known)
    return _loss(known) if metric.key == "loss" else None


def _share(tables: Sequence[pd.DataFrame]) -> Interval | None:
    count = float(tables[0]["classified"].sum())
    if not count > 0:
        return None
    share = float(np.mean([table["correct"].sum() / table["classified"].sum() for table in tables]))
    return Interval(share, *wilson(share, count))


def _loss(tables: Sequence[pd.DataFrame]) -> Interval | None:
    sums = np.mean([table["loss"].to_numpy(dtype=float) for table in tables], axis=0)
    counts = np.mean([table["count"].to_numpy(dtype=float) for table in tables], axis=0)
    if not counts.sum() > 0 or not math.isfinite(float(sums.sum())):
        return None
    return Interval(float(sums.sum() / counts.sum()), *bootstrap(sums, counts))
