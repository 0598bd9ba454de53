"""Numbers as text, with sensible digits: what charts and reports both write."""

from __future__ import annotations

import math

ABSENT = "–"  # in the place of a value that there is none of


def loss(value: float) -> str:
    """A loss in nats: four decimals, or three digits where those would be noughts."""
    if math.isnan(value):
        return ABSENT
    return f"{value:.4f}" if abs(value) >= 0.0005 or value == 0 else f"{value:.1e}"


def plus_minus(centre: float, half: float) -> str:
    """The two with four decimals each; a half width too small for them is shown as less than the smallest."""
    if math.isnan(half):
        return loss(centre)
    return f"{loss(centre)} ± {half:.4f}" if half >= 5e-5 or half == 0 else f"{loss(centre)} ± <0.0001"


def three_digits(value: float) -> str:
    """Such as `0.0123` or `4.5e-07`."""
    return f"{value:.3g}"
