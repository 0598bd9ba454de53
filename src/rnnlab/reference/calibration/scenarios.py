"""Scenarios: sweeps whose expected results and luck are laid down, so that the truth of every answer is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BASE = (
    20.0  # the expected result of the best level, in deviations of one seed; a result of 0 would have no half percent
)
LEVELS = (2, 6, 20, 50)
SEEDS = (3, 5, 10)
MANY = 20  # levels from which on a comparison takes long


@dataclass(frozen=True)
class Scenario:
    """A kind of sweep. Results are losses, in standard deviations of an ordinary seed.

    Attributes:
        name: The name, by which its random numbers are seeded too.
        gaps: For each setting of `within` by how much the levels lie above the best possible result.
        seeds: The numbers of seeds of the levels, repeated in turn.
        deviations: The standard deviations of their seeds, repeated in turn.
        settings: The number of settings that every level is tuned over.
        bowl: By how much the expected result rises with each step away from the best setting.
        apart: By how many steps the best settings of neighbouring levels differ.
        own: The share of the variance that a seed has at all settings and groups of a level alike.
        common: The share of the variance that a seed has at all levels alike.
        tails: The degrees of freedom of Student's distribution, scaled to the same variance; 0 for the normal one.
        diverges: The share of runs that diverge.
        missing: The share of runs that are missing.
        fresh: The number of seeds that only the setting has which was chosen by the others.
        search: The number of runs of a search, in which a setting has one run and settings gather where results were
            good; 0 for a grid.
        pairs: Whether equal seeds are said to begin with equal weights and batches.
        divisor: The share of the sweeps that is drawn, as one part in so many, where one takes long.
    """

    name: str
    gaps: tuple[tuple[float, ...], ...]
    seeds: tuple[int, ...] = (3,)
    deviations: tuple[float, ...] = (1.0,)
    settings: int = 1
    bowl: float = 0.0
    apart: int = 0
    own: float = 0.0
    common: float = 0.0
    tails: int = 0
    diverges: float = 0.0
    missing: float = 0.0
    fresh: int = 0
    search: int = 0
    pairs: bool = False
    divisor: int = 1

    @property
    def levels(self) -> int:
        """The number of levels."""
        return len(self.gaps[0])

    @property
    def counts(self) -> list[int]:
        """The number of seeds of each level, as planned."""
        return [self.seeds[level % len(self.seeds)] for level in range(self.levels)]

    @property
    def scales(self) -> Array:
        """The standard deviation of a seed of each level."""
        return np.array([self.deviations[level % len(self.deviations)] for level in range(self.levels)])

    @property
    def has_equal_variances(self) -> bool:
        """True if the seeds of all levels scatter alike, normally and completely, and differ by luck of their own."""
        kept = self.tails == 0 and self.diverges == 0 and self.missing == 0 and not self.pairs
        return kept and len(set(self.deviations)) == 1 and self.settings == 1 and len(self.gaps) == 1

    def means(self) -> Array:
        """Return the expected results as (groups, levels, settings)."""
        best = [self.settings // 2 + self.apart * (level % 3 - 1) for level in range(self.levels)]
        steps = np.abs(np.arange(self.settings) - np.array(best)[:, None])
        return np.asarray(BASE + np.array(self.gaps)[:, :, None] + self.bowl * steps)

    def truth(self) -> Array:
        """Return what each level can reach, as (groups, levels)."""
        return np.asarray(self.means().min(axis=2))

    def winners(self) -> list[int]:
        """Return the one best level of each group; -1 where several are best."""
        truth = self.truth()
        return [int(row.argmin()) if (row == row.min()).sum() == 1 else -1 for row in truth]


def scenarios() -> list[Scenario]:
    """Return all scenarios of the study."""
    return [*_equal(), *_luck(), *_tuned(), *_groups(), *_single_runs(), *_paired(), *_ahead(), *_ahead_otherwise()]


def _level(count: int) -> tuple[tuple[float, ...], ...]:
    """Return the gaps of equal levels."""
    return ((0.0,) * count,)


def _led(count: int, lead: float) -> tuple[tuple[float, ...], ...]:
    """Return the gaps where the first level is ahead of equal others."""
    return ((0.0, *(lead,) * (count - 1)),)


def _part(levels: int) -> int:
    return 4 if levels > MANY else 1


def _equal() -> list[Scenario]:
    return [
        Scenario(f"{count} equal levels, {seeds} seeds", _level(count), (seeds,), divisor=_part(count))
        for count, seeds in product(LEVELS, SEEDS)
    ]


def _luck() -> list[Scenario]:
    """Equal levels whose luck is not that of the textbook."""
    six, noisy = _level(6), (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    listed = []
    for seeds in SEEDS:
        listed += [
            Scenario(f"half of 6 levels 3 times as noisy, {seeds} seeds", six, (seeds,), (3.0, 1.0)),
            Scenario(f"one of 6 levels 3 times as noisy, {seeds} seeds", six, (seeds,), noisy),
            Scenario(f"6 equal levels, Student's t with 3 degrees, {seeds} seeds", six, (seeds,), tails=3),
            Scenario(f"6 equal levels, one run in ten diverges, {seeds} seeds", six, (seeds,), diverges=0.1),
            Scenario(f"6 equal levels, one run in five missing, {seeds} seeds", six, (seeds,), missing=0.2),
        ]
    return [
        *listed,
        Scenario("one of 2 levels 3 times as noisy, 3 seeds", _level(2), (3,), noisy[:2]),
        Scenario("one of 3 levels 3 times as noisy, 3 seeds", _level(3), (3,), noisy[:3]),
        Scenario("half of 20 levels 3 times as noisy, 5 seeds", _level(20), (5,), (3.0, 1.0)),
        Scenario("3 equal levels, 2 or 10 seeds", _level(3), (2, 10)),
        Scenario("6 equal levels, 2 or 10 seeds", six, (2, 10)),
        Scenario("6 equal levels, 2 or 10 seeds, those of 2 noisy", six, (2, 10), (3.0, 1.0)),
    ]


def _tuned() -> list[Scenario]:
    """Equal levels, each at its own best of several settings."""
    three = _level(3)
    listed = []
    for settings, seeds in product((1, 2, 12, 50), SEEDS):
        name = f"3 equal levels, best of {settings} setting{'s' if settings > 1 else ''}, {seeds} seeds"
        plain = Scenario(name, three, (seeds,), settings=settings, divisor=_part(settings))
        listed += [plain, replace(plain, name=f"{name}, {seeds} fresh", fresh=seeds)] if settings > 1 else [plain]
    for own, seeds in product((0.5, 0.9), (3, 5)):
        name = f"3 equal levels, best of 12 settings, {own:.0%} of luck the seed's, {seeds} seeds"
        listed.append(Scenario(name, three, (seeds,), settings=12, own=own))
    for own, seeds in product((0.0, 0.9), (3, 5)):
        name = f"3 equal levels, best rates apart, {own:.0%} of luck the seed's, {seeds} seeds"
        listed.append(replace(_bowl(seeds), name=name, own=own))
    rates = tuple(tuple(2.0 * abs(rate - best) for best in (1, 2, 3)) for rate in range(5))
    name = "the same, compared at each shared rate, 5 seeds"
    return [
        *listed,
        Scenario(name, rates, (5,)),
        Scenario(name.replace("5 seeds", "90% of luck the seed's, 5 seeds"), rates, (5,), own=0.9),
        Scenario("50 equal levels, best of 12 settings, 3 seeds", _level(50), (3,), settings=12, divisor=20),
    ]


def _bowl(seeds: int) -> Scenario:
    """Return three equal levels whose results rise on both sides of a best rate, which differs by level."""
    return Scenario("", _level(3), (seeds,), settings=5, bowl=2.0, apart=1)


def _groups() -> list[Scenario]:
    """The question is asked again at each setting of another key."""
    crossing, once = ((0.0, 5.0, 5.0), (5.0, 0.0, 5.0)), ((0.0, 5.0, 5.0), (0.0, 0.0, 0.0))
    listed = []
    for seeds in (3, 5):
        listed += [
            Scenario(f"levels that cross by 5 deviations, {seeds} seeds", crossing, (seeds,)),
            Scenario(f"a gain of 5 at one of two groups, {seeds} seeds", once, (seeds,)),
            Scenario(f"four factors without effect, {seeds} seeds", _level(2) * 8, (seeds,)),
            Scenario(f"the same, 50% of luck the seed's, {seeds} seeds", _level(2) * 8, (seeds,), own=0.5),
        ]
    return listed


def _single_runs() -> list[Scenario]:
    """One run is all there is of a setting."""
    listed = [
        Scenario(f"one seed, 3 equal levels at 4 sizes, {own:.0%} of luck the seed's", _level(3) * 4, (1,), own=own)
        for own in (0.0, 0.5, 0.9)
    ]
    name = "a search of 20 runs for each of 3 equal levels"
    search = Scenario(name, _level(3), (1,), settings=60, bowl=0.1, search=20)
    return [*listed, search, replace(search, name=f"{search.name}, 3 fresh seeds of the best", fresh=3)]


def _paired() -> list[Scenario]:
    """Keys that leave the first weights and the order of batches alone."""
    listed = []
    for common, count, seeds in product((0.0, 0.5, 0.9), (3, 6), (3, 5)):
        name = f"{count} equal levels in pairs, {common:.0%} of luck common, {seeds} seeds"
        listed.append(Scenario(name, _level(count), (seeds,), common=common, pairs=True))
    for count, seeds in product((3, 6), (3, 5)):
        name = f"ahead by 2 of {count} in pairs, 90% of luck common, {seeds} seeds"
        listed.append(Scenario(name, _led(count, 2.0), (seeds,), common=0.9, pairs=True))
    return listed


def _ahead() -> list[Scenario]:
    return [
        Scenario(f"ahead by {lead} of {count}, {seeds} seeds", _led(count, lead), (seeds,), divisor=_part(count))
        for count, seeds, lead in product(LEVELS, (3, 5), (1, 2, 4, 8))
    ]


def _ahead_otherwise() -> list[Scenario]:
    """The first level is ahead, where luck is not that of the textbook, or levels are tuned."""
    six, three = _led(6, 4.0), _led(3, 4.0)
    listed = []
    for seeds in (3, 5):
        listed += [
            Scenario(f"ahead by 4 of 6, half 3 times as noisy, {seeds} seeds", six, (seeds,), (1.0, 3.0)),
            Scenario(f"ahead by 4 of 6, Student's t with 3 degrees, {seeds} seeds", six, (seeds,), tails=3),
            Scenario(f"ahead by 4 of 6, one run in ten diverges, {seeds} seeds", six, (seeds,), diverges=0.1),
            Scenario(f"ahead by 4 of 6, one run in five missing, {seeds} seeds", six, (seeds,), missing=0.2),
            replace(_bowl(seeds), name=f"ahead by 4 of 3, best rates apart, {seeds} seeds", gaps=three),
            Scenario(f"ahead by 4 of 3, best of 12 settings, {seeds} seeds", three, (seeds,), settings=12),
        ]
        fresh = replace(listed[-1], name=f"{listed[-1].name}, {seeds} fresh", fresh=seeds)
        listed.append(fresh)
    return [*listed, Scenario("ahead by 4 of 6, 2 or 10 seeds", six, (2, 10))]
