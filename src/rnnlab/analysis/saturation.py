"""How large is large enough for each cell: what an average over cells would hide."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.analysis.configurations import Configuration, plain
from rnnlab.analysis.factors import Factor, factors
from rnnlab.charts.number_format import ABSENT
from rnnlab.report.wording import joined

KINDS = ("cell", "data", "task")  # what has a limit of its own, the first of them that varied
SIZES = ("hidden_size", "sequence_length", "num_layers", "embedding_size")  # of which less is cheaper
LEAST_LEVELS = 3  # of a factor of numbers from which one is said to be enough


def enough(ranked: Sequence[Configuration], varied: Sequence[Factor]) -> list[str]:
    """For each size, the smallest level of each cell that is not told apart from that cell's best one.

    Left out are cells of which the seeds tell no two levels apart; a level with too few seeds for a test is not enough.
    """
    kind = next((factor for factor in varied if factor.axis in KINDS), None)
    if kind is None:
        return []
    found = []
    for factor in varied:
        asked = factor.axis in SIZES and factor.numeric and len(factor.levels) >= LEAST_LEVELS
        if asked and (limits := _limits(ranked, kind, factor.axis)):
            told = ", ".join(f"{level} for {joined(cells)}" for level, cells in limits.items())
            found.append(
                f"{factor.name} by {kind.axis}: the smallest that the seeds do not tell apart from the best is {told}."
            )
    return found


def _limits(ranked: Sequence[Configuration], kind: Factor, axis: str) -> dict[str, list[str]]:
    """Such as 8 for gru and lstm."""
    limits: dict[str, list[str]] = {}
    for its in kind.levels:
        alone = [each for each in ranked if plain(each.settings[kind.axis]) == its.name]
        inner = next((factor for factor in factors(alone) if factor.axis == axis), None)
        if inner is not None and any(contrast.found for contrast in inner.contrasts):
            limits.setdefault(plain(_smallest(inner)), []).append(its.name)
    return limits


def _smallest(factor: Factor) -> float:
    best = factor.levels[0].name
    others = [factor.contrast(best, level.name) for level in factor.levels[1:]]
    beaten = {each.worse for each in others if each.p is None or (each.found and each.better == best)}
    return min(float(level.name) for level in factor.levels if level.name not in {*beaten, ABSENT})
