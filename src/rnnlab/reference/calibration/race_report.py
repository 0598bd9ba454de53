"""The share of races with a false winner, and the seeds that races save: the study experiments/calibration-races."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from rnnlab.charts.document import Document, Table
from rnnlab.cores import available_cores
from rnnlab.reference.calibration.races import RaceScenario, RaceTally, race_scenarios, simulate_races
from rnnlab.reference.calibration.simulation import ERROR

MOST_OF_SPREAD = 2 / 3  # of the runs of equal seeds, where levels are spread over eight deviations
MOST_OF_FAR = 1.0  # the same where one is ahead by four

Results = Mapping[RaceScenario, RaceTally]


def race_calibration(races: int = 1_000, seed: int = 0) -> Document:
    """Hold races of which the truth is known, and say how often they are wrong and what they cost.

    Args:
        races: The number of races of each kind, fewer where one takes long.
        seed: Of the random numbers.

    Raises:
        ValueError: A setting is out of its range.
    """
    if type(races) is not int or races < 1:
        raise ValueError(f"races must be a whole number of at least 1, not {races!r}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, not {seed!r}")
    every = race_scenarios()
    return race_document(dict(zip(every, simulate_races(every, races, seed, available_cores()), strict=True)))


def race_document(results: Results) -> Document:
    """Write down what was counted."""
    failures = list(_failures(results))
    return Document(
        [
            _answer(results, failures),
            *(["What does not hold:\n\n" + "\n".join(f"- {failure}" for failure in failures)] if failures else []),
            "Races without a better level, and one whose best is known. A false winner is any level that is said to be"
            " better and is not, at any look, or a sole candidate that is not the sole best; ± is a standard error.",
            _errors(results),
            "What races cost where one level is the best: how often it is named, and the mean number of runs; the"
            " number of seeds for all levels that names it as often when looked at once, by interpolation, and their"
            " runs; the share of these that the race needs.",
            _costs(results),
        ]
    )


def saving(kind: RaceScenario, tally: RaceTally) -> float:
    """Return the runs of a race as a share of those that equal seeds for all need to name the best as often."""
    return tally.mean_runs / (tally.seeds * kind.scenario.levels)


def _goal(kind: RaceScenario) -> float:
    """Return the largest share of the runs of equal seeds that a race may need; infinite where it is only reported."""
    gaps = sorted(kind.scenario.gaps[0])
    if len(set(gaps)) > 2:
        return MOST_OF_SPREAD
    return MOST_OF_FAR if gaps[-1] >= 4 else math.inf


def _allowed(tally: RaceTally) -> float:
    return ERROR + 2 * math.sqrt(ERROR * (1 - ERROR) / tally.races)


def _failures(results: Results) -> Iterator[str]:
    for kind, tally in results.items():
        if tally.error > _allowed(tally):
            yield f"{kind.name}: false winners in {100 * tally.error:.1f}% of races"
        if kind.priced and saving(kind, tally) > _goal(kind):
            yield f"{kind.name}: {saving(kind, tally):.2f} of the runs of equal seeds, more than {_goal(kind):.2f}"


def _answer(results: Results, failures: Sequence[str]) -> str:
    worst = max(results, key=lambda kind: results[kind].error)
    kept = sum(tally.error <= _allowed(tally) for tally in results.values())
    priced = {kind: saving(kind, tally) for kind, tally in results.items() if kind.priced and tally.named}
    missed = "1 goal is missed" if len(failures) == 1 else f"{len(failures)} goals are missed"
    low, high = (f"{100 * share(priced.values(), default=math.nan):.0f}" for share in (min, max))
    return (
        f"In {kept} of {len(results)} kinds of races a false winner is named in no more than 5% of races, within two"
        f" standard errors; at worst in {100 * results[worst].error:.1f}% ({worst.name}). A race needs {low} to"
        f" {high}% of the runs of equal seeds that name the best as often;"
        f" {missed if failures else 'every goal is met'}."
    )


def _errors(results: Results) -> Table:
    rows = [
        [
            kind.name,
            f"{kind.first} to {kind.most}",
            f"{tally.races:,}",
            f"{100 * tally.error:.1f}",
            f"{100 * math.sqrt(tally.error * (1 - tally.error) / tally.races):.1f}",
            f"{tally.looks / tally.races:.1f}",
        ]
        for kind, tally in results.items()
    ]
    return Table(["kind", "seeds", "races", "false winners, %", "±", "looks"], rows, "races")


def _costs(results: Results) -> Table:
    rows = [
        [
            kind.name,
            f"{kind.first} to {kind.most}",
            f"{100 * tally.power:.0f}",
            f"{tally.mean_runs:.1f}",
            *([f"{tally.seeds:.1f}", f"{tally.seeds * kind.scenario.levels:.1f}"] if tally.named else ["–", "–"]),
            f"{saving(kind, tally):.2f}" if tally.named else "–",
            "–" if math.isinf(_goal(kind)) else f"{_goal(kind):.2f}",
        ]
        for kind, tally in results.items()
        if kind.priced
    ]
    heads = ["kind", "seeds", "named, %", "runs", "equal seeds", "their runs", "share", "at most"]
    return Table(heads, rows, "costs")
