"""The test of interaction: whether the differences between levels depend on the setting at which they are compared."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import fdtrc

from rnnlab.analysis.inference.variances import Array


def interaction(means: Array, squares: Array, freedoms: Array) -> float:
    """Return the p-value of no interaction between levels and groups whose variances may differ (Johansen 1980).

    Args:
        means: Expected results as (groups, levels).
        squares: The squares of their standard errors.
        freedoms: The degrees of freedom of these.

    Returns:
        The p-value; NaN where there is nothing to test.
    """
    groups, levels = means.shape
    if groups < 2 or levels < 2 or not np.isfinite(squares).all() or not (squares > 0).all():
        return math.nan
    contrast = np.kron(_differences(groups), _differences(levels))
    covariance = np.diag(squares.ravel())
    inverse = np.linalg.inv(contrast @ covariance @ contrast.T)
    gaps = contrast @ means.ravel()
    rank = len(contrast)
    projection = covariance @ contrast.T @ inverse @ contrast
    # Of each cell's own block: tr((P Q)²) + tr(P Q)², both of a single entry.
    shares = np.diag(projection)
    spread = float((2 * shares**2 / freedoms.ravel()).sum()) / 2
    scale = rank + 2 * spread - 6 * spread / (rank + 2)
    denominator = rank * (rank + 2) / (3 * spread) if spread > 0 else math.inf
    statistic = float(gaps @ inverse @ gaps) / scale
    return float(fdtrc(rank, min(denominator, 1e6), statistic))


def _differences(count: int) -> Array:
    """Return the differences of each but the first to the first, as a matrix."""
    return np.hstack([-np.ones((count - 1, 1)), np.eye(count - 1)])
