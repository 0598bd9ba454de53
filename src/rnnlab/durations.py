"""Durations in words, such as `2 min`."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Such as `40 s`, `12 min` or `3 h 5 min`; empty where it is not known (NaN)."""
    if math.isnan(seconds):
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
