"""The factors of a comparison: what varied where everything else is equal, for figures and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnlab.analysis.configurations import Configuration, number_of, plain
from rnnlab.analysis.confounding import confounded
from rnnlab.analysis.criterion import Criterion
from rnnlab.analysis.statistics import mean
from rnnlab.charts.number_format import ABSENT
from rnnlab.enumeration import joined

MOST_LEVELS = 12  # of a factor with others; more of them are a search's values, no two of which are the same

Settings = tuple[tuple[str, str], ...]  # everything but the factor, as text
Levels = dict[tuple[Any, ...], dict[Settings, Configuration]]


@dataclass(frozen=True)
class Factor:
    """Something that varied, such as the cell.

    Attributes:
        axis: The column of the ranking that its levels are called by.
        others: Columns that always varied together with it.
        levels: Its values as a table shows them, best mean over the settings that all of them have first.
        numeric: Whether its levels are numbers.
    """

    axis: str
    others: tuple[str, ...]
    levels: tuple[str, ...]
    numeric: bool

    @property
    def name(self) -> str:
        """The factor as a heading calls it."""
        return f"{self.axis} ({joined(self.others)} with it)" if self.others else self.axis


def factors(configurations: Sequence[Configuration], by: Criterion) -> list[Factor]:
    """Return every factor whose levels can be compared at equal settings of all the others, in the order of columns.

    A level that has no setting in common with those that have the most is left out.
    """
    varied = []
    for names in confounded(configurations):
        levels = _comparable(_levels(configurations, names))
        chance = len(names) > 1 and len(levels) > MOST_LEVELS
        if len(levels) >= 2 and not chance:
            varied.append(_factor(names, levels, by))
    return varied


def _levels(configurations: Sequence[Configuration], names: Sequence[str]) -> Levels:
    """Return the configurations of each level by their other settings."""
    levels: Levels = {}
    for configuration in configurations:
        others = tuple((name, str(value)) for name, value in configuration.settings.items() if name not in names)
        levels.setdefault(tuple(configuration.settings[name] for name in names), {})[others] = configuration
    return levels


def _comparable(levels: Levels) -> Levels:
    """Return the levels that share settings, those with most settings first."""
    kept: Levels = {}
    for key in sorted(levels, key=lambda key: -len(levels[key])):
        if not kept or set(levels[key]).intersection(*kept.values()):
            kept[key] = levels[key]
    return kept


def _factor(names: Sequence[str], levels: Levels, by: Criterion) -> Factor:
    shared = sorted(set.intersection(*map(set, levels.values())))
    means = {key: by.sign * mean(mean(by.values(level[at]).values()) for at in shared) for key, level in levels.items()}
    ordered = sorted(levels, key=lambda key: (means[key], str(key)))
    numeric = all(number_of(key[0]) is not None or key[0] == ABSENT for key in levels)
    return Factor(names[0], tuple(names[1:]), tuple(plain(key[0]) for key in ordered), numeric)
