"""A linear forecast to compare with: least squares on the values of a window, measured from its last one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.preparation.channels import Channels
from rnnlab.data.prepared import Part

MOST_WINDOWS = 5000  # that are fitted; of more, as many at equal distances
PENALTIES = (1e-4, 1e-2, 1.0, 100.0)  # of the mean square of a coefficient, of which the best on validation is taken
Floats = NDArray[np.float64]


def fit_linear(train: Part, val: Part, channels: Channels) -> NDArray[np.float32]:
    """Fit a forecast that is linear in a window's values and in what is known of the step that is forecast.

    Every step of the horizon has a regression of its own (direct forecasts), on all values of the window measured from
    the last one (NLinear, Zeng et al. 2023, "Are transformers effective for time series forecasting?"). The window
    holds a season, so that seasons are seen. Ridge regression, whose penalty the validation part chooses, has one best
    solution, which nothing has to be trained for.

    Args:
        train: Standardised windows and what follows them.
        val: The same, by which the penalty is chosen.
        channels: Of both.

    Returns:
        `(D, H, L + K + 1)`: coefficients of the window's L values, of the K things known in advance, and a constant.
    """
    fitted, chosen = (_windows(part) for part in (train, val))
    return np.stack([_fit_column(fitted, chosen, column, channels.ahead) for column in range(len(channels.values))])


def _windows(part: Part) -> tuple[Floats, Floats]:
    """Return values `(N, L, C)` and what follows them `(N, H, C)`."""
    assert part.labels is not None
    rows = np.unique(np.linspace(0, len(part.sequences) - 1, MOST_WINDOWS).astype(np.int64))
    length = int(part.sequences.lengths(rows[:1])[0])
    places = part.sequences.starts(rows)[:, None] + np.arange(length)
    return part.sequences.symbols[places].astype(np.float64), part.labels[rows].astype(np.float64)


def _fit_column(
    fitted: tuple[Floats, Floats], chosen: tuple[Floats, Floats], column: int, ahead: slice
) -> NDArray[np.float32]:
    steps = []
    for step in range(fitted[1].shape[1]):
        x, y = _regression(*fitted, column, step, ahead)
        other_x, other_y = _regression(*chosen, column, step, ahead)
        gram, moment = x.T @ x / len(x), x.T @ y / len(x)
        tried = [np.linalg.solve(gram + penalty * np.eye(len(gram)) / len(x), moment) for penalty in PENALTIES]
        steps.append(min(tried, key=lambda weights: float(np.abs(other_x @ weights - other_y).mean())))
    return np.stack(steps).astype(np.float32)


def _regression(windows: Floats, futures: Floats, column: int, step: int, ahead: slice) -> tuple[Floats, Floats]:
    """Return features `(N, L + K + 1)` and the number to be forecast `(N,)`, both measured from the last value."""
    values = windows[:, :, column]
    last = values[:, -1:]
    x = np.concatenate([values - last, futures[:, step, ahead], np.ones_like(last)], axis=1)
    return x, futures[:, step, column] - last[:, 0]
