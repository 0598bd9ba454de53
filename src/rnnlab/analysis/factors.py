"""The factors of a comparison: the levels of each, compared where everything else is equal."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnnlab.analysis.configurations import Configuration, losses, number_of, plain
from rnnlab.analysis.confounding import confounded
from rnnlab.analysis.statistics import SIGNIFICANT, Difference, Mean, difference, holm, mean, mean_of
from rnnlab.charts.number_format import ABSENT
from rnnlab.enumeration import joined
from rnnlab.records.reading import float_or_nan

MOST_LEVELS = 12  # of a factor of which every two are compared; of more, all with the best

Settings = tuple[tuple[str, str], ...]  # everything but the factor, as text
Levels = dict[tuple[Any, ...], dict[Settings, Configuration]]


@dataclass(frozen=True)
class Level:
    """One value of a factor, over the settings that every level has.

    Attributes:
        name: The value as a table shows it.
        loss: The mean validation loss, with its 95% interval.
        rank: The mean rank of its mean loss among the levels of each setting; 1 is the lowest.
        parameters: Trainable parameters, the mean over settings.
        seconds: Of training, the mean over settings.
    """

    name: str
    loss: Mean
    rank: float
    parameters: float
    seconds: float


@dataclass(frozen=True)
class Contrast:
    """Two levels of a factor at equal settings.

    Attributes:
        better: The level with the lower mean.
        worse: The other.
        difference: Better minus worse, so that its mean is at most 0.
        p: Its p-value, corrected for all contrasts of the factor (Holm 1979); None where there are too few runs.
    """

    better: str
    worse: str
    difference: Difference
    p: float | None

    @property
    def significant(self) -> bool:
        """True if the corrected p-value says that the two levels differ."""
        return self.p is not None and self.p < SIGNIFICANT


@dataclass(frozen=True)
class Factor:
    """Something that varied, such as the cell.

    Attributes:
        axis: The column of the ranking that its levels are called by.
        others: Columns that always varied together with it.
        levels: Lowest mean loss first.
        contrasts: Every two levels, the better of them in the order of `levels`; of very many, the best and each other.
        numeric: Whether its levels are numbers.
    """

    axis: str
    others: tuple[str, ...]
    levels: tuple[Level, ...]
    contrasts: tuple[Contrast, ...]
    numeric: bool

    @property
    def name(self) -> str:
        """The factor as a heading calls it."""
        return f"{self.axis} ({joined(self.others)} with it)" if self.others else self.axis

    def contrast(self, first: str, second: str) -> Contrast:
        """Return the contrast of two levels, whichever is better."""
        return next(contrast for contrast in self.contrasts if {contrast.better, contrast.worse} == {first, second})

    @property
    def winner(self) -> str | None:
        """The level that is found to be better than every other; None while there is none."""
        best = self.levels[0].name
        beaten = [contrast for contrast in self.contrasts if contrast.better == best and contrast.significant]
        return best if len(beaten) == len(self.levels) - 1 else None


def factors(configurations: Sequence[Configuration]) -> list[Factor]:
    """Return every factor whose levels can be compared at equal settings of all the others, in the order of columns.

    A level that has no setting in common with those that have the most is left out.
    """
    varied = []
    for names in confounded(configurations):
        levels = _comparable(_levels(configurations, names))
        chance = len(names) > 1 and len(levels) > MOST_LEVELS  # a search's values, no two of which are the same
        if len(levels) >= 2 and not chance:
            varied.append(_factor(names, levels))
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


def _factor(names: Sequence[str], levels: Levels) -> Factor:
    shared = sorted(set.intersection(*map(set, levels.values())))
    means = {key: {at: mean(losses(level[at]).values()) for at in shared} for key, level in levels.items()}
    ordered = sorted(levels, key=lambda key: (mean(means[key].values()), str(key)))
    built = tuple(
        Level(
            name=plain(key[0]),
            loss=mean_of([losses(levels[key][settings]) for settings in shared]),
            rank=mean(1 + sum(means[other][at] < means[key][at] for other in levels) for at in shared),
            parameters=_mean_of(levels[key], shared, "parameters"),
            seconds=_mean_of(levels[key], shared, "seconds"),
        )
        for key in ordered
    )
    contrasts = _corrected(
        [
            _contrast(built[a].name, built[b].name, levels[ordered[a]], levels[ordered[b]])
            for a, b in itertools.combinations(range(len(ordered)), 2)
            if a == 0 or len(ordered) <= MOST_LEVELS
        ],
        pairs=len(ordered) * (len(ordered) - 1) // 2,
    )
    numeric = all(number_of(key[0]) is not None or key[0] == ABSENT for key in levels)
    return Factor(names[0], tuple(names[1:]), built, contrasts, numeric)


def _mean_of(level: Mapping[Settings, Configuration], shared: Sequence[Settings], figure: str) -> float:
    """Return the mean of a figure over settings; NaN where a setting lacks it, so that levels stay comparable."""
    means = [mean(float_or_nan(run.summary.get(figure)) for run in level[at].runs) for at in shared]
    return sum(means) / len(means)


def _contrast(
    better: str, worse: str, first: Mapping[Settings, Configuration], second: Mapping[Settings, Configuration]
) -> Contrast:
    common = [at for at in first if at in second]  # more than all levels share, where a sweep has gaps
    gap = difference([(losses(first[at]), losses(second[at])) for at in common])
    if gap.mean > 0:
        better, worse = worse, better
        gap = difference([(losses(second[at]), losses(first[at])) for at in common])
    return Contrast(better, worse, gap, None)


def _corrected(contrasts: Sequence[Contrast], pairs: int) -> tuple[Contrast, ...]:
    """Return the contrasts with p-values corrected for all pairs of levels, also where only the best's are tested."""
    tested = [contrast.difference.p for contrast in contrasts if contrast.difference.p is not None]
    corrected = iter(holm(tested) if len(contrasts) == pairs else [min(1.0, p * pairs) for p in tested])
    return tuple(
        replace(contrast, p=None if contrast.difference.p is None else next(corrected)) for contrast in contrasts
    )
