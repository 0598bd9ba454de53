"""The results of a sweep as plain values: what inference reads, whether runs or a simulation made them."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Part = Literal["value", "test"]
"""The part of the data: validation, or test."""

Setting = tuple[tuple[str, Any], ...]
"""The values of keys, as pairs, in the order of the question."""


@dataclass(frozen=True)
class Observation:
    """The result of one run.

    Attributes:
        level: What is compared, such as `gru`.
        tuned: The values of the keys by which each level is tuned.
        within: The values of the keys at which the question is asked again.
        seed: Runs with the same seed may share their luck.
        value: On validation; lower is better. NaN or infinite where training diverged.
        test: On the test part, in the same unit and direction; NaN where it is not known.
        at_edge: The tuned keys whose values lie at the edge of the range that they were drawn from; None for a run that
            was not drawn.
    """

    level: str
    tuned: Setting
    within: Setting
    seed: Hashable
    value: float
    test: float = math.nan
    at_edge: tuple[str, ...] | None = None


Seeds = dict[Hashable, float]
Configurations = dict[tuple[str, Setting], Seeds]
"""The values of each level and tuned setting, by seed."""


def by_group(observations: Iterable[Observation]) -> dict[Setting, list[Observation]]:
    """Return the observations of each setting of `within`, in the order in which these first come."""
    groups: dict[Setting, list[Observation]] = {}
    for observation in observations:
        groups.setdefault(observation.within, []).append(observation)
    return groups


def by_configuration(observations: Iterable[Observation], part: Part = "value") -> Configurations:
    """Return the values of each level and tuned setting by seed; of several runs of a seed the first counts.

    Args:
        observations: The runs.
        part: The values to take; test values that are not known are left out.
    """
    values: Configurations = {}
    for run in observations:
        value = run.value if part == "value" else run.test
        if part == "value" or math.isfinite(value):
            values.setdefault((run.level, run.tuned), {}).setdefault(run.seed, value)
    return values


def in_order(seeds: Iterable[Hashable]) -> list[Hashable]:
    """Sort seeds: numbers by their size, and anything else behind them."""
    return sorted(seeds, key=lambda seed: (not isinstance(seed, int | float), seed if _is_number(seed) else str(seed)))


def finite(values: Mapping[Hashable, float]) -> list[float]:
    """Return the finite values."""
    return [value for value in values.values() if math.isfinite(value)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
