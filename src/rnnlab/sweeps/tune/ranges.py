"""Ranges of tuned keys: whether a setting lies at the edge of its range, and the range grown on that side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from rnnlab.config.schema import SCHEMA
from rnnlab.sweeps.search.space import Space

EDGE = 0.1  # the part of a range at either end that counts as its edge
FACTOR = 3  # by which a range grows

Side = Literal["low", "high"]


@dataclass(frozen=True)
class Edge:
    """A tuned key whose best value lies in the outer tenth of its range.

    Attributes:
        key: Of the configuration.
        side: The end that it is close to.
    """

    key: str
    side: Side


def edges_of(parameters: Mapping[str, Any], space: Space) -> tuple[Edge, ...]:
    """Return the edges at which a setting lies.

    An end beyond which the key may hold no value, such as a dropout of 0, is no edge: nothing better lies behind it. Of
    a choice between numbers, the smallest and the largest one are at an edge.

    Args:
        parameters: The setting.
        space: The distributions that it was drawn from.
    """
    return tuple(
        Edge(key, side)
        for key, distribution in space.items()
        if (side := _side(distribution, parameters[key])) and not _is_natural_end(key, distribution, side)
    )


def grown(space: Space, edges: tuple[Edge, ...]) -> Space:
    """Return a space whose ranges have grown by a factor of three at the edges, as far as their keys may.

    An end moves away from the range's middle: 0.05 at the top becomes 0.15, 0.0005 at the bottom 0.00017. An end at 0
    moves by the width of the range. A choice does not grow: its owner knows what else there is to choose.
    """
    grown_space = dict(space)
    for edge in edges:
        if isinstance(grown_space[edge.key], CategoricalDistribution):
            continue
        end = _grown_end(edge.key, grown_space[edge.key], edge.side)
        if end is not None:
            grown_space[edge.key] = _with_end(grown_space[edge.key], edge.side, end)
    return grown_space


def _side(distribution: BaseDistribution, value: Any) -> Side | None:
    if isinstance(distribution, CategoricalDistribution):
        numbers = _numbers(distribution)
        return (
            None if len(numbers) < 2 else "low" if value == min(numbers) else "high" if value == max(numbers) else None
        )
    if not isinstance(distribution, FloatDistribution | IntDistribution) or distribution.low == distribution.high:
        return None
    scale = math.log if distribution.log else float
    low, high = scale(distribution.low), scale(distribution.high)
    share = (scale(value) - low) / (high - low)
    return "low" if share <= EDGE else "high" if share >= 1 - EDGE else None


def _numbers(distribution: CategoricalDistribution) -> list[float]:
    """Return the numbers of a choice; none where some of its values are no numbers."""
    numbers = [one for one in distribution.choices if isinstance(one, int | float) and not isinstance(one, bool)]
    return numbers if len(numbers) == len(distribution.choices) else []


def _is_natural_end(key: str, distribution: BaseDistribution, side: Side) -> bool:
    end: float
    if isinstance(distribution, CategoricalDistribution):
        numbers = _numbers(distribution)
        end, is_whole = (min if side == "low" else max)(numbers), all(isinstance(one, int) for one in numbers)
    else:
        assert isinstance(distribution, FloatDistribution | IntDistribution)
        end = distribution.low if side == "low" else distribution.high
        is_whole = isinstance(distribution, IntDistribution)
    step = 1 if is_whole else 1e-9 * max(1.0, abs(end))
    return not _may_be(key, end + step if side == "high" else end - step)


def _grown_end(key: str, distribution: BaseDistribution, side: Side) -> float | None:
    """Return the grown end of a range; None where the key may hold nothing there."""
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    end: float = distribution.low if side == "low" else distribution.high
    away = (side == "high") == (end > 0)  # from zero
    if end == 0:
        width = distribution.high - distribution.low
        moved: float = -width if side == "low" else width
    else:
        moved = end * FACTOR if away else end / FACTOR
    if isinstance(distribution, IntDistribution):
        moved = round(moved)
        moved = max(1, moved) if end > 0 else moved
    return moved if moved != end and _may_be(key, moved) else None


def _may_be(key: str, value: float) -> bool:
    kind = SCHEMA.get(key)
    return kind is None or kind.holds(value)


def _with_end(distribution: BaseDistribution, side: Side, end: float) -> BaseDistribution:
    if isinstance(distribution, IntDistribution):
        low, high = (int(end), distribution.high) if side == "low" else (distribution.low, int(end))
        step = 1 if distribution.log else distribution.step
        reached = (high - low) // step * step  # whole steps, counted from the end that stays
        low, high = (high - reached, high) if side == "low" else (low, low + reached)
        return IntDistribution(low, high, log=distribution.log, step=step)
    assert isinstance(distribution, FloatDistribution)
    ends = (end, distribution.high) if side == "low" else (distribution.low, end)
    return FloatDistribution(*ends, log=distribution.log)
