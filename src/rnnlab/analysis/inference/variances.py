"""Moderated variances: what all configurations say of the luck of a seed steadies what a few seeds say of each.

The variance of three seeds has two degrees of freedom, and tests that rely on it alone find little. Empirical Bayes
takes the variances of all configurations for draws from one distribution, and shrinks each towards its centre by as
much as they agree (Smyth 2004, "Linear models and empirical Bayes methods for assessing differential expression",
section 6). Where they differ, it gives way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

Array = NDArray[np.float64]

NOTHING = 1e-12  # a variance of this share of the largest counts as none
LEAST = 3  # variances whose scatter says something


@dataclass(frozen=True)
class Prior:
    """The scaled inverse chi-squared distribution of variances.

    Attributes:
        variance: Its centre.
        freedom: The number of degrees of freedom that it is worth; infinite where all variances are equal.
    """

    variance: float
    freedom: float


def fit_prior(variances: Array, freedoms: Array, caution: float = 0.0) -> Prior:
    """Fit the distribution that the true variances come from.

    How much the logarithms of sample variances scatter beyond what their degrees of freedom explain says how much the
    true ones differ. Its centre is the pooled variance, which errs upwards where a few configurations are noisy.

    Args:
        variances: The sample variance of each configuration.
        freedoms: Their degrees of freedom, each at least 1.
        caution: The number of standard errors that are added to that scatter: a test should not rest on variances that
            agree by chance.
    """
    known = variances > NOTHING * variances.max(initial=0.0)
    if int(known.sum()) < LEAST:
        return Prior(pooled(variances, freedoms), 0.0)
    halves = freedoms[known] / 2
    logs = np.log(variances[known]) - digamma(halves) + np.log(halves)
    explained, fourth = polygamma(1, halves), polygamma(3, halves)
    weights = _weights(freedoms[known])
    rest = 1 - float((weights**2).sum())  # of n equal weights: (n - 1) / n
    error = math.sqrt(float((weights**2 * (fourth + 2 * explained**2 / rest)).sum()))
    scatter = float((weights * (logs - (weights * logs).sum()) ** 2).sum())
    surplus = (scatter - float((weights * (1 - weights) * explained).sum())) / rest + caution * error
    freedom = math.inf if surplus <= 0 else 2 * _inverse_trigamma(surplus)
    return Prior(pooled(variances, freedoms), freedom)


def _weights(freedoms: Array) -> Array:
    """Return what each of the logarithms of sample variances says of their scatter, as shares of 1.

    That of two seeds says next to nothing, that of ten much: each has the reciprocal of the variance of its square.
    """
    explained, fourth = polygamma(1, freedoms / 2), polygamma(3, freedoms / 2)
    weights = 1 / (fourth + 2 * explained**2)
    shares: Array = weights / weights.sum()
    return shares


def cautious(configurations: float) -> float:
    """Return the caution of a test: one standard error, and more of fewer than five configurations.

    So few estimate the scatter of variances badly; `experiments/calibration` holds this choice to 5%.
    """
    return max(1.0, 5 / configurations)


def cautious_of(freedoms: Array) -> float:
    """Return the caution of a test that rests on variances of such degrees of freedom.

    Variances of few seeds hardly count towards the scatter, and yet are shrunk the most: levels that lack seeds may be
    the noisy ones. So the caution is that of the number of equal variances that say as much (Kish's effective number),
    and grows with the share that says little.
    """
    effective = 1 / float((_weights(freedoms) ** 2).sum())
    return cautious(effective) * len(freedoms) / effective


def pooled(variances: Array, freedoms: Array) -> float:
    """Return the mean variance, weighted by degrees of freedom; NaN of none."""
    return float((variances * freedoms).sum() / freedoms.sum()) if len(variances) else math.nan


def moderated(variances: Array, freedoms: Array, prior: Prior) -> tuple[Array, Array]:
    """Return each variance shrunk towards the prior's, and its degrees of freedom."""
    if prior.freedom == 0:
        return variances, freedoms
    if math.isinf(prior.freedom):
        return np.full_like(variances, prior.variance), np.full_like(freedoms, math.inf)
    total = prior.freedom + freedoms
    return (prior.freedom * prior.variance + freedoms * variances) / total, total


def freedom_of_pool(blocks: Sequence[Array]) -> float:
    """Return the degrees of freedom of a variance that is pooled over configurations which may share their luck.

    The losses of one cell at neighbouring learning rates rise and fall together with the seed, so that twelve
    variances say little more than one; so may those of all cells. The variance is the sum of that of the seed, of
    seed and block, and of what is left, each with its own degrees of freedom (Satterthwaite 1946).

    Args:
        blocks: The results of a level's settings as (settings, seeds). The luck of a seed can be shared by the
            settings of a block and, where all blocks have as many seeds, by all of them.
    """
    blocks = [block for block in blocks if block.shape[1] > 1]
    if not blocks:
        return 0.0
    centres = [block.mean(axis=0) for block in blocks]
    rests = [_rest(block) for block in blocks if len(block) > 1]
    if len({len(centre) for centre in centres}) == 1:
        parts = [_of_rows(np.stack(centres))]
    else:
        parts = [_of_rows(centre[None]) for centre in centres]
    first = math.fsum(variance for variance, _ in parts) / len(parts)
    scatter = math.fsum((variance / len(parts)) ** 2 / freedom for variance, freedom in parts)
    second = math.fsum(variance for variance, _ in rests) / len(blocks)
    scatter += math.fsum((variance / len(blocks)) ** 2 / freedom for variance, freedom in rests)
    return (first + second) ** 2 / scatter if scatter > 0 else float(sum(np.size(b) - len(b) for b in blocks))


def _of_rows(values: Array) -> tuple[float, float]:
    """Return the mean variance of rows that may share the luck of seeds, and its degrees of freedom."""
    rows, seeds = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    if rows == 1:
        return float((centred**2).sum() / (seeds - 1)), seeds - 1.0
    first = float((centred.mean(axis=0) ** 2).sum()) / (seeds - 1)
    second, freedom = _rest(values)
    scatter = first**2 / (seeds - 1) + second**2 / freedom
    return first + second, (first + second) ** 2 / scatter if scatter > 0 else (seeds - 1.0) * rows


def _rest(values: Array) -> tuple[float, float]:
    """Return the part of the mean variance of rows that they do not share, and its degrees of freedom."""
    rows, seeds = values.shape
    centred = values - values.mean(axis=1, keepdims=True)
    freedom = (seeds - 1.0) * (rows - 1)
    variance = float(((centred - centred.mean(axis=0)) ** 2).sum()) / freedom
    return variance * (1 - 1 / rows), freedom


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value, by Newton's iteration on 1 / trigamma, which is convex (Smyth 2004)."""
    x = 0.5 + 1 / value
    for _ in range(50):
        step = float(polygamma(1, x) * (1 - polygamma(1, x) / value) / polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
