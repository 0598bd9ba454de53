"""Draw the runs of a sweep at random."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rnnlab.analysis.inference.contrasts import Indices
from rnnlab.analysis.inference.observations import Observation, Setting
from rnnlab.reference.calibration.scenarios import Array, Scenario

FAR = 30.0  # deviations beyond its siblings where a run that diverged still ends in a number
WIDTH = 1.0  # how far, in steps, a search looks around what was best
RANDOM_RUNS = 8  # of a search, before it does


@dataclass(frozen=True)
class Sweep:
    """The results of a sweep.

    Attributes:
        values: As (groups, levels, settings, seeds); NaN where there is no run, infinite where a run diverged.
        fresh: Of the settings that were chosen, as (groups, levels, seeds).
        chosen: The settings with the lowest mean, as (groups, levels).
    """

    values: Array
    fresh: Array
    chosen: Indices

    def observations(self) -> list[Observation]:
        """Return the runs as the analysis reads them."""
        return [
            Observation(f"l{level}", _tuned(self.values, setting), _within(self.values, group), seed, value)
            for group, level, setting, seed, value in self._runs()
        ]

    def samples(self, group: int) -> list[Array]:
        """Return the finite results of each level at the setting with the lowest mean: what is usually tested.

        Where that setting has fresh seeds, they are the sample.
        """
        levels = np.arange(self.values.shape[1])
        rows = self.fresh[group] if self.fresh.size else self.values[group][levels, self.chosen[group]]
        return [row[np.isfinite(row)] for row in rows]

    def _runs(self) -> Iterator[tuple[int, int, int, int, float]]:
        for group, level, setting, seed in np.argwhere(~np.isnan(self.values)).tolist():
            yield group, level, setting, seed, float(self.values[group, level, setting, seed])
        seeds = self.values.shape[3]
        for group, level, seed in np.argwhere(~np.isnan(self.fresh)).tolist():
            value = float(self.fresh[group, level, seed])
            yield group, level, int(self.chosen[group, level]), seeds + seed, value


def draw(scenario: Scenario, random: np.random.Generator) -> Sweep:
    """Draw a sweep of a scenario."""
    means = scenario.means()
    groups, levels, settings = means.shape
    planned, fresh = max(scenario.counts), scenario.fresh
    luck = _luck(scenario, (groups, levels, settings, planned + fresh), random)
    results = means[..., None] + scenario.scales[:, None, None] * luck
    results = _with_accidents(scenario, results, random)
    values = results[..., :planned]
    if scenario.search:
        values = _searched(values, scenario.search, random)
    for level, count in enumerate(scenario.counts):
        values[:, level, :, count:] = np.nan
    chosen = _lowest(values)
    picked = np.take_along_axis(results[..., planned:], chosen[:, :, None, None], axis=2)[:, :, 0]
    return Sweep(values, picked, chosen)


def _luck(scenario: Scenario, shape: tuple[int, int, int, int], random: np.random.Generator) -> Array:
    """Return the luck of every run, of variance 1."""
    _, levels, _, seeds = shape

    def drawn(*size: int) -> Array:
        if not scenario.tails:
            return random.standard_normal(size)
        scale = math.sqrt(scenario.tails / (scenario.tails - 2))
        return np.asarray(random.standard_t(scenario.tails, size) / scale)

    rest = 1 - scenario.own - scenario.common
    luck: Array = math.sqrt(rest) * drawn(*shape)
    if scenario.own:
        luck += math.sqrt(scenario.own) * drawn(1, levels, 1, seeds)
    if scenario.common:
        luck += math.sqrt(scenario.common) * drawn(1, 1, 1, seeds)
    return luck


def _with_accidents(scenario: Scenario, results: Array, random: np.random.Generator) -> Array:
    """Return the results with runs that diverge, half of them to infinity, and runs that are missing."""
    if scenario.diverges:
        hit = random.random(results.shape) < scenario.diverges
        ends = np.where(random.random(results.shape) < 0.5, np.inf, results + FAR)
        results = np.where(hit, ends, results)
    if scenario.missing:
        results = np.where(random.random(results.shape) < scenario.missing, np.nan, results)
    return results


def _searched(values: Array, runs: int, random: np.random.Generator) -> Array:
    """Return one run of each setting that a search came to: at random first, then near the best so far."""
    groups, levels, _, _ = values.shape
    kept = np.full_like(values, np.nan)
    for group, level in np.ndindex(groups, levels):
        for run in range(runs):
            free = np.flatnonzero(np.isnan(kept[group, level, :, 0]))
            place = int(random.choice(free))
            if run >= RANDOM_RUNS:
                best = int(np.nanargmin(kept[group, level, :, 0])) + WIDTH * random.standard_normal()
                place = int(free[np.abs(free - best).argmin()])
            kept[group, level, place, 0] = values[group, level, place, 0]
    return kept


def _lowest(values: Array) -> Indices:
    """Return the index of the setting with the lowest mean of finite results."""
    known = np.isfinite(values)
    sums, counts = np.where(known, values, 0.0).sum(axis=3), known.sum(axis=3)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.inf).argmin(axis=2))


def _tuned(values: Array, setting: int) -> Setting:
    return (("lr", setting),) if values.shape[2] > 1 else ()


def _within(values: Array, group: int) -> Setting:
    return (("group", group),) if values.shape[0] > 1 else ()
