"""The few statistics of a comparison: mean, spread over seeds, and whether two groups of seeds differ."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

# Below this p-value the seeds are said to separate two configurations.
SIGNIFICANT = 0.05


def mean(values: Iterable[float]) -> float:
    """The mean of the values that are numbers; NaN where there are none."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan


def sample_sd(values: Sequence[float]) -> float:
    """The sample standard deviation (divided by n - 1) of the values that are numbers; NaN for fewer than two."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.stdev(known) if len(known) > 1 else math.nan


def welch(first: Sequence[float], second: Sequence[float]) -> float | None:
    """The two-sided p-value of Welch's t-test (Welch 1947); None where a side has fewer than two values.

    Welch's test and not the paired one: two configurations share a seed's number, but different weights are
    drawn from it, so there is no pair to speak of and pairing would only cost degrees of freedom. The sides
    may spread differently, and a sweep in progress may have other seeds on either side.

    The sides are the best and the second best of many, chosen after the fact, so the p-value is a guide to
    the eye, not the error rate of an experiment planned around one question.
    """
    if len(first) < 2 or len(second) < 2:
        return None
    means = mean(first), mean(second)
    sds = sample_sd(first), sample_sd(second)
    if max(sds) <= 1e-12 * max(abs(value) for value in means):
        return 1.0 if math.isclose(*means, rel_tol=1e-12) else 0.0  # no spread at all: the test would divide by zero
    from scipy import stats  # a second to import, and not every comparison comes here

    result = stats.ttest_ind_from_stats(means[0], sds[0], len(first), means[1], sds[1], len(second), equal_var=False)
    return float(result.pvalue)
