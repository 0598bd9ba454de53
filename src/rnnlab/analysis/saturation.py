"""Saturation: the size of each cell from which on a larger one is no better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.configurations import Configuration, plain
from rnnlab.analysis.factors import Factor, factors
from rnnlab.charts.number_format import ABSENT

KINDS = ("cell", "data", "task")  # a limit is computed for each level of the first of them that varied
SIZES = ("hidden_size", "sequence_length", "num_layers", "embedding_size")  # of which less is cheaper
LEAST_LEVELS = 3  # of a factor of numbers from which one is said to suffice


@dataclass(frozen=True)
class Saturation:
    """The smallest levels of a size that the seeds do not tell apart from the best one.

    Attributes:
        factor: The size.
        kind: The setting with a limit for each of its levels, such as `cell`.
        limits: The cells, or whatever the kind is, by their smallest such level.
    """

    factor: Factor
    kind: str
    limits: Mapping[str, Sequence[str]]


def saturations(ranked: Sequence[Configuration], varied: Sequence[Factor]) -> list[Saturation]:
    """Return the limits of each size for each cell.

    Left out are cells of which the seeds tell no two levels apart; a level with too few seeds for a test does not
    count as one that suffices.
    """
    kind = next((factor for factor in varied if factor.axis in KINDS), None)
    sizes = [factor for factor in varied if factor.axis in SIZES and factor.numeric]
    if kind is None:
        return []
    return [
        Saturation(size, kind.axis, limits)
        for size in sizes
        if len(size.levels) >= LEAST_LEVELS and (limits := _limits(ranked, kind, size.axis))
    ]


def _limits(ranked: Sequence[Configuration], kind: Factor, axis: str) -> dict[str, list[str]]:
    """Return the cells by the smallest level that suffices for them, such as 8 for gru and lstm."""
    limits: dict[str, list[str]] = {}
    for level in kind.levels:
        alone = [configuration for configuration in ranked if plain(configuration.settings[kind.axis]) == level.name]
        size = next((factor for factor in factors(alone) if factor.axis == axis), None)
        if size is not None and any(contrast.significant for contrast in size.contrasts):
            limits.setdefault(plain(_smallest(size)), []).append(level.name)
    return limits


def _smallest(factor: Factor) -> float:
    best = factor.levels[0].name
    others = [factor.contrast(best, level.name) for level in factor.levels[1:]]
    beaten = {
        contrast.worse
        for contrast in others
        if contrast.p is None or (contrast.significant and contrast.better == best)
    }
    return min(float(level.name) for level in factor.levels if level.name not in {*beaten, ABSENT})
