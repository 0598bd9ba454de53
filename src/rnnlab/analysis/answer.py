"""The answer to a question: levels at their own best, what the seeds support of them, and what to mind."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rnnlab.analysis.inference.across import Across, across
from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.analysis.inference.judgement import Group, Interval, Judgement, Level, Overall, Rules, judge
from rnnlab.analysis.inference.observations import Observation, Setting
from rnnlab.analysis.item_intervals import interval_over_items
from rnnlab.analysis.question import Question, items
from rnnlab.analysis.races import Raced, judge_raced
from rnnlab.config.schema import kind_of
from rnnlab.records.folder import PRUNED
from rnnlab.records.identity import PATHS
from rnnlab.records.reading import Run, float_or_nan
from rnnlab.records.rounds import RecordedRounds

LARGEST = 1e30
TINY = 1e-9  # beside a number that may be no whole one


@dataclass(frozen=True)
class Answer:
    """The answer of runs to a question, in the metric's own unit and direction.

    Attributes:
        question: The question.
        judgement: What the seeds support.
        runs: The runs of each level at its tuned setting, by setting of `within` and level, by seed.
        all_runs: All runs that the answer is of.
        across: The order over data sets; None where it is not asked for.
        missing: The number of planned runs without a result, beside those that diverged.
        others: The settings of `within` at which runs were not all validated on the same items.
        validated_on_test: True if the validation part and the test part hold the same items.
        chance: What a model reaches that has learned nothing, by setting of `within`; NaN where it is not known.
        raced: The race that gave the runs their seeds; None where all seeds were given at once.
    """

    question: Question
    judgement: Judgement
    runs: Mapping[tuple[Setting, str], tuple[Run, ...]]
    all_runs: tuple[Run, ...]
    across: Across | None
    missing: int
    others: tuple[Setting, ...]
    validated_on_test: bool
    chance: Mapping[Setting, float]
    raced: Raced | None = None

    @cached_property
    def items(self) -> Mapping[tuple[Setting, str], Interval]:
        """The test result of each level with the interval that its items make, by setting of `within` and level.

        One is missing where runs kept no items. Files are read once somebody asks: they are large.
        """
        intervals = {place: interval_over_items(runs, self.question.metric) for place, runs in self.runs.items()}
        return {place: interval for place, interval in intervals.items() if interval}

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.judgement.groups

    @property
    def overall(self) -> Overall | None:
        return self.judgement.overall

    def places(self, name: str) -> list[tuple[Group, Level]]:
        """Return a level in each group that has it."""
        return [(group, level) for group in self.groups for level in group.levels if level.name == name]

    @property
    def main(self) -> Group | Overall | None:
        """The subject of a single verdict: the only group or the mean over all; None where each group has its own."""
        return self.groups[0] if len(self.groups) == 1 else self.overall

    def measured_runs(self, group: Group, level: Level) -> tuple[Run, ...]:
        """Return the runs that the result of a level is the mean of: fresh seeds where there are any, none diverged."""
        runs = [run for run in self.runs.get((group.within, level.name), ()) if seed_of(run) in level.choice.seeds]
        accidents = self.judgement.diverged.get(group.within, frozenset())
        spared = [run for run in runs if (level.name, level.choice.setting, seed_of(run)) not in accidents]
        return tuple(spared or runs)

    def figure(self, at: Setting, level: str, name: str) -> float:
        """Return the mean of a figure of summary.json, such as `parameters`, over the tuned runs of a level."""
        values = [float_or_nan(run.summary.get(name)) for run in self.runs.get((at, level), ())]
        return math.fsum(values) / len(values) if values else math.nan


def answer(
    question: Question, complete: Sequence[Run], others: Sequence[Run] = (), rounds: RecordedRounds | None = None
) -> Answer:
    """Answer a question from the runs of a sweep.

    Args:
        question: The question.
        complete: The runs with a result.
        others: The planned runs without one, of which those that diverged count.
        rounds: The rounds of the sweep, if it proceeded in rounds; those of a race decide which seeds count.
    """
    accidents = [run for run in others if run.diverged]
    given_up = [run for run in others if run.status == PRUNED]
    used = [*complete, *accidents]
    chance = _chances(question, complete)
    sign = question.criterion.sign
    used = sorted(used, key=lambda run: [_place(value) for _, value in question.at(run)])
    observations = [_observation(question, run, sign) for run in used]
    rules = Rules(
        worth=question.worth,
        chance={at: sign * value for at, value in chance.items()},
        pairs=question.pairs,
        part="test" if question.on_test else "value",
        accidents=question.metric.ranks,
        pools=not any(name in question.task and _is_of_other_data(question, name) for name in question.within),
    )
    raced = judge_raced(question, observations, rules, rounds, [*complete, *others]) if rounds else None
    judgement = raced.judgement if raced else judge(observations, rules)
    judgement = _without_ends(question, judgement)
    if given_up:
        judgement = _without_edges_inside(question, judgement, used, given_up)
    tuned = _tuned_runs(question, judgement, used)
    return Answer(
        question=question,
        judgement=_turned(judgement) if question.is_higher_better else judgement,
        runs=tuned,
        all_runs=tuple(used),
        across=_across(question, judgement) if question.across else None,
        missing=len(others) - len(accidents) - len(given_up),
        others=_other_items(question, complete),
        validated_on_test=_validated_on_test(complete),
        chance=chance,
        raced=raced,
    )


def _place(value: object) -> tuple[bool, float, str]:
    """Return the sort key of a value of `within`: numbers by their size, before all others."""
    number = float_or_nan(value)
    return (True, 0.0, str(value)) if math.isnan(number) else (False, number, "")


def _observation(question: Question, run: Run, sign: float) -> Observation:
    return Observation(
        level=question.level(run),
        tuned=question.tuned(run),
        within=question.at(run),
        seed=seed_of(run),
        value=sign * _bounded(run.value(question.metric.validation)) if run.is_complete else math.nan,
        test=sign * _bounded(run.value(question.metric.test)),
        at_edge=_at_edge(question, run),
    )


def _at_edge(question: Question, run: Run) -> tuple[str, ...] | None:
    """Return the tuned keys that a run was drawn at the edge of; None for a run that was not drawn."""
    if run.draw is None:
        return None
    return tuple(name for name in question.tune if question.keys[name] in run.draw.at_edge)


def _without_ends(question: Question, judgement: Judgement) -> Judgement:
    """Return a judgement in which no number is at an edge that is the end of what its key can be, such as dropout 0."""

    def is_edge(level: Level, key: str) -> bool:
        kind, number = kind_of(question.keys[key]), float_or_nan(dict(level.choice.setting)[key])
        step = 1 if number.is_integer() and number else TINY
        both_sides = (int(number) + side * step if step == 1 else number + side * step for side in (-1, 1))
        return kind is None or all(map(kind.holds, both_sides))

    def with_edges(level: Level) -> Level:
        return replace(level, at_edge=tuple(key for key in level.at_edge if is_edge(level, key)))

    groups = [replace(group, levels=tuple(map(with_edges, group.levels))) for group in judgement.groups]
    return replace(judgement, groups=tuple(groups))


def _without_edges_inside(
    question: Question, judgement: Judgement, used: Sequence[Run], given_up: Sequence[Run]
) -> Judgement:
    """Return a judgement in which no number is at an edge beyond which a search has tried one, and gave that run up."""
    results, beyond = _tuned_by_level(question, used), _tuned_by_level(question, given_up)

    def is_edge(level: Level, place: tuple[Setting, str], key: str) -> bool:
        chosen = float_or_nan(dict(level.choice.setting)[key])
        numbers = [float_or_nan(setting[key]) for setting in beyond.get(place, ())]
        if all(chosen >= float_or_nan(setting[key]) for setting in results[place]):
            return not any(number > chosen for number in numbers)
        return not any(number < chosen for number in numbers)

    def with_edges(group: Group, level: Level) -> Level:
        place = (group.within, level.name)
        return replace(level, at_edge=tuple(key for key in level.at_edge if is_edge(level, place, key)))

    groups = [
        replace(group, levels=tuple(with_edges(group, one) for one in group.levels)) for group in judgement.groups
    ]
    return replace(judgement, groups=tuple(groups))


def _tuned_by_level(question: Question, runs: Sequence[Run]) -> dict[tuple[Setting, str], list[dict[str, object]]]:
    settings: dict[tuple[Setting, str], list[dict[str, object]]] = {}
    for run in runs:
        settings.setdefault((question.at(run), question.level(run)), []).append(dict(question.tuned(run)))
    return settings


def _bounded(value: float) -> float:
    """Return NaN for a value that no measurement has: its square would be no number."""
    return value if abs(value) < LARGEST else math.nan


def seed_of(run: Run) -> Hashable:
    """Return the seed of a run; of one that says none its folder, so that no two count as one."""
    seed = run.seed
    return seed if isinstance(seed, int | float | str) else run.folder.as_posix()


def _chances(question: Question, runs: Sequence[Run]) -> dict[Setting, float]:
    """Return what a model reaches that has learned nothing, by setting of `within`."""
    chances: dict[Setting, float] = {}
    for run in runs:
        if math.isfinite(value := run.chance(question.name)):
            chances.setdefault(question.at(run), value)
    return chances


def _is_of_other_data(question: Question, name: str) -> bool:
    """Return True if a key chooses the data or the task, so that losses at its values are not in one unit."""
    return question.keys[name].startswith(("data.name", *PATHS, "data.sha256", "task.name", "data.reader"))


def _tuned_runs(
    question: Question, judgement: Judgement, runs: Sequence[Run]
) -> dict[tuple[Setting, str], tuple[Run, ...]]:
    by_place: dict[tuple[Setting, str, Setting], dict[Hashable, Run]] = {}
    for run in runs:
        by_place.setdefault((question.at(run), question.level(run), question.tuned(run)), {}).setdefault(
            seed_of(run), run
        )
    return {
        (group.within, level.name): tuple(by_place[group.within, level.name, level.choice.setting].values())
        for group in judgement.groups
        for level in group.levels
    }


def _across(question: Question, judgement: Judgement) -> Across:
    """Return the order over the values of a key; of each the mean over its groups."""
    by_set: dict[Hashable, list[Group]] = {}
    for group in judgement.groups:
        by_set.setdefault(repr(dict(group.within).get(question.across)), []).append(group)
    return across(question.across, [_ranked(groups) for groups in by_set.values()])


def _ranked(groups: Sequence[Group]) -> dict[str, float]:
    """Return the result of each level on one data set, or its mean rank where there are several groups."""
    if len(groups) == 1:
        return {level.name: level.value.value for level in groups[0].levels}
    places: dict[str, list[int]] = {}
    for group in groups:
        for place, level in enumerate(group.levels):
            places.setdefault(level.name, []).append(place)
    return {name: math.fsum(seen) / len(seen) for name, seen in places.items()}


def _other_items(question: Question, runs: Sequence[Run]) -> tuple[Setting, ...]:
    seen: dict[Setting, set[str]] = {}
    for run in runs:
        seen.setdefault(question.at(run), set()).add(items(run))
    return tuple(at for at, sets in seen.items() if len(sets) > 1)


def _validated_on_test(runs: Sequence[Run]) -> bool:
    """Return True if every run was tested on the items that it was validated on."""

    def same(run: Run) -> bool:
        if run.validation_items and run.test_items:
            return run.validation_items == run.test_items
        return run.value(run.measure.test) == run.loss

    return bool(runs) and all(map(same, runs))


def _turned(judgement: Judgement) -> Judgement:
    """Return a judgement of losses as one of scores, of which higher is better."""
    return Judgement(
        groups=tuple(_turned_group(group) for group in judgement.groups),
        interaction=judgement.interaction,
        overall=judgement.overall
        and Overall(
            {name: -value for name, value in judgement.overall.levels.items()},
            judgement.overall.candidates,
            tuple(map(_turned_contrast, judgement.overall.contrasts)),
        ),
        worth=judgement.worth,
        diverged=judgement.diverged,
    )


def _turned_group(group: Group) -> Group:
    levels = tuple(_turned_level(level) for level in group.levels)
    return Group(group.within, levels, group.candidates, tuple(map(_turned_contrast, group.contrasts)))


def _turned_level(level: Level) -> Level:
    return replace(level, value=_turned_interval(level.value), test=level.test and _turned_interval(level.test))


def _turned_interval(interval: Interval) -> Interval:
    return Interval(-interval.value, -interval.high, -interval.low)


def _turned_contrast(contrast: Contrast) -> Contrast:
    """Return a contrast of scores; the verdict stays, as it is on what is better."""
    return replace(contrast, difference=-contrast.difference, low=-contrast.high, high=-contrast.low)
