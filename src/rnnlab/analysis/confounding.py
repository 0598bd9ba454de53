"""Confounded settings: those that vary together are one factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnlab.analysis.configurations import Configuration

BEST_KNOWN = ("task", "data", "cell", "hidden_size", "sequence_length", "num_layers", "embedding_size")
CHOICES = ("task", "data", "cell")

Pattern = tuple[int, ...]  # for each configuration the number of its level


def confounded(configurations: Sequence[Configuration]) -> list[tuple[str, ...]]:
    """Return the names of the factors that varied together, the best known of each first.

    Those whose values always change together are one factor, and so are those of which one follows from the other: with
    a hidden size of its own for each cell, the hidden size never varies at equal cells.
    """
    groups: dict[Pattern, list[str]] = {}
    for name in configurations[0].settings:
        values = [str(configuration.settings[name]) for configuration in configurations]
        order = list(dict.fromkeys(values))
        groups.setdefault(tuple(order.index(value) for value in values), []).append(name)
    patterns = [pattern for pattern in groups if len(set(pattern)) > 1]
    leads = {pattern: [lead for lead in patterns if _leads(lead, pattern, groups)] for pattern in patterns}
    merged = {pattern: list(groups[pattern]) for pattern in patterns if not leads[pattern]}
    for pattern in patterns:
        if heads := [lead for lead in leads[pattern] if lead in merged]:
            merged[min(heads, key=lambda head: min(map(_place, groups[head])))] += groups[pattern]
    own = {pattern: len(groups[pattern]) for pattern in merged}
    return [
        (*sorted(names[: own[pattern]], key=_place), *sorted(names[own[pattern] :], key=_place))
        for pattern, names in merged.items()
    ]


def _leads(lead: Pattern, pattern: Pattern, groups: Mapping[Pattern, Sequence[str]]) -> bool:
    """Return True if a setting follows from another, which has more levels.

    Where each configuration has a level of its own, as in a search, everything follows from it by chance, unless it is
    a choice of a cell, a task or data.
    """
    if len(set(lead)) <= len(set(pattern)) or len(set(zip(lead, pattern, strict=True))) > len(set(lead)):
        return False
    return len(set(lead)) < len(lead) or not set(groups[lead]).isdisjoint(CHOICES)


def _place(name: str) -> int:
    return BEST_KNOWN.index(name) if name in BEST_KNOWN else len(BEST_KNOWN)
