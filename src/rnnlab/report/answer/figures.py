"""Numbers of an answer, rounded to the digits that their uncertainty leaves them."""

from __future__ import annotations

import math

from rnnlab.analysis.inference.judgement import Interval
from rnnlab.charts.number_format import ABSENT

MOST_DECIMALS = 6
WITHOUT_INTERVAL = 4  # significant digits of a value whose uncertainty nobody knows


def decimals_of(half: float, value: float) -> int:
    """Return how many decimals a value has whose interval reaches so far to each side.

    The interval then shows one digit, or two where the first would be 1 or 2.
    """
    if not math.isfinite(half) or half <= 0:
        size = math.floor(math.log10(abs(value))) if math.isfinite(value) and value else 0
        return min(MOST_DECIMALS, max(0, WITHOUT_INTERVAL - 1 - size))
    exponent = math.floor(math.log10(half))
    first = half / 10.0**exponent
    return min(MOST_DECIMALS, max(0, int(first < 3) - exponent))


def half_of(interval: Interval) -> float:
    """Return half of the width of an interval; NaN where there is none."""
    return (interval.high - interval.low) / 2


def value(interval: Interval) -> str:
    """Format an estimate alone, such as `1.95`."""
    if math.isnan(interval.value):
        return ABSENT
    return _rounded(interval.value, decimals_of(half_of(interval), interval.value))


def with_interval(interval: Interval) -> str:
    """Format an estimate with its interval, such as `1.95 (1.94 to 1.96)`."""
    half = half_of(interval)
    if not math.isfinite(half):
        return value(interval)
    digits = decimals_of(half, interval.value)
    centre, low, high = (_rounded(number, digits) for number in (interval.value, interval.low, interval.high))
    return f"{centre} ({low} to {high})"


def _rounded(number: float, digits: int) -> str:
    """Format a number with so many decimals, or with three digits where those would be noughts."""
    is_small = digits == MOST_DECIMALS and 0 < abs(number) < 10.0 ** (2 - MOST_DECIMALS)
    return f"{number:.3g}" if is_small else f"{number:.{digits}f}"


def gap(difference: float, half: float) -> str:
    """Format the size of a difference, such as `0.03`; one that was shown to be there is never written as nought."""
    size = abs(difference)
    text = f"{size:.{decimals_of(min(half, size) if half > 0 else half, size)}f}"
    return text if float(text) or not size else f"{size:.1g}"
