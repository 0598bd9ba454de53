"""Lines of means, and the axes of what varied."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rnnlab.analysis.statistics import Mean
from rnnlab.charts.values import Line, zero_for_nan
from rnnlab.report.figures.grouping import Look

MOST_LINES = 8  # as many as colours and dashes still tell apart
WIDE = 8.0  # a range whose ends are so many times apart is shown on a logarithmic axis
PLAIN = Look()
INTERVAL = "bars and bands are 95% intervals of the mean over seeds"


def line_of_means(
    label: str, means: Mapping[float, Mean], look: Look = PLAIN, least: float = -math.inf, most: float = math.inf
) -> Line:
    """Draw means at their places, and their intervals as a band.

    Args:
        label: The entry in the legend.
        means: By place; one without an interval has no width there.
        look: What its colour and its dash belong to.
        least: The least that a mean can be, at which the band ends.
        most: The most that it can be.
    """
    halves = {place: zero_for_nan(mean.half) for place, mean in means.items()}
    return Line(
        label=label,
        x=tuple(means),
        y=tuple(mean.value for mean in means.values()),
        low=tuple(max(mean.value - halves[place], least) for place, mean in means.items()),
        high=tuple(min(mean.value + halves[place], most) for place, mean in means.items()),
        colour=look.colour,
        style=look.style,
    )


def is_wide(values: Sequence[float]) -> bool:
    """Return True if a logarithmic axis shows the values better."""
    return bool(values) and min(values) > 0 and max(values) / min(values) >= WIDE
