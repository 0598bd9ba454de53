"""Formats of numbers with sensible digits, for charts and reports."""

from __future__ import annotations

import math

ABSENT = "–"  # stands for a missing value


def loss(value: float) -> str:
    """Format a loss with four decimals, or with one significant decimal where those would be noughts."""
    if math.isnan(value):
        return ABSENT
    return f"{value:.4f}" if abs(value) >= 0.0005 or value == 0 else f"{value:.1e}"


def plus_minus(centre: float, half: float) -> str:
    """Format a mean and the half width of its interval with four decimals; a smaller half width is `<0.0001`."""
    if math.isnan(half):
        return loss(centre)
    return f"{loss(centre)} ± {half:.4f}" if half >= 5e-5 or half == 0 else f"{loss(centre)} ± <0.0001"


def three_digits(value: float) -> str:
    """Format a number with three significant digits, such as `0.0123` or `4.5e-07`."""
    return f"{value:.3g}"
