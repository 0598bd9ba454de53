"""The verdict that is still open: on which levels, and what each of them lacks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.answer import Answer, seed_of
from rnnlab.analysis.inference.contrasts import ERROR, Contrast
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.analysis.inference.observations import Setting
from rnnlab.analysis.planned_seeds import planned_seeds

Place = tuple[Setting, str]  # a setting of `within` and a level


@dataclass(frozen=True)
class OpenVerdict:
    """A verdict that is open.

    Attributes:
        groups: The groups that it is on: one, or all where it is on their mean.
        names: The levels that could still be best, the best first.
        rivals: The tested contrasts of the best with the others.
        levels: The number of levels that were compared.
        error: The error of the verdict.
    """

    groups: tuple[Group, ...]
    names: tuple[str, ...]
    rivals: tuple[Contrast, ...]
    levels: int
    error: float

    @property
    def places(self) -> list[tuple[Group, Level]]:
        """Every level that could be best, in each of the groups."""
        return [
            (group, level)
            for name in self.names
            for group in self.groups
            for level in group.levels
            if level.name == name
        ]

    @property
    def counts(self) -> Mapping[str, int]:
        """The seeds of each level, of the group where it has the fewest."""
        return {name: min(level.seeds for _, level in self.places if level.name == name) for name in self.names}

    def seeds(self, worth: float) -> int:
        """Return about how many seeds of each level decide; see `planned_seeds`."""
        return planned_seeds(self.rivals, self.counts, worth, self.levels, self.error)

    def lacking(self, answer: Answer, seeds: int) -> dict[Place, tuple[int, ...]]:
        """Return the seeds that each level lacks until it has so many.

        Those that tuned it count for nothing, those that diverged are no result, and all levels get the same ones as
        far as possible.
        """
        trained = {(group.within, level.name): _trained(answer, group, level) for group, level in self.places}
        known = {seed for group, level in self.places for seed in level.choice.seeds if isinstance(seed, int)}
        last = max((seed for seeds_ in trained.values() for seed in seeds_ if isinstance(seed, int)), default=-1)
        further = {
            (group.within, level.name): _first(
                sorted(known), last, trained[group.within, level.name], seeds - level.seeds
            )
            for group, level in self.places
        }
        return {at: lacks for at, lacks in further.items() if lacks}


def open_verdict(answer: Answer) -> OpenVerdict | None:
    """Return what is open: the mean of all groups, or the group whose best is the least certain; None for nothing."""
    if answer.overall is not None and len(answer.groups) > 1:
        overall = answer.overall
        # The groups have the other half of the error.
        made = _verdict(answer.groups, tuple(overall.levels), overall.candidates, overall.contrasts, ERROR / 2)
        return None if is_closed(overall.candidates, overall.contrasts) else made
    open_ = [one for one in answer.groups if len(one.levels) > 1 and not is_closed(one.candidates, one.contrasts)]
    if not open_:
        return None
    group = max(open_, key=lambda one: len(one.candidates))
    names = tuple(level.name for level in group.levels)
    return _verdict((group,), names, group.candidates, group.contrasts, _error(answer, group))


def is_tested(contrasts: Sequence[Contrast]) -> bool:
    """Return True if a difference could be tested: there were seeds enough."""
    return any(math.isfinite(contrast.p) for contrast in contrasts)


def is_closed(candidates: Sequence[str], contrasts: Sequence[Contrast]) -> bool:
    """Return True if all that could be best are practically equal, or one alone could be."""
    rivals = [one for one in contrasts if one.first in candidates and one.second in candidates]
    return is_tested(contrasts) and all(one.verdict != "undecided" for one in rivals)


def _verdict(
    groups: tuple[Group, ...],
    levels: tuple[str, ...],
    candidates: tuple[str, ...],
    contrasts: Sequence[Contrast],
    error: float,
) -> OpenVerdict:
    names = candidates if is_tested(contrasts) else levels
    rivals = [one for one in contrasts if names[0] in (one.first, one.second) and {one.first, one.second} <= {*names}]
    return OpenVerdict(groups, names, tuple(one for one in rivals if math.isfinite(one.error)), len(levels), error)


def _error(answer: Answer, group: Group) -> float:
    """Return the error that the contrasts of a group are held to."""
    standings = answer.raced.standings if answer.raced else ()
    raced = next((one.error for one in standings if one.group.within == group.within), None)
    return ERROR / len(answer.groups) if raced is None else raced


def _trained(answer: Answer, group: Group, level: Level) -> set[Hashable]:
    return {seed_of(run) for run in answer.runs[group.within, level.name]}


def _first(known: Sequence[int], last: int, trained: set[Hashable], count: int) -> tuple[int, ...]:
    """Return so many seeds that were not trained: first those of the other levels, then new ones."""
    fresh: Iterator[int] = (seed for seed in itertools.chain(known, itertools.count(last + 1)) if seed not in trained)
    return tuple(itertools.islice(fresh, max(0, count)))
