"""Warnings for the reader of an answer: how it was measured, and what it does not say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.findings.budgets import unequal_budget
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.enumeration import joined
from rnnlab.records.reading import Run
from rnnlab.report.answer.headline import measured, place, some, spoken
from rnnlab.report.answer.races import failures_line

MOST_LISTED = 3


@dataclass(frozen=True)
class Caution:
    """Something to mind.

    Attributes:
        kind: Such as `one_seed` or `edge`.
        text: What it says, in one sentence.
    """

    kind: str
    text: str


def warnings(answer: Answer) -> list[Caution]:
    """Return the warnings of an answer, the gravest first."""
    made = (
        _one_seed,
        _diverged,
        _failed_in_race,
        _edge,
        _selection,
        _picked,
        _few_items,
        _validation_is_test,
        _different_items,
        _test_disagrees,
        _confounded,
        _unequal_budget,
        _untried,
        _missing,
    )
    return [warning for make in made if (warning := make(answer))]


def _one_seed(answer: Answer) -> Caution | None:
    alone = [
        f"{spoken(answer, level.name)}{_where(answer, group)}"
        for group, level in _levels(answer)
        if len(_runs(answer, group, level.name)) < 2
    ]
    if not alone:
        return None
    return Caution("one_seed", f"One seed tells nothing of luck, and there is one of {some(alone, MOST_LISTED)}.")


def _diverged(answer: Answer) -> Caution | None:
    lost: dict[str, int] = {}
    for runs in answer.judgement.diverged.values():
        for level, _, _ in runs:
            lost[level] = lost.get(level, 0) + 1
    if not lost:
        return None
    counted = [f"{count} of {spoken(answer, level)}" for level, count in sorted(lost.items())]
    return Caution(
        "diverged",
        f"Runs diverged: {some(counted, MOST_LISTED)}. The answer leaves them out, and calls undecided what they"
        " would turn round; means in tables have those that ended with a number.",
    )


def _failed_in_race(answer: Answer) -> Caution | None:
    text = failures_line(answer)
    return Caution("race", text) if text else None


def _edge(answer: Answer) -> Caution | None:
    edges: dict[str, list[str]] = {}
    for _, level in _levels(answer):
        for key in level.at_edge:
            names = edges.setdefault(f"{key} {in_short(dict(level.choice.setting)[key])}", [])
            name = spoken(answer, level.name)
            names.extend([name] if name not in names else [])
    if not edges:
        return None
    listed = [f"{some(names)} at {edge}" for edge, names in edges.items()]
    return Caution(
        "edge",
        f"Best at the edge of the range tried, so a wider one may change the order: {some(listed, MOST_LISTED)}.",
    )


def _selection(answer: Answer) -> Caution | None:
    biased = [
        spoken(answer, level.name) for _, level in _levels(answer) if level.choice.biased and level.choice.settings > 1
    ]
    if not biased:
        return None
    names = list(dict.fromkeys(biased))
    return Caution(
        "selection",
        f"The settings of {some(names, MOST_LISTED)} were chosen by the same seed that their results are of, so these"
        " are too good; fresh seeds would tell.",
    )


MANY = 6  # levels from which the best one's own interval covers its value clearly less often than it says


def _picked(answer: Answer) -> Caution | None:
    group = max(answer.groups, key=lambda one: len(one.levels), default=None)
    if group is None or len(group.levels) < MANY:
        return None
    return Caution(
        "selection",
        f"{spoken(answer, group.levels[0].name)} was picked as the best of {len(group.levels)}, so its own result looks"
        " better than it is; the test part had no part in that.",
    )


FEW = 30  # items of which the mean is known to a fifth of a deviation


def _few_items(answer: Answer) -> Caution | None:
    """Say that an order may belong to a few items, which no number of seeds can tell."""
    on_test = answer.question.on_test
    counts = [run.test_count if on_test else run.validation_count for run in answer.all_runs]
    fewest = min((count for count in counts if count is not None), default=FEW)
    if fewest >= FEW or not _has_rivals(answer):
        return None
    items = f"{fewest} item" if fewest == 1 else f"{fewest} items"
    part = "The test part" if on_test else "Validation"
    return Caution("few_items", f"{part} has {items}: others could turn the order, whatever the seeds say.")


def _has_rivals(answer: Answer) -> bool:
    return any(len(group.levels) > 1 for group in answer.groups)


def _validation_is_test(answer: Answer) -> Caution | None:
    if not answer.validated_on_test:
        return None
    return Caution(
        "validation_is_test", "The test part is the validation part, so test results are no check of the choice."
    )


def _different_items(answer: Answer) -> Caution | None:
    if not answer.others:
        return None
    where = joined([place(at) for at in answer.others[:MOST_LISTED] if at])
    return Caution(
        "different_items",
        f"Runs were validated on different items{f' at {where}' if where else ''}; compare them with care.",
    )


def _test_disagrees(answer: Answer) -> Caution | None:
    for group in answer.groups:
        tests = {
            level.name: level.test.value for level in group.levels if level.test and math.isfinite(level.test.value)
        }
        best = group.levels[0].name
        if best not in tests or answer.validated_on_test or answer.question.on_test:
            continue
        sign = -1 if answer.question.is_higher_better else 1
        first = min(tests, key=lambda name: (sign * tests[name], name != best))
        if first != best:
            return Caution(
                "test_disagrees",
                f"On the test part {spoken(answer, first)} comes before {spoken(answer, best)}"
                f"{_where(answer, group)}, which has the better {measured(answer)}.",
            )
    return None


def _confounded(answer: Answer) -> Caution | None:
    if not answer.question.followers:
        return None
    followers, by = joined(list(answer.question.followers)), answer.question.compared
    return Caution("confounded", f"{followers} changed together with {by}, so nobody can tell which of them it is.")


def _unequal_budget(answer: Answer) -> Caution | None:
    """Say that equal epochs were not equal training, and what would make it so."""
    budget = unequal_budget(answer)
    if budget is None:
        return None
    ways = f"trainer.max_steps={budget.fewest} gives all of them as many"
    if budget.by_windows:
        ways += "; so does data.tokens_per_step, for windows of any length"
    return Caution(
        "confounded",
        f"Runs differ in optimizer steps ({budget.fewest:,} to {budget.most:,}): equal epochs are not equal training."
        f" {ways}.",
    )


def _untried(answer: Answer) -> Caution | None:
    """Say which levels were not tried at every setting of `within`."""
    names = {level.name for _, level in _levels(answer)}
    lacking = [
        f"{spoken(answer, name)}{_where(answer, group)}"
        for group in answer.groups
        for name in sorted(names - {level.name for level in group.levels})
    ]
    if not lacking or answer.question.task:
        return None
    return Caution("untried", f"Not every level was tried everywhere: there is no {some(lacking, MOST_LISTED)}.")


def _missing(answer: Answer) -> Caution | None:
    if not answer.missing:
        return None
    runs, verb = ("run", "has") if answer.missing == 1 else ("runs", "have")
    return Caution("missing", f"{answer.missing} planned {runs} {verb} no result; the answer is of the others.")


def _levels(answer: Answer) -> list[tuple[Group, Level]]:
    return [(group, level) for group in answer.groups for level in group.levels]


def _runs(answer: Answer, group: Group, name: str) -> tuple[Run, ...]:
    return answer.runs[group.within, name]


def _where(answer: Answer, group: Group) -> str:
    return f" at {place(group.within)}" if len(answer.groups) > 1 else ""
