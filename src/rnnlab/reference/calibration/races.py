"""Races whose truth is known: how often they name a false winner, and what they cost beside equal seeds for all."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from typing import Any

import numpy as np

from rnnlab.analysis.inference.judgement import Rules, judge
from rnnlab.analysis.inference.race import Race, Standing, standings
from rnnlab.reference.calibration.scenarios import Scenario
from rnnlab.reference.calibration.simulation import WORTH, family
from rnnlab.reference.calibration.sweeps import draw

FIRST, MOST = 3, 12
MOST_OF_MANY = 60  # seeds, where 20 levels are so near to each other that 12 would name hardly any
BLOCK = 50  # races that one random generator draws
SWEEPS = 600  # of every number of seeds for all, fewer where one takes long
SOME = 4  # divisor of the races whose kind takes long
WIDEST = 8.0  # deviations over which levels are spread
GROWTH = 1.4  # of the number of seeds for all, until it is enough


@dataclass(frozen=True)
class RaceScenario:
    """A kind of race.

    Attributes:
        scenario: The levels and their luck; it has as many seeds as a level gets at most.
        first: The number of seeds of every level before the first look.
        all_pairs: Whether the race is for every pair.
        priced: Whether its runs are compared with those of equal seeds for all.
        divisor: The share of the races that is drawn, as one part in so many.
    """

    scenario: Scenario
    first: int = FIRST
    all_pairs: bool = False
    priced: bool = False
    divisor: int = 1

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def most(self) -> int:
        return self.scenario.seeds[0]


_Block = tuple[RaceScenario, int, int, int]
"""A kind of race, the seed, the block's number, and the number of races in it."""


@dataclass
class RaceTally:
    """Counts over the races of a scenario.

    Attributes:
        races: Their number.
        wrong: Those that name a false winner: a level that is said to be better and is not, or a false sole candidate.
        named: Those that name the one best level as the sole candidate.
        runs: The runs of all of them.
        looks: The looks of all of them.
        seeds: The number of seeds for all levels that names the best level as often; NaN where that was not asked.
    """

    races: int = 0
    wrong: int = 0
    named: int = 0
    runs: int = 0
    looks: int = 0
    seeds: float = float("nan")

    def add(self, other: RaceTally) -> None:
        """Add what was counted over other races."""
        for name in ("races", "wrong", "named", "runs", "looks"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def power(self) -> float:
        """The share of races that name the best level."""
        return self.named / self.races

    @property
    def error(self) -> float:
        """The share of races that name a false winner."""
        return self.wrong / self.races

    @property
    def mean_runs(self) -> float:
        """The mean number of runs."""
        return self.runs / self.races


def race_scenarios() -> list[RaceScenario]:
    """Return all kinds of races of the study."""
    return [*_equal(), *_luck(), *_pairs(), *_ties(), *_priced_kinds()]


def simulate_races(
    kinds: Sequence[RaceScenario], races: int, seed: int = 0, processes: int = 1, priced: bool = True
) -> list[RaceTally]:
    """Hold races of each kind; the numbers are the same however many processes there are.

    Args:
        kinds: The kinds of races.
        races: The number of races of each, fewer where one takes long.
        seed: Of the random numbers.
        processes: The number of processes; 1 for this one alone.
        priced: Whether to look for the number of seeds for all that names the best level as often.
    """
    blocks = [(kind, seed, number, count) for kind in kinds for number, count in _blocks(kind, races)]
    tallies = {kind.name: RaceTally() for kind in kinds}
    for (kind, *_), tally in zip(blocks, _counted(blocks, processes), strict=True):
        tallies[kind.name].add(tally)
    asked = [
        (kind, seed, tallies[kind.name].power) for kind in kinds if kind.priced and priced and tallies[kind.name].named
    ]
    for (kind, *_), seeds in zip(asked, _priced_at(asked, processes), strict=True):
        tallies[kind.name].seeds = seeds
    return list(tallies.values())


def hold(kind: RaceScenario, random: np.random.Generator) -> Standing:
    """Draw every run that a race could have, and hold the race."""
    scenario = kind.scenario
    race = Race(kind.first, tuple(range(kind.most)), {(): scenario.levels}, kind.all_pairs)
    (standing,) = standings(draw(scenario, random).observations(), _rules(scenario), race, {})
    return standing


def _rules(scenario: Scenario) -> Rules:
    return Rules(worth=WORTH, pairs=scenario.pairs)


def _blocks(kind: RaceScenario, races: int) -> Iterator[tuple[int, int]]:
    total = max(1, races // kind.divisor)
    yield from ((number, min(BLOCK, total - start)) for number, start in enumerate(range(0, total, BLOCK)))


def _counted(blocks: Sequence[_Block], processes: int) -> Iterator[RaceTally]:
    if processes == 1:
        yield from map(_count, blocks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_count, blocks)


def _priced_at(asked: Sequence[tuple[RaceScenario, int, float]], processes: int) -> Iterator[float]:
    if processes == 1:
        yield from map(_equal_seeds, asked)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_equal_seeds, asked)


def _count(block: _Block) -> RaceTally:
    kind, seed, number, races = block
    random, tally = _generator(kind, seed, 0, number), RaceTally(races)
    truth, winner = kind.scenario.truth()[0], kind.scenario.winners()[0]
    for _ in range(races):
        standing = hold(kind, random)
        group = standing.group
        wrong, _ = family(truth, [level.name for level in group.levels], group.candidates, group.contrasts)
        tally.wrong += wrong
        tally.named += winner >= 0 and group.candidates == (f"l{winner}",)
        tally.runs += sum(standing.counted.values())
        tally.looks += standing.looks
    return tally


def _equal_seeds(asked: tuple[RaceScenario, int, float]) -> float:
    """Return the number of seeds for all levels, with a fraction, of which a comparison has the power of a race."""
    kind, seed, power = asked
    low, high = 1, kind.first  # the powers at these enclose the wanted one
    while _power_of_equal(kind, seed, high) < power:
        low, high = high, math.ceil(high * GROWTH)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _power_of_equal(kind, seed, middle) < power else (low, middle)
    below, above = (_power_of_equal(kind, seed, seeds) for seeds in (low, high))
    return low + (power - below) / (above - below) if above > below else high


@cache
def _power_of_equal(kind: RaceScenario, seed: int, seeds: int) -> float:
    """Return how often a comparison of levels that all have so many seeds names the best; 0 of one seed."""
    if seeds < 2:
        return 0.0
    scenario = replace(kind.scenario, seeds=(seeds,))
    random, named = _generator(kind, seed, 1, seeds), 0
    sweeps = max(1, SWEEPS // kind.divisor)
    for _ in range(sweeps):
        (group,) = judge(draw(scenario, random).observations(), _rules(scenario)).groups
        named += group.candidates == (f"l{scenario.winners()[0]}",)
    return named / sweeps


def _generator(kind: RaceScenario, seed: int, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(kind.name.encode()), *numbers])


def _kind(name: str, gaps: Sequence[float], most: int = MOST, **luck: Any) -> Scenario:
    return Scenario(name, (tuple(map(float, gaps)),), (most,), **luck)


def _equal() -> list[RaceScenario]:
    listed = [RaceScenario(_kind(f"race of {count} equal levels", [0] * count)) for count in (2, 6, 20)]
    return [
        *listed,
        RaceScenario(_kind("race of 2 equal levels from 2 seeds", [0] * 2), first=2, divisor=2),
        RaceScenario(_kind("race of 6 equal levels from 2 seeds", [0] * 6), first=2, divisor=SOME),
        RaceScenario(_kind("race of 2 equal levels to 30 seeds", [0] * 2, 30), divisor=SOME),
        RaceScenario(_kind("race of 2 equal levels to 4 seeds", [0] * 2, 4)),
        RaceScenario(_kind("race of 6 equal levels for all pairs", [0] * 6), all_pairs=True, divisor=SOME),
    ]


def _luck() -> list[RaceScenario]:
    """Equal levels whose luck is not that of the textbook."""
    two, six, twenty, half = [0] * 2, [0] * 6, [0] * 20, (3.0, 1.0)
    return [
        RaceScenario(_kind("race where one of 2 levels is 3 times as noisy", two, deviations=half), divisor=2),
        RaceScenario(_kind("race of 2 equal levels, Student's t with 3 degrees", two, tails=3), divisor=2),
        *(
            RaceScenario(kind, divisor=SOME)
            for kind in (
                _kind("race where one of 6 levels is 3 times as noisy", six, deviations=_FIRST_NOISY),
                _kind("race where half of 6 levels are 3 times as noisy", six, deviations=half),
                _kind("race of 6 equal levels, Student's t with 3 degrees", six, tails=3),
                _kind("race of 6 equal levels, one run in ten diverges", six, diverges=0.1),
                _kind("race where half of 20 levels are 3 times as noisy", twenty, deviations=half),
            )
        ),
    ]


def _pairs() -> list[RaceScenario]:
    """Seeds that all levels share, whether or not that is known."""
    return [
        RaceScenario(
            _kind(
                f"race of {count} equal levels{' in pairs' if pairs else ''}, {common:.0%} of luck common",
                [0] * count,
                common=common,
                pairs=pairs,
            ),
            divisor=2 if count == 2 else SOME,
        )
        for count, common, pairs in ((2, 0.9, False), (6, 0.9, False), (2, 0.9, True), (6, 0.9, True), (6, 0.0, True))
    ]


def _ties() -> list[RaceScenario]:
    """Two levels are equally good and others worse, so that a race narrows down to two of which neither wins."""
    spread, near = (0, 0, 2, 4, 6, 8), (0, 0, 1.5, 1.5, 1.5, 1.5)
    return [
        RaceScenario(_kind("race of 2 equal levels and 4 that are worse by 2 to 8", spread), divisor=SOME),
        RaceScenario(_kind("the same from 2 seeds", spread), first=2, divisor=SOME),
        RaceScenario(_kind("the same where one of the 2 is noisy", spread, deviations=_FIRST_NOISY), divisor=SOME),
        RaceScenario(_kind("race of 2 equal levels and 4 that are worse by 1.5", near), divisor=SOME),
    ]


def _priced_kinds() -> list[RaceScenario]:
    """One level is the best: how many runs it takes to say so."""
    listed = []
    for count, most, divisor in ((6, MOST, 2), (20, MOST_OF_MANY, 10)):
        name = f"levels spread over {WIDEST:g} deviations"
        gaps = [WIDEST * place / (count - 1) for place in range(count)]
        listed.append(RaceScenario(_kind(f"race of {count} {name}", gaps, most), priced=True, divisor=divisor))
    for count, lead in product((6, 20), (1, 2, 4)):
        name = f"race with one ahead by {lead} of {count}"
        gaps = [0.0, *[float(lead)] * (count - 1)]
        listed.append(RaceScenario(_kind(name, gaps), priced=True, divisor=2 if count == 6 else SOME))
    return listed


_FIRST_NOISY = (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)
