"""The time that the rest of a sweep takes, from what runs of it took.

The logarithm of a run's seconds is taken for a sum: a constant, an exponent times the logarithm of each size, and an
effect of each level of every other key. What is known before anything was measured, such as that twice the epochs take
twice as long, is a normal prior of each term, and what was measured gives the posterior mean (Bishop 2006, Pattern
Recognition and Machine Learning, section 3.3). So two runs say something of a third of another size.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.config.keys import flatten

Array = NDArray[np.float64]


class Normal(NamedTuple):
    """The prior of a term, before anything is measured."""

    mean: float
    deviation: float


EXPONENTS = {  # of sizes: seconds grow with this power of them
    "trainer.max_epochs": Normal(1.0, 0.05),
    "trainer.max_steps": Normal(1.0, 0.3),
    "data.limit": Normal(0.9, 0.2),
    "data.sequences": Normal(0.9, 0.2),
    "data.batch_size": Normal(-0.6, 0.4),
    "data.sequence_length": Normal(0.7, 0.4),
    "model.hidden_size": Normal(0.5, 0.4),
    "model.num_layers": Normal(0.8, 0.3),
}
CONSTANT, LEVEL = Normal(0.0, 10.0), Normal(0.0, 0.3)  # in logarithms of seconds
LEAST = 0.01  # seconds that a run takes at least, so that there is a logarithm
MOST_LEVELS = 256  # of a key; a run says nothing of others by a level that hardly any of them has
MOST_MEASURED = 256  # runs: a thousand say no more, and take the cube of their number
NOISE, NOISE_EARLIER = 0.1, 0.3  # relative, of runs of this command and of those that were complete before


class Measured(NamedTuple):
    """The seconds that a run took, or that a running one will take at its own pace; `noise` is relative."""

    seconds: float
    noise: float = NOISE


class DurationModel:
    """Tells the seconds of runs of a sweep from those of others."""

    def __init__(self, configs: Sequence[Mapping[str, Any]], levels: NDArray[np.int64]) -> None:
        """Take the settings of runs.

        Args:
            configs: Their configurations.
            levels: The levels `(runs, keys)` of the keys that vary, as `sweeps.order.levels_of` numbers them.
        """
        columns, priors = [np.ones((len(configs), 1))], [CONSTANT]
        for key, sizes in _sizes(configs).items():
            columns.append((np.log(sizes) - np.log(sizes).mean())[:, None])
            priors.append(EXPONENTS[key])
        for column in (column for column in levels.T if column.max(initial=0) < MOST_LEVELS):
            effects = np.eye(int(column.max(initial=0)) + 1)[column]
            columns.append(effects)
            priors += [LEVEL] * effects.shape[1]
        self._terms = np.hstack(columns)  # (runs, terms)
        self._means = np.array([prior.mean for prior in priors])
        self._variances = np.array([prior.deviation**2 for prior in priors])

    def seconds(self, measured: Mapping[int, Measured]) -> Array:
        """Return the seconds of every run; NaN as long as nothing is measured.

        Args:
            measured: What some of them took, by their places; of many the last `MOST_MEASURED` are listened to.
        """
        if not measured:
            return np.full(len(self._terms), math.nan)
        latest = list(measured)[-MOST_MEASURED:]
        runs = [measured[place] for place in latest]
        terms = self._terms[latest]
        surprise = np.log([run.seconds for run in runs]) - terms @ self._means
        shared = (self._terms * self._variances) @ terms.T  # covariance of every run with the measured ones
        among = shared[latest] + np.diag([run.noise**2 for run in runs])
        means = self._terms @ self._means + shared @ np.linalg.solve(among, surprise)
        variances = (self._terms**2) @ self._variances - np.sum(shared * np.linalg.solve(among, shared.T).T, axis=1)
        return np.asarray(np.exp(means + variances / 2))  # the mean of a log-normal distribution


def _sizes(configs: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """Return the sizes that vary and are positive numbers in every run, by key."""
    leaves = [dict(flatten(config)) for config in configs]
    values = {key: [run.get(key) for run in leaves] for key in EXPONENTS}
    return {
        key: np.array(sizes, dtype=float)
        for key, sizes in values.items()
        if len(set(sizes)) > 1 and all(isinstance(size, int | float) and size > 0 for size in sizes)
    }


def time_left(running: Sequence[float], pending: Sequence[float], workers: int) -> float:
    """Return the seconds until the last run of a sweep ends.

    Args:
        running: The seconds that are left of the running ones.
        pending: Those of the others, in the order in which they are worked off.
        workers: Runs at a time.
    """
    ends = [*running, *[0.0] * (workers - len(running))]
    heapq.heapify(ends)
    for seconds in pending:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends, default=0.0)
