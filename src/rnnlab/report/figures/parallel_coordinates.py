"""All settings at once: a line for each configuration across parallel axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rnnlab.analysis.configurations import number_of, plain
from rnnlab.charts.values import Axis, Dimension, Parallel

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

MANY = 3  # settings from which lines across parallel axes say more than a table
MOST_PLACES = 8  # numbers that stand at equal distances, each with its name


def parallel_coordinates(comparison: Comparison) -> list[Parallel]:
    """Draw every setting and the loss; nothing where fewer than three settings varied, or changes of a base."""
    if comparison.base or len(comparison.settings) < MANY:
        return []
    table = comparison.ranking
    by = comparison.criterion
    ranked_by = Dimension(by.title, tuple(table[by.column]))
    return [
        Parallel(
            name="parallel-coordinates",
            title="All settings at once",
            caption=f"A line for each configuration, coloured by its mean {by.title}, as the bar says.",
            dimensions=(*(_dimension(name, list(table[name])) for name in comparison.settings), ranked_by),
            losses=tuple(table[by.column]),
            labels=tuple(table["label"]),
            unit=Axis(by.title, by.metric.unit).label,
        )
    ]


def _dimension(name: str, values: Sequence[Any]) -> Dimension:
    """Set names at equal distances, and few numbers too; of many numbers, each stands where it belongs."""
    numbers = [number for value in values if (number := number_of(value)) is not None]
    if len(numbers) == len(values) and len(set(numbers)) > MOST_PLACES:
        return Dimension(name, tuple(numbers))
    levels = sorted(set(values), key=lambda value: (number_of(value) is None, number_of(value) or 0.0, str(value)))
    places = {level: float(place) for place, level in enumerate(levels)}
    return Dimension(name, tuple(places[v] for v in values), tuple(places.values()), tuple(map(plain, levels)))
