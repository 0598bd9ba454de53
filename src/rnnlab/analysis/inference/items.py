"""The items' own uncertainty: a test part is a sample of what the model will meet, however many seeds there are."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from rnnlab.analysis.inference.estimates import CONFIDENCE
from rnnlab.analysis.inference.variances import Array

RESAMPLES = 1000
MOST_UNITS = 5000  # items that are drawn one by one; of more, neighbours are drawn together


def wilson(share: float, count: float) -> tuple[float, float]:
    """Return the 95% interval of a share of so many items (Wilson 1927).

    Args:
        share: From 0 to 1.
        count: The number of items, at least 1.
    """
    z = float(ndtri(0.5 + CONFIDENCE / 2))
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return centre - half, centre + half


def bootstrap(sums: Array, counts: Array) -> tuple[float, float]:
    """Return the 95% interval of a mean loss over items that are drawn anew (the percentile bootstrap, Efron 1979).

    Args:
        sums: The loss of each item, summed over its predictions.
        counts: The number of its predictions.
    """
    if len(sums) > MOST_UNITS:
        places = np.linspace(0, len(sums), MOST_UNITS, endpoint=False).astype(int)
        sums, counts = np.add.reduceat(sums, places), np.add.reduceat(counts, places)
    draws = np.random.default_rng(0).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
