"""Diverged runs: those whose result says more of an accident in training than of their setting."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from statistics import median

from rnnlab.analysis.inference.observations import Configurations, Setting, finite

FAR = 10.0  # robust standard deviations beyond the siblings; of a million normal values not one lies there
A_QUARTER = 0.25  # of what its siblings have learned: less is no accident worth a word
NORMAL = 1.4826  # times the median absolute deviation is the standard deviation of normal values
OF_TWO = NORMAL * math.sqrt(2)  # times the median of how far the values of pairs lie from the middle of their pair

Run = tuple[str, Setting, Hashable]


def diverged(configurations: Configurations, chance: float) -> set[Run]:
    """Return the runs that diverged, as (level, setting, seed).

    A run diverged if its value is not finite, worse than chance where its siblings have learned, or lies far beyond its
    siblings, the other seeds of its configuration.

    Args:
        configurations: Their values by seed; lower is better.
        chance: What a model reaches that has learned nothing; NaN where it is not known.
    """
    scale = _scale(configurations.values())
    return {
        (level, setting, seed)
        for (level, setting), seeds in configurations.items()
        for seed, value in seeds.items()
        if not math.isfinite(value) or _is_beyond(value, _siblings(seeds, seed), scale, chance)
    }


def worst(configurations: Configurations, chance: float) -> float:
    """Return what stands for a value that is not finite: chance, or the worst value of all where that is not known."""
    values = [value for seeds in configurations.values() for value in finite(seeds)]
    return max([*values, chance] if math.isfinite(chance) else values, default=math.nan)


def _is_beyond(value: float, siblings: list[float], scale: float, chance: float) -> bool:
    if not siblings:
        return False
    usual = median(siblings)
    if math.isfinite(chance) and usual < chance:
        return value > chance or (value - usual > FAR * scale and value - usual > A_QUARTER * (chance - usual))
    far = len(siblings) > 1 and scale > 0 and value - usual > FAR * scale
    return far and value - usual > FAR * _deviation(siblings)


def _siblings(seeds: Mapping[Hashable, float], seed: Hashable) -> list[float]:
    return [value for other, value in seeds.items() if other != seed and math.isfinite(value)]


def _scale(configurations: Iterable[Mapping[Hashable, float]]) -> float:
    """Return the standard deviation of seeds within a configuration, by the median over all, which outliers leave.

    Pairs count where no configuration has more than two seeds: without a scale, half of their runs would seem far off.
    """
    known = [values for seeds in configurations if len(values := finite(seeds)) > 1]
    several = [values for values in known if len(values) > 2]
    gaps = [abs(value - median(values)) for values in several or known for value in values]
    gaps = [gap for gap in gaps if gap > 0]  # the median of three or five is one of them
    return (NORMAL if several else OF_TWO) * median(gaps) if gaps else 0.0


def _deviation(values: list[float]) -> float:
    return NORMAL * median(abs(value - median(values)) for value in values)
