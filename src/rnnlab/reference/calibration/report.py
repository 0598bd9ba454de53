"""The share of true statements in reports on sweeps: the study experiments/calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import Axis, Lines, lines_at
from rnnlab.cores import available_cores
from rnnlab.reference.calibration.rivals import METHODS
from rnnlab.reference.calibration.scenarios import Scenario, scenarios
from rnnlab.reference.calibration.simulation import CEILING, OURS, Tally, simulate

COVERS = (0.93, 0.97)  # the second holds for normal luck and fresh seeds
MAY_LOSE = 0.05  # against any method that keeps its level everywhere
MAY_LOSE_TO_TUKEY = {3: 0.20, 5: 0.05}  # by the number of seeds, where all variances are equal
LEADS = (1, 2, 4, 8)
SHOWN = (20, 3)  # levels and seeds of the figure

Results = Mapping[Scenario, Tally]


def calibration(sweeps: int = 1_000, seed: int = 0) -> Document:
    """Judge sweeps of which the truth is known, and say how often the judgement is true.

    Args:
        sweeps: The number of sweeps of each scenario, fewer where one takes long.
        seed: Of the random numbers.

    Raises:
        ValueError: A setting is out of its range.
    """
    if type(sweeps) is not int or sweeps < 1:
        raise ValueError(f"sweeps must be a whole number of at least 1, not {sweeps!r}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, not {seed!r}")
    every = scenarios()
    results = dict(zip(every, simulate(every, sweeps, seed, available_cores()), strict=True))
    return document(results)


def document(results: Results) -> Document:
    """Write down what was counted."""
    level = [name for name in METHODS if all(tally.error(name) <= tally.allowed for tally in results.values())]
    failures = [*_false(results), *_uncovered(results), *_weak(results, level)]
    return Document(
        [
            _answer(results, failures),
            _method_sentence(results, level),
            *(["What does not hold:\n\n" + "\n".join(f"- {failure}" for failure in failures)] if failures else []),
            _figure(results),
            "What is said of each kind of sweep. A false winner is any level that the report says is better and is not,"
            " or a sole candidate that is not the sole best; ± is a standard error. Of the intervals: how many hold"
            " the expected result, the same for the levels where it is fewest, and their mean width in standard"
            " deviations of an ordinary seed. Best held: sweeps in which every set of candidates holds a given best"
            " level.",
            _calibration(results),
            "How often the one best level is named: as the sole candidate, by contrasts with every other, and by other"
            " methods on the same results. Loss: points behind the best of those methods that keep 5% in all"
            f" scenarios ({', '.join(level) or 'there is none'}).",
            _power(results, level),
            "How often each method names a false winner. The others tune and test on the same seeds, as is usual; where"
            " there are several groups, each but rliable has its share of the 5%.",
            _rivals(results),
        ]
    )


def _answer(results: Results, failures: Sequence[str]) -> str:
    worst = max(results, key=lambda scenario: results[scenario].error(OURS))
    kept = sum(tally.error(OURS) <= tally.allowed for tally in results.values())
    missed = "1 goal is" if len(failures) == 1 else f"{len(failures)} goals are"
    said = f"{missed} missed" if failures else "every goal is met"
    return (
        f"In {kept} of {len(results)} kinds of sweeps a report names a false winner in no more than 5% of sweeps,"
        f" within two standard errors; at worst in {_percent(results[worst].error(OURS))}% ({worst.name}); {said}."
    )


def _method_sentence(results: Results, level: Sequence[str]) -> str:
    worst = {name: max(tally.error(name) for tally in results.values()) for name in METHODS}
    listed = ", ".join(f"{name} {_percent(share)}%" for name, share in worst.items())
    kept = f"only {' and '.join(level)} keep 5% everywhere" if level else "none of them keeps 5% everywhere"
    return f"Other methods name a false winner at worst in: {listed} of sweeps; {kept}."


def _false(results: Results) -> Iterator[str]:
    """Say where false winners are named too often."""
    for scenario, tally in results.items():
        if tally.error(OURS) > tally.allowed:
            yield f"{scenario.name}: false winners in {_percent(tally.error(OURS))}% of sweeps"


def _uncovered(results: Results) -> Iterator[str]:
    """Say which intervals cover too rarely or, where they need not, too often."""
    low, high = COVERS
    for scenario, tally in results.items():
        covered = tally.coverage
        if math.isnan(covered):
            continue
        error = math.sqrt(covered * (1 - covered) / tally.sweeps)
        if covered + 2 * error < low:
            yield f"{scenario.name}: intervals cover {_percent(covered)}%"
        if scenario.fresh and not scenario.tails and covered - 2 * error > high:
            yield f"{scenario.name}: intervals cover {_percent(covered)}% and are wider than need be"


def _weak(results: Results, level: Sequence[str]) -> Iterator[str]:
    """Say where a best level is named more rarely than it could be."""
    for scenario, tally in results.items():
        if not tally.asked:
            continue
        loss = _loss(tally, level)
        if loss > MAY_LOSE:
            yield f"{scenario.name}: named {_points(loss)} points more rarely than by {_best(tally, level)}"
        allowed = MAY_LOSE_TO_TUKEY.get(scenario.seeds[0], math.inf)
        behind = tally.power("Tukey") - tally.power(OURS)
        if scenario.has_equal_variances and behind > allowed:
            yield f"{scenario.name}: named {_points(behind)} points more rarely than by Tukey"


def _loss(tally: Tally, level: Sequence[str]) -> float:
    return max((tally.power(name) for name in level), default=-math.inf) - tally.power(OURS)


def _best(tally: Tally, level: Sequence[str]) -> str:
    return max(level, key=tally.power)


def _figure(results: Results) -> Lines:
    levels, seeds = SHOWN
    named = {scenario.name: tally for scenario, tally in results.items()}
    tallies = [named[f"ahead by {lead} of {levels}, {seeds} seeds"] for lead in LEADS]
    values = {OURS: [100 * tally.power(OURS) for tally in tallies]}
    for name in ("Tukey", "Games–Howell", "Welch–Holm", CEILING):
        values[name] = [100 * tally.power(name) for tally in tallies]
    return Lines(
        name="power",
        title=f"How often the best of {levels} is named, from {seeds} seeds",
        caption=f"One of {levels} levels is ahead of equal others, by so many standard deviations of a seed. Dunnett"
        " and rliable are left out: they name false winners far too often.",
        x=Axis("lead", "standard deviations", log=True, ticks=LEADS),
        y=Axis("sweeps", "%"),
        lines=lines_at(LEADS, values),
    )


def _calibration(results: Results) -> Table:
    heads = ["scenario", "sweeps", "false winners, %", "±", "cover, %", "fewest", "width", "best held, %"]
    rows = [
        [
            scenario.name,
            f"{tally.sweeps:,}",
            _percent(tally.error(OURS)),
            _percent(math.sqrt(tally.error(OURS) * (1 - tally.error(OURS)) / tally.sweeps)),
            _percent(tally.coverage),
            _percent(tally.worst_coverage),
            "–" if math.isnan(tally.mean_width) else f"{tally.mean_width:.2f}",
            _percent(tally.held / tally.sweeps),
        ]
        for scenario, tally in results.items()
    ]
    return Table(heads, rows, "calibration")


def _power(results: Results, level: Sequence[str]) -> Table:
    heads = ["scenario", "candidate, %", "contrasts", *METHODS, CEILING, "loss"]
    rows = [
        [
            scenario.name,
            _points(tally.power(OURS)),
            _points(tally.separated / tally.asked),
            *(_points(tally.power(name)) for name in (*METHODS, CEILING)),
            _points(_loss(tally, level)) if level else "–",
        ]
        for scenario, tally in results.items()
        if tally.asked
    ]
    return Table(heads, rows, "power")


def _rivals(results: Results) -> Table:
    heads = ["scenario", f"{OURS}, %", *METHODS]
    rows = [
        [scenario.name, *(_percent(tally.error(name)) for name in (OURS, *METHODS))]
        for scenario, tally in results.items()
    ]
    return Table(heads, rows, "false-winners")


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"


def _points(share: float) -> str:
    return f"{100 * share:.0f}"
