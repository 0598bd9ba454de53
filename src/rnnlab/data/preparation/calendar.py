"""Features of the calendar: where a time lies in its hour, day, week, month and year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.config.schema import CALENDAR
from rnnlab.data.sources.series_files.time_axis import Times

DAYS_OF_A_YEAR = 365.2425  # on average, in the Gregorian calendar


def calendar_features(times: Times, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the sine and the cosine of where dates `(T,)` lie in each of some periods, `(T, 2 · names)`.

    A sine and a cosine put 23:00 beside 0:00, and December beside January.

    Args:
        times: In microseconds.
        names: `hour` and `minute` are the place in the day and in the hour, `weekday` that in the week, `day` that in
            the month, `month` and `yearday` that in the year, by month and by day.
    """
    phases = _phases(times)
    angles = [2 * np.pi * phases[name] for name in names]
    waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1) if waves else np.zeros((len(times), 0))


def _phases(times: Times) -> dict[str, NDArray[np.float64]]:
    """Return where times lie in each period, from 0 up to 1."""
    days, months, years = (times.astype(f"datetime64[{unit}]") for unit in "DMY")
    day = _share(times - days, np.timedelta64(1, "D"))
    in_year = _share(days - years.astype("datetime64[D]"), np.timedelta64(1, "D"))
    in_month = _share(days - months.astype("datetime64[D]"), np.timedelta64(1, "D"))
    lengths = _share((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]"), np.timedelta64(1, "D"))
    phases = {
        "minute": day * 24 % 1,
        "hour": day,
        "weekday": ((days.astype(np.int64) + 3) % 7 + day) / 7,  # 1 January 1970 was a Thursday
        "day": in_month / lengths,
        "month": (months.astype(np.int64) % 12) / 12,
        "yearday": in_year / DAYS_OF_A_YEAR,
    }
    assert set(phases) == set(CALENDAR)
    return phases


def _share(span: Any, unit: np.timedelta64) -> NDArray[np.float64]:
    share: NDArray[np.float64] = span / unit
    return share
