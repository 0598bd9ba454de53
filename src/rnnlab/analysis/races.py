"""The race that a sweep was, as its report judges it: by the looks that were taken, whenever it is asked."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from rnnlab.analysis.inference import divergence
from rnnlab.analysis.inference.contrasts import ERROR
from rnnlab.analysis.inference.judgement import Judgement, Rules, judge
from rnnlab.analysis.inference.observations import Observation, Setting
from rnnlab.analysis.inference.race import Race, Standing, judgement_of, standings
from rnnlab.analysis.inference.spending import errors_of_looks
from rnnlab.analysis.question import Asked, Question, short_names
from rnnlab.records.folder import FAILED
from rnnlab.records.identity import hash_in
from rnnlab.records.races import RecordedRace, first_runs_of, race_in
from rnnlab.records.reading import Run
from rnnlab.records.rounds import RecordedRounds


@dataclass(frozen=True)
class Raced:
    """The answer of the seeds of a race to a question.

    Attributes:
        race: The race.
        judgement: The verdicts, each at the error of its look.
        standings: How the groups stand; empty where the question is not the one that was raced.
        common: The number of seeds that answer another question; 0 where the question is the one that was raced.
        left_out: The number of runs that do not count: those ahead of the next look, and those of other seeds.
    """

    race: RecordedRace
    judgement: Judgement
    standings: tuple[Standing, ...]
    common: int
    left_out: int


def with_roles(asked: Asked, race: RecordedRace | None) -> Asked:
    """Return the question with the roles that keys had in a race, where a person gives none."""
    if race is None:
        return asked
    if asked.by is asked.tune is asked.within is None:
        asked = replace(asked, by=race.by, tune=race.tune, within=race.within)
    return replace(asked, worth=race.worth if asked.worth is None else asked.worth, metric=asked.metric or race.metric)


def judge_raced(
    question: Question, observations: Sequence[Observation], rules: Rules, rounds: RecordedRounds, runs: Sequence[Run]
) -> Raced | None:
    """Judge the runs of a race; None where the rounds of the sweep are none.

    Args:
        question: The question.
        observations: The runs with a result and those that diverged.
        rules: How they are judged.
        rounds: What the sweep noted of its rounds.
        runs: All runs, also those without a result.
    """
    recorded = race_in(rounds)
    if recorded is None:
        return None
    if not _asks_the_same(question, recorded) or not _are_raced(runs, rounds, recorded):
        return _otherwise(recorded, observations, rules)
    race = Race(recorded.first, recorded.seeds, _levels(question, rounds, runs), recorded.all_pairs)
    every = standings(observations, rules, race, _failures(question, runs))
    counted = sum(sum(standing.counted.values()) for standing in every if standing.looks)
    raced = sum(run.seed in recorded.seeds for run in observations)
    return Raced(recorded, judgement_of(every), tuple(every), 0, max(0, raced - counted) if counted else 0)


def _asks_the_same(question: Question, race: RecordedRace) -> bool:
    roles = ((race.by, question.by), (race.within, question.within), (race.tune, question.tune))
    return all(set(short_names(names, question.keys)) == set(asked) for names, asked in roles)


def _are_raced(runs: Sequence[Run], rounds: RecordedRounds, race: RecordedRace) -> bool:
    """Return True if the race asked for every run that has one of its seeds: it was compared with nothing else."""
    names = {_key(name) for entry in rounds.rounds for name in entry.runs}
    return all(_key(run.folder.name) in names for run in runs if run.seed in race.seeds)


def _levels(question: Question, rounds: RecordedRounds, runs: Sequence[Run]) -> dict[Setting, int]:
    """Return the number of levels that started in each group, at most where some have no run yet that says what it is.

    A look is not complete before every level has its seeds, also those of which a report sees nothing yet.
    """
    names = {_key(name) for name in first_runs_of(rounds)}
    first = [run for run in runs if _key(run.folder.name) in names]
    known: dict[Setting, set[str]] = {}
    for run in first:
        if run.config:
            known.setdefault(question.at(run), set()).add(question.level(run))
    unknown = len(names) - sum(bool(run.config) for run in first)
    return {at: len(levels) + unknown for at, levels in known.items()}


def _key(folder: str) -> str:
    return hash_in(folder) or folder


def _failures(question: Question, runs: Sequence[Run]) -> dict[Setting, set[divergence.Run]]:
    failures: dict[Setting, set[divergence.Run]] = {}
    for run in runs:
        if run.status == FAILED and run.config and not run.diverged and isinstance(run.seed, Hashable):
            failures.setdefault(question.at(run), set()).add((question.level(run), (), run.seed))
    return failures


def _otherwise(race: RecordedRace, observations: Sequence[Observation], rules: Rules) -> Raced:
    """Answer another question than the one that was raced: from the seeds that every configuration has.

    They were looked at as well, so that they are judged at the error of the look that they had.
    """
    seeds: dict[tuple[Setting, str, Setting], set[Hashable]] = {}
    for run in observations:
        if run.seed in race.seeds:
            seeds.setdefault((run.within, run.level, run.tuned), set()).add(run.seed)
    shared = [seed for seed in race.seeds if all(seed in has for has in seeds.values())]
    common = max(race.first, len(shared))
    counts = range(race.first, len(race.seeds) + 1)
    levels = len({level for _, level, _ in seeds})
    error = errors_of_looks(counts, ERROR, max(1, math.comb(levels, 2)))[common - race.first]
    counting = set(race.seeds[:common])
    kept = [run for run in observations if run.seed in counting or run.seed not in race.seeds]
    judgement = judge(kept, replace(rules, divisor=rules.divisor * ERROR / error))
    return Raced(race, judgement, (), common, len(observations) - len(kept))
