"""The planner of a race: which seeds of which configurations come next, by what is shown so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnlab.analysis.inference.divergence import Run
from rnnlab.analysis.inference.judgement import Rules
from rnnlab.analysis.inference.observations import Observation, Setting
from rnnlab.analysis.inference.race import Race, Standing, standings
from rnnlab.analysis.question import leaves_the_start
from rnnlab.enumeration import joined
from rnnlab.records.folder import COMPLETE
from rnnlab.records.races import RecordedRace, record_of
from rnnlab.sweeps.plan import label_of
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Round, Words

MOST_NAMED = 3  # configurations in the sentence that ends a race


@dataclass(frozen=True)
class Entrant:
    """A configuration that takes part in a race.

    Attributes:
        words: Its overrides, without a seed.
        within: Those of `words` that name its group: only entrants with the same ones are rivals.
    """

    words: Words
    within: Words = ()

    @property
    def label(self) -> str:
        """The name that it has among its rivals, such as `cell=gru hidden_size=64`."""
        return label_of([word for word in self.words if word not in self.within])

    @property
    def group(self) -> Setting:
        """The key of its group."""
        return tuple((word.partition("=")[0], word.partition("=")[2]) for word in self.within)


@dataclass(frozen=True)
class RacePlanner:
    """Gives seeds to the entrants that could still be the best, or to all pairs that are undecided.

    Attributes:
        entrants: The configurations.
        first: The number of seeds of each before the first look.
        seeds: All seeds, in the order in which they are given.
        all_pairs: True to decide every pair; otherwise the best alone.
        worth: The smallest difference worth having; None for the default of reports.
        by: The keys that are compared.
        within: The keys at whose values the question is asked again.
        tune: The keys that earlier trials have chosen the values of.
        metric: The metric that entrants are compared by; None for the loss that runs are ranked by.
        groups: The entrants of each group, by its key.
    """

    entrants: tuple[Entrant, ...]
    first: int
    seeds: tuple[int, ...]
    all_pairs: bool = False
    worth: float | None = None
    by: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    tune: tuple[str, ...] = ()
    metric: str | None = None
    groups: Mapping[Setting, tuple[Entrant, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        groups: dict[Setting, tuple[Entrant, ...]] = {}
        for entrant in self.entrants:
            groups[entrant.group] = (*groups.get(entrant.group, ()), entrant)
        object.__setattr__(self, "groups", groups)

    def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
        """Return the runs that the next look needs, or how the race ended.

        Args:
            ended: The runs so far; those that are no part of the race are passed over.
        """
        known = {run.words: run for run in ended}
        every = {standing.group.within: standing for standing in self._standings(known)}
        kept = [entrant for at in self.groups for entrant in self._racing(at, every.get(at))]
        due = [run for entrant in kept for run in self._due(entrant, every.get(entrant.group)) if run not in known]
        if not due:
            return Done(self._conclusion(every), self._record)
        rest = [run for run in self._in_turn(kept) if run not in known and run not in due]
        return Round(
            name=f"{1 + max(self.seeds.index(_seed(run)) for run in due)} seeds each",
            runs=tuple(due),
            open=tuple(label_of(entrant.words) for entrant in kept),
            out=tuple(label_of(entrant.words) for entrant in self.entrants if entrant not in kept),
            at_most=len(rest),
            ahead=tuple(rest),
            record=self._record,
        )

    @property
    def _race(self) -> Race:
        levels = {at: len(entrants) for at, entrants in self.groups.items()}
        return Race(self.first, self.seeds, levels, self.all_pairs)

    @property
    def _pairs(self) -> bool:
        return bool(self.by) and all(map(leaves_the_start, self.by))

    @property
    def _record(self) -> Mapping[str, Any]:
        return record_of(
            RecordedRace(
                first=self.first,
                seeds=self.seeds,
                all_pairs=self.all_pairs,
                by=self.by,
                tune=self.tune,
                within=self.within,
                worth=self.worth,
                metric=self.metric,
            )
        )

    def _standings(self, known: Mapping[Words, EndedRun]) -> list[Standing]:
        """Return how the groups stand that have a result."""
        runs = [
            (entrant, run)
            for entrant in self.entrants
            for seed in self.seeds
            if (run := known.get(_words(entrant, seed))) is not None
        ]
        lost: dict[Setting, set[Run]] = {}
        for entrant, run in runs:
            if run.status != COMPLETE and not run.diverged:
                lost.setdefault(entrant.group, set()).add((entrant.label, (), run.seed))
        observations = [
            Observation(entrant.label, (), entrant.group, run.seed, run.value)
            for entrant, run in runs
            if run.status == COMPLETE or run.diverged
        ]
        chance: dict[Setting, float] = {}
        for entrant, run in runs:
            if math.isfinite(run.chance):
                chance.setdefault(entrant.group, run.chance)
        rules = Rules(self.worth, chance, self._pairs, accidents=self.metric is None)
        return standings(observations, rules, self._race, lost)

    def _racing(self, at: Setting, standing: Standing | None) -> list[Entrant]:
        """Return the entrants of a group that get further seeds, the best first."""
        if standing is None or not standing.looks:
            return list(self.groups[at])
        by_label = {entrant.label: entrant for entrant in self.groups[at]}
        ranked = [*(level.name for level in standing.group.levels), *by_label]
        names = [name for name in dict.fromkeys(ranked) if name in standing.contenders]
        return [] if standing.ending else [by_label[name] for name in names]

    def _due(self, entrant: Entrant, standing: Standing | None) -> list[Words]:
        """Return the runs that an entrant has at the next look."""
        looks = standing.looks if standing else 0
        return [_words(entrant, seed) for seed in self.seeds[: self._race.counts[looks]]]

    def _in_turn(self, entrants: Sequence[Entrant]) -> list[Words]:
        return [_words(entrant, seed) for seed in self.seeds for entrant in entrants]

    def _conclusion(self, every: Mapping[Setting, Standing]) -> str:
        """Return how the race ended, in one line."""
        clauses = [self._clause(at, every.get(at)) for at in self.groups]
        used = sum(sum(standing.counted.values()) for standing in every.values())
        most = len(self.entrants) * len(self.seeds)
        return f"{'; '.join(clauses)} (from {used} runs; {most} would be all seeds of all)"

    def _clause(self, at: Setting, standing: Standing | None) -> str:
        where = f"at {label_of(['='.join(map(str, pair)) for pair in at])} " if at else ""
        if standing is None:
            return f"{where}every configuration had a run that failed"
        open_ = list(standing.group.candidates)
        names = f"{joined(open_)}" if len(open_) <= MOST_NAMED else f"{len(open_)} configurations"
        endings = {
            "best": f"{names} is the best",
            "equal": f"{names} are practically equal, and nothing else could be best",
            "decided": f"every two are decided; {names} could be best",
            "alone": f"{names} could be best, but no two are left without a failed run",
            "most": f"{names} could still be the best after {len(self.seeds)} seeds each",
        }
        return f"{where}{endings[standing.ending or 'most']}"


def _words(entrant: Entrant, seed: int) -> Words:
    return (*entrant.words, f"seed={seed}")


def _seed(run: Words) -> int:
    return int(run[-1].partition("=")[2])
