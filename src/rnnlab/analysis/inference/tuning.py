"""Tuning: the setting at which a level is at its own best, and seeds that had no part in choosing it.

The best of several settings owes a part of its lead to luck. Its expected result is estimated from other seeds than
those that it was chosen by: fresh ones, where a sweep has them, else the seeds are parted. (Leaving one seed out at a
time seems to waste less, but its folds are correlated, and the usual interval then covers 69 to 90% instead of 95%.)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from statistics import fmean

from rnnlab.analysis.inference.candidates import dropped
from rnnlab.analysis.inference.contrasts import paired
from rnnlab.analysis.inference.estimates import estimate
from rnnlab.analysis.inference.observations import Seeds, Setting, in_order

CERTAIN = 0.02  # chance that a setting drops out which is the best
CHOOSING = 3  # one seed in so many chooses; the others estimate


@dataclass(frozen=True)
class Choice:
    """A level at its own best.

    Attributes:
        setting: The setting that was chosen.
        seeds: Those that its result is estimated from.
        settings: The number of settings that it was chosen from.
        biased: True if the same seeds chose and estimate, as there is no other.
        others: The settings that could be the best instead.
    """

    setting: Setting
    seeds: tuple[Hashable, ...]
    settings: int
    biased: bool
    others: tuple[Setting, ...] = ()


def choose(settings: Mapping[Setting, Seeds]) -> Choice:
    """Choose the setting with the lowest mean and the seeds to estimate its result from.

    Args:
        settings: The values of each setting by seed; at least one, all finite.
    """
    if len(settings) == 1:
        setting, seeds = next(iter(settings.items()))
        return Choice(setting, tuple(in_order(seeds)), 1, biased=False)
    tuning = _shared(settings)
    fresh = {setting: [seed for seed in seeds if seed not in tuning] for setting, seeds in settings.items()}
    confirmed = {setting: seeds for setting, seeds in settings.items() if len(fresh[setting]) > 1}
    if confirmed:
        best = _best(confirmed, tuning)
        return Choice(best, tuple(in_order(fresh[best])), len(settings), biased=False)
    remaining = _remaining(settings)
    if len(remaining) == 1:
        ((setting, seeds),) = remaining.items()
        return Choice(setting, tuple(in_order(seeds)), len(settings), biased=len(seeds) < 2)
    choosing = set(in_order(tuning)[: max(1, len(tuning) // CHOOSING)])
    best = _best(remaining, choosing)
    estimating = [seed for seed in settings[best] if seed not in choosing]
    others = tuple(setting for setting in remaining if setting != best)
    return Choice(best, tuple(in_order(estimating or settings[best])), len(settings), not estimating, others)


def _remaining(settings: Mapping[Setting, Seeds]) -> dict[Setting, Seeds]:
    """Return the settings that could still be the best, by tests so strict that what remains is hardly biased."""
    listed = list(settings)
    estimates = [estimate(str(index), settings[setting]) for index, setting in enumerate(listed)]
    out = dropped(paired(estimates, len(estimates)), CERTAIN / max(len(listed) - 1, 2))
    return {setting: settings[setting] for index, setting in enumerate(listed) if index not in out}


def _shared(settings: Mapping[Setting, Seeds]) -> set[Hashable]:
    """Return the seeds of the tuning: those that more than one setting has, or any if there is none."""
    counts = Counter(seed for values in settings.values() for seed in values)
    return {seed for seed, count in counts.items() if count > 1} or set(counts)


def _best(settings: Mapping[Setting, Seeds], seeds: set[Hashable]) -> Setting:
    """Return the setting with the lowest mean over the seeds, or over all of its own where none has any."""

    def mean(setting: Setting) -> float:
        values = [value for seed, value in settings[setting].items() if seed in seeds]
        return fmean(values) if values else math.inf

    best = min(settings, key=mean)
    return best if math.isfinite(mean(best)) else min(settings, key=lambda setting: fmean(settings[setting].values()))
