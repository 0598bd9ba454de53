"""The sentences below the headline: which question it answers, what could still be best, and what would decide it."""

from __future__ import annotations

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.open_verdict import is_tested
from rnnlab.enumeration import joined
from rnnlab.report.answer.headline import called, levels_of, measured, place, spoken
from rnnlab.report.answer.next_step import NextStep, next_step
from rnnlab.report.answer.races import race_lines
from rnnlab.report.answer.warnings import warnings

WORTH_SAYING = 0.05  # a share of parameters or operations
MOST_NAMED = 6


def sentences(answer: Answer) -> list[str]:
    """Return what stands below the headline, without cautions and the next step."""
    return [
        line
        for line in (
            question_line(answer),
            *candidate_lines(answer),
            *race_lines(answer),
            across_line(answer),
            cost_line(answer),
        )
        if line
    ]


def cautions(answer: Answer) -> list[str]:
    """Return what a reader has to mind."""
    return [caution.text for caution in warnings(answer)]


def decides(answer: Answer) -> NextStep:
    """Return what would decide the question."""
    return next_step(answer)


def question_line(answer: Answer) -> str:
    """Say which question is answered, and how to ask another."""
    question = answer.question
    if not question.by:
        return ""
    clauses = [
        f"Which {called(answer)} has the {'highest' if question.is_higher_better else 'lowest'} {measured(answer)}"
    ]
    clauses += [f"each at its own best {joined(list(question.tune))}"] if question.tune else []
    clauses += [f"at each {joined(list(question.within))}"] if question.within else []
    said = [f"{name} {in_short(value)}" for name, value in question.base.items()]
    base = f" The base has {joined(said)}." if said else ""
    return f"Asked: {', '.join(clauses)}?{base} Ask otherwise with by=, tune= and within=."


def candidate_lines(answer: Answer) -> list[str]:
    """Say which levels could still be the best: of the only verdict, or of each setting of `within`."""
    if not answer.question.by:
        return []
    if answer.main is not None:
        return [_candidates(answer, list(answer.main.candidates), len(levels_of(answer.main)), "")]
    shown = answer.groups[:MOST_NAMED]
    lines = [
        _candidates(answer, list(group.candidates), len(group.levels), f" at {place(group.within)}")
        for group in shown
        if is_tested(group.contrasts)
    ]
    left = len(answer.groups) - len(shown)
    return [*filter(None, lines), *([f"The other {left} settings are in answer.json."] if left else [])]


def across_line(answer: Answer) -> str:
    """Say whether the order holds over data sets, each of which counts as one observation."""
    across = answer.across
    if across is None or len(across.ranks) < 2:
        return ""
    best, *rest = across.ranks
    rank = f"the best mean rank ({across.ranks[best]:.1f})"
    head = f"Across {across.sets} values of {across.key}, {spoken(answer, best)} has {rank}"
    worse = [one.second for one in across.contrasts if one.first == best and one.verdict == "better"]
    if worse:
        return f"{head} and is better than {joined([spoken(answer, name) for name in worse])} by a sign test."
    if across.sets < across.least:
        return f"{head}; at least {across.least} would be needed to show that an order holds."
    return f"{head}, but is not shown to be better than {spoken(answer, rest[0])}."


def cost_line(answer: Answer) -> str:
    """Say what the cheapest level that could be best saves in parameters and operations."""
    if len(answer.groups) != 1 or len(answer.groups[0].levels) < 2 or not answer.question.by:
        return ""
    group = answer.groups[0]
    best, saved = group.levels[0].name, []
    for name, words in (("parameters", "parameters"), ("flops", "operations a step")):
        costs = {level.name: answer.figure(group.within, level.name, name) for level in group.levels}
        least = min(costs, key=lambda level: (costs[level] != costs[level], costs[level]))
        if costs[best] > 0 and costs[least] / costs[best] <= 1 - WORTH_SAYING:
            saved.append((least, f"{1 - costs[least] / costs[best]:.0%} fewer {words}"))
    if not saved:
        return ""
    if len({name for name, _ in saved}) == 1:
        return f"{spoken(answer, saved[0][0])} has {joined([text for _, text in saved])} than {spoken(answer, best)}."
    return "; ".join(f"{spoken(answer, name)} has {text} than {spoken(answer, best)}" for name, text in saved) + "."


def _candidates(answer: Answer, names: list[str], count: int, where: str) -> str:
    if count < 2:
        return ""
    if len(names) == count and count > 1:
        return f"Could still be best{where}: {'either' if count == 2 else f'any of the {count}'}."
    shown = [f"{spoken(answer, name)}" for name in names[:MOST_NAMED]]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Could still be best{where}: {', '.join(shown)}{more}."
