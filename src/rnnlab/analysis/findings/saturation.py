"""Saturation: the size of each cell from which on a larger one is not shown to be better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.answer import Answer, answer
from rnnlab.analysis.configurations import Configuration, configurations, plain
from rnnlab.analysis.factors import Factor
from rnnlab.analysis.question import Asked, changes_the_task, question
from rnnlab.charts.number_format import ABSENT
from rnnlab.records.metrics import Metric
from rnnlab.records.reading import Run

KINDS = ("cell", "data", "task")  # a limit is computed for each level of the first of them that varied
SIZES = ("hidden_size", "sequence_length", "num_layers", "embedding_size")  # keys whose smaller values cost less
LEAST_LEVELS = 3  # of a factor of numbers from which one is said to suffice
LEAST_SEEDS = 2  # of a level that is said to suffice


@dataclass(frozen=True)
class Saturation:
    """The smallest levels of a size that could still be the best.

    Attributes:
        factor: The size.
        kind: The setting with a limit for each of its levels, such as `cell`.
        limits: The cells, or whatever the kind is, by their smallest such level.
    """

    factor: Factor
    kind: str
    limits: Mapping[str, Sequence[str]]


def saturations(
    ranked: Sequence[Configuration], varied: Sequence[Factor], metrics: Sequence[Metric], metric: str | None = None
) -> list[Saturation]:
    """Return the limits of each size for each cell, compared by a metric; None for the loss that runs are ranked by.

    Left out are cells whose levels could all still be the best, those where the best size depends on something else,
    and sizes that change the items that runs are validated on.
    """
    kind = next((factor for factor in varied if factor.axis in KINDS), None)
    sizes = [factor for factor in varied if factor.axis in SIZES and factor.numeric]
    if kind is None:
        return []
    return [
        Saturation(size, kind.axis, limits)
        for size in sizes
        if len(size.levels) >= LEAST_LEVELS and (limits := _limits(ranked, kind, size.axis, metrics, metric))
    ]


def _limits(
    ranked: Sequence[Configuration], kind: Factor, axis: str, metrics: Sequence[Metric], metric: str | None
) -> dict[str, list[str]]:
    """Return the cells by the smallest level that suffices for them, such as 8 for gru and lstm."""
    limits: dict[str, list[str]] = {}
    key = ranked[0].keys[axis]
    for level in kind.levels:
        alone = [configuration for configuration in ranked if plain(configuration.settings[kind.axis]) == level]
        runs = [run for configuration in alone for run in configuration.runs]
        smallest = _smallest(_asked_of(runs, key, metrics, metric))
        if smallest is not None:
            limits.setdefault(plain(smallest), []).append(level)
    return limits


def _asked_of(runs: Sequence[Run], key: str, metrics: Sequence[Metric], metric: str | None) -> Answer | None:
    """Return which size is best, each tuned; None where the runs differ in none that could be compared."""
    grouped = configurations(runs)
    if key not in grouped[0].keys.values() or changes_the_task(key, runs):
        return None
    return answer(question(grouped, metrics, Asked(by=(key,), metric=metric)), runs)


def _smallest(sized: Answer | None) -> float | None:
    """Return the smallest level that could still be the best; None where all could, or without a single verdict."""
    if sized is None or sized.main is None:
        return None
    repeated = {level.name for group in sized.groups for level in group.levels if level.seeds >= LEAST_SEEDS}
    candidates = [float(name) for name in sized.main.candidates if name in repeated and name != ABSENT]
    return min(candidates, default=None) if len(sized.main.candidates) < len(sized.main.levels) else None
