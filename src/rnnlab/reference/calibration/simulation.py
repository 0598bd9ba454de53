"""Judge sweeps of a scenario, by the analysis and by other methods, and count what was true."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np

from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.analysis.inference.judgement import Judgement, Rules, judge
from rnnlab.reference.calibration.rivals import METHODS, Better, known, said
from rnnlab.reference.calibration.scenarios import Array, Scenario
from rnnlab.reference.calibration.sweeps import Sweep, draw

ERROR = 0.05
WORTH = 0.1  # deviations of one seed
OURS = "rnnlab"
CEILING = "variance known"
BLOCK = 100  # sweeps that one random generator draws


@dataclass
class Tally:
    """Counts over the sweeps of a scenario.

    Attributes:
        sweeps: Their number.
        wrong: By method, the sweeps of which it says something false: that a level is better which is not, or that one
            remains which is not the only best.
        named: By method, the groups with one best level in which exactly that is said to be best.
        separated: The groups with one best level in which the contrasts show it to be better than each other.
        asked: The groups with one best level.
        held: The sweeps in which every set of candidates holds a given best level.
        covered: By deviation and number of seeds, the intervals of levels that hold the expected result.
        intervals: By the same, their number.
        width: The sum of their widths.
    """

    sweeps: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    separated: int = 0
    asked: int = 0
    held: int = 0
    covered: Counter[tuple[float, int]] = field(default_factory=Counter)
    intervals: Counter[tuple[float, int]] = field(default_factory=Counter)
    width: float = 0.0

    def add(self, other: Tally) -> None:
        """Add what was counted over other sweeps."""
        for name in ("sweeps", "separated", "asked", "held", "width"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("wrong", "named", "covered", "intervals"):
            getattr(self, name).update(getattr(other, name))

    def error(self, method: str) -> float:
        """Return the share of sweeps of which a method says something false."""
        return self.wrong[method] / self.sweeps

    @property
    def allowed(self) -> float:
        """The share of sweeps that is no more than 5% but for the luck of a simulation: two standard errors."""
        return ERROR + 2 * math.sqrt(ERROR * (1 - ERROR) / self.sweeps)

    def power(self, method: str) -> float:
        """Return the share of best levels that a method names."""
        return self.named[method] / self.asked

    @property
    def coverage(self) -> float:
        """The share of intervals that hold the expected result; NaN without any."""
        total = sum(self.intervals.values())
        return sum(self.covered.values()) / total if total else float("nan")

    @property
    def worst_coverage(self) -> float:
        """That of the levels of one deviation and number of seeds where it is smallest."""
        return min((self.covered[kind] / count for kind, count in self.intervals.items()), default=float("nan"))

    @property
    def mean_width(self) -> float:
        """The mean width of the intervals, in deviations of one seed; NaN without any."""
        total = sum(self.intervals.values())
        return self.width / total if total else float("nan")


@dataclass(frozen=True)
class Block:
    """Sweeps of a scenario that are drawn with one random generator."""

    scenario: Scenario
    seed: int
    number: int
    sweeps: int
    methods: bool


def simulate(
    scenarios: Sequence[Scenario], sweeps: int, seed: int = 0, processes: int = 1, methods: bool = True
) -> list[Tally]:
    """Judge sweeps of each scenario; the numbers are the same however many processes there are.

    Args:
        scenarios: The scenarios.
        sweeps: The number of sweeps of each, fewer where one takes long.
        seed: Of the random numbers.
        processes: The number of processes; 1 for this one alone.
        methods: Whether the other methods are asked too.
    """
    blocks = [block for scenario in scenarios for block in _blocks(scenario, sweeps, seed, methods)]
    tallies = {scenario.name: Tally() for scenario in scenarios}
    for block, tally in zip(blocks, _counted(blocks, processes), strict=True):
        tallies[block.scenario.name].add(tally)
    return list(tallies.values())


def count(block: Block) -> Tally:
    """Draw the sweeps of a block and count what is true of what is said of each."""
    scenario, tally = block.scenario, Tally()
    random = np.random.default_rng([block.seed, zlib.crc32(scenario.name.encode()), block.number])
    for _ in range(block.sweeps):
        sweep = draw(scenario, random)
        _count_judgement(tally, scenario, judge(sweep.observations(), Rules(worth=WORTH, pairs=scenario.pairs)))
        if block.methods:
            _count_methods(tally, scenario, sweep)
    tally.sweeps = block.sweeps
    return tally


def _blocks(scenario: Scenario, sweeps: int, seed: int, methods: bool) -> Iterator[Block]:
    number = max(1, sweeps // scenario.divisor)
    for index, start in enumerate(range(0, number, BLOCK)):
        yield Block(scenario, seed, index, min(BLOCK, number - start), methods)


def _counted(blocks: Sequence[Block], processes: int) -> Iterator[Tally]:
    if processes == 1:
        yield from map(count, blocks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(count, blocks)


def _count_judgement(tally: Tally, scenario: Scenario, judgement: Judgement) -> None:
    truth, winners = scenario.truth(), scenario.winners()
    held, false = True, False
    for group in judgement.groups:
        index = dict(group.within).get("group", 0)
        names = [level.name for level in group.levels]
        wrong, holds = family(truth[index], names, group.candidates, group.contrasts)
        false, held = false or wrong, held and holds
        _count_intervals(tally, scenario, judgement, index)
        if winners[index] >= 0:
            best = f"l{winners[index]}"
            tally.named[OURS] += group.candidates == (best,)
            others = [contrast for contrast in group.contrasts if best in (contrast.first, contrast.second)]
            tally.separated += all(_is_better(contrast, best) for contrast in others)
    if judgement.overall and len(judgement.groups) > 1:
        overall = judgement.overall
        wrong, holds = family(truth.mean(axis=0), list(overall.levels), overall.candidates, overall.contrasts)
        false, held = false or wrong, held and holds
    tally.wrong[OURS] += false
    tally.held += held
    tally.asked += sum(best >= 0 for best in winners)


def _count_intervals(tally: Tally, scenario: Scenario, judgement: Judgement, index: int) -> None:
    group = next(group for group in judgement.groups if dict(group.within).get("group", 0) == index)
    means = scenario.means()[index]
    for level in group.levels:
        number = int(level.name[1:])
        expected = means[number, dict(level.choice.setting).get("lr", 0)]
        if np.isfinite(level.value.low):
            kind = float(scenario.scales[number]), scenario.counts[number]
            tally.covered[kind] += bool(level.value.low <= expected <= level.value.high)
            tally.intervals[kind] += 1
            tally.width += level.value.high - level.value.low


def family(
    truth: Array, names: Sequence[str], candidates: Sequence[str], contrasts: Sequence[Contrast]
) -> tuple[bool, bool]:
    """Return whether something false is said of levels, and whether a given best one is among the candidates.

    Args:
        truth: What each level can reach.
        names: The levels, `l0` for the first of them.
        candidates: Those that are said to be possibly the best.
        contrasts: What is said of every two.
    """
    reached = {name: float(truth[int(name[1:])]) for name in names}
    top = min(reached.values())
    best = [name for name in names if reached[name] == top]
    sole = len(names) > 1 and len(candidates) == 1 and best != list(candidates)
    return sole or any(_is_false(contrast, reached) for contrast in contrasts), min(best) in candidates


def _is_false(contrast: Contrast, reached: dict[str, float]) -> bool:
    gap = reached[contrast.first] - reached[contrast.second]
    return (contrast.verdict == "better" and gap >= 0) or (contrast.verdict == "worse" and gap <= 0)


def _is_better(contrast: Contrast, name: str) -> bool:
    return contrast.verdict == ("better" if contrast.first == name else "worse")


def _count_methods(tally: Tally, scenario: Scenario, sweep: Sweep) -> None:
    truth, winners = scenario.truth(), scenario.winners()
    error = ERROR / len(truth)
    for name, method in METHODS.items():
        answers = [said(method, sweep.samples(group), error) for group in range(len(truth))]
        _count_answers(tally, name, answers, truth, winners)
    answers = [known(scenario, group, sweep.values[group], error) for group in range(len(truth))]
    _count_answers(tally, CEILING, answers, truth, winners)


def _count_answers(tally: Tally, name: str, answers: Sequence[Better], truth: Array, winners: Sequence[int]) -> None:
    """Count what a method says of the levels of each group."""
    false = [(better & (row[:, None] >= row)).any() for better, row in zip(answers, truth, strict=True)]
    tally.wrong[name] += any(false)
    for better, best in zip(answers, winners, strict=True):
        tally.named[name] += best >= 0 and bool(np.delete(better[best], best).all())
