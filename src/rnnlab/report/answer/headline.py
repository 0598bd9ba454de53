"""The headline of an answer: what to use, what is practically as good, what is worse and by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.configurations import LONGEST_TYPED, in_short
from rnnlab.analysis.inference.contrasts import Contrast, Verdict, reversed_
from rnnlab.analysis.inference.judgement import DEPENDS, Group, Interval, Overall
from rnnlab.analysis.inference.observations import Setting
from rnnlab.analysis.open_verdict import is_tested
from rnnlab.enumeration import joined
from rnnlab.report.answer.figures import gap, value

MOST_WORDS = 30
MOST_NAMED = 2  # levels in one clause of the headline, before the rest is counted; fewer where there is no room
ANSWERS = ("true", "false", "null")  # values that say nothing without their key
MOST_GROUPS = 2  # settings of `within` that a headline tells apart


def headline(answer: Answer) -> str:
    """Return the answer in one sentence of at most 30 words and two figures."""
    if not answer.question.by:
        return _no_rivals(answer)
    if len(answer.groups) > 1 and answer.overall is None:
        return _by_group(answer)
    names = levels_of(answer.main)
    if len(names) == 1:
        return f"There is one {called(answer)}, {names[0]}, and nothing to compare it with: {_at(answer, names[0])}."
    if not is_tested(contrasts_of(answer.main)):
        return _shortest(_untested(answer, names, most) for most in range(MOST_NAMED, -1, -1))
    return _shortest(_tested(answer, names, most, all_) for all_ in (True, False) for most in range(MOST_NAMED, -1, -1))


def _shortest(sentences: Iterable[str]) -> str:
    """Return the first sentence that is short enough, or the last."""
    sentence = ""
    for sentence in sentences:
        if len(sentence.split()) <= MOST_WORDS:
            break
    return sentence


def called(answer: Answer) -> str:
    """Return what is compared in words, such as `cell` or `cell and hidden_size`."""
    return answer.question.compared


def levels_of(main: Group | Overall | None) -> list[str]:
    """Return the levels that a verdict is on, the best first."""
    if isinstance(main, Overall):
        return list(main.levels)
    return [level.name for level in main.levels] if main else []


def contrasts_of(main: Group | Overall | None) -> Sequence[Contrast]:
    """Return the contrasts of a verdict."""
    return main.contrasts if main else ()


def against_best(main: Group | Overall | None) -> dict[str, Contrast]:
    """Return the contrast of the best level, first, with each other, by that level."""
    names = levels_of(main)
    return {
        (contrast.second if contrast.first == names[0] else contrast.first): (
            contrast if contrast.first == names[0] else reversed_(contrast)
        )
        for contrast in contrasts_of(main)
        if names[0] in (contrast.first, contrast.second)
    }


def with_verdict(main: Group | Overall | None, verdict: Verdict) -> list[str]:
    """Return the levels than which the best is `better`, or that it is `equal` to, the nearest first."""
    return [name for name, contrast in against_best(main).items() if contrast.verdict == verdict]


def some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return a few names, and how many more there are."""
    if len(names) <= most + 1:
        return joined(list(names))
    if not most:
        return f"{len(names)} others"
    return f"{', '.join(names[:most])} and {len(names) - most} others"


def place(at: Setting) -> str:
    """Return a setting of `within` in words, such as `hidden_size 64`."""
    return ", ".join(f"{name} {in_short(value_)}" for name, value_ in at)


def _tested(answer: Answer, names: Sequence[str], most: int, with_beaten: bool) -> str:
    """Return the verdict on the best level, with what another level beats where that is asked for."""
    main = answer.main
    assert main is not None
    best = names[0]
    lost = [name for name in names if all(level.is_lost for _, level in answer.places(name))]
    worse = [name for name in with_verdict(main, "better") if name not in lost]
    equal = with_verdict(main, "equal")
    open_ = [name for name in main.candidates if name not in (best, *equal, *worse, *lost)]
    behind = [name for name in names if name not in (best, *equal, *worse, *lost, *main.candidates)]
    clauses = []
    if equal:
        clauses.append(f"{_listed(answer, equal, most)} {_is(equal)} practically as good")
    if open_ and (most or not (equal and worse)):  # without room the line below the headline says it alone
        clauses.append(f"{_listed(answer, open_, most)} could still be best")
    if worse:
        nearest = against_best(main)[worse[0]]
        amount = gap(nearest.difference, (nearest.high - nearest.low) / 2)
        least = "" if len(worse) == 1 else "at least "
        clauses.append(f"{_listed(answer, worse, most)} {_is(worse)} worse by {least}{amount}")
    if lost and (most or with_beaten):  # without room the warning says it alone
        clauses.append(f"{_listed(answer, lost, most)} diverged in every run")
    beaten = _beaten(answer, (best, *equal, *worse, *lost), most, with_amount=not worse) if with_beaten else ""
    clauses += [beaten] if beaten else []
    if behind and with_beaten and not beaten:
        clauses.append(f"{_listed(answer, behind, most)} {_is(behind)} not best{' either' if worse else ''}")
    if not clauses:
        return f"Use {spoken(answer, best)}: {_at(answer, best)}; nothing else could be best."
    if not worse and not equal:
        lead = f"{spoken(answer, best)} leads, {_at(answer, best)}"
        return f"No {called(answer)} is shown to be {'best' if beaten else 'better'}: {lead}; {'; '.join(clauses)}."
    return f"Use {spoken(answer, best)}: {_at(answer, best)}; {'; '.join(clauses)}."


def _beaten(answer: Answer, said: Sequence[str], most: int, with_amount: bool) -> str:
    """Return what is shown to be worse than another level than the best, such as `rnn is worse than lstm by 0.1`.

    Of the levels that are not said yet, those are named that the first level beats which beats any.
    """
    won = [one if one.verdict == "better" else reversed_(one) for one in contrasts_of(answer.main)]
    won = [one for one in won if one.verdict == "better" and one.second not in said]
    winner = next((name for name in levels_of(answer.main) if any(one.first == name for one in won)), None)
    losses = {one.second: one for one in won if one.first == winner}
    if winner is None:
        return ""
    names = [name for name in levels_of(answer.main) if name in losses]
    nearest = losses[names[0]]
    least = "" if len(names) == 1 else "at least "
    amount = f" by {least}{gap(nearest.difference, (nearest.high - nearest.low) / 2)}" if with_amount else ""
    than = _in_short(winner) if len(answer.question.by) == 1 else spoken(answer, winner)
    return f"{_listed(answer, names, most)} {_is(names)} worse than {than}{amount}"


def _untested(answer: Answer, names: Sequence[str], most: int) -> str:
    seeds = [level.seeds + level.diverged for group in answer.groups for level in group.levels]
    subject = "One seed" if max(seeds) < 2 else "So few seeds"
    return (
        f"{subject} cannot tell {spoken(answer, names[0])} from {_listed(answer, names[1:], most)}:"
        f" {spoken(answer, names[0])} comes first, {_at(answer, names[0])}."
    )


def _by_group(answer: Answer) -> str:
    """Return the verdict of each setting of `within`, or how often each level comes first."""
    within = joined(list(answer.question.within))
    head = f"Separately for each {within}"
    any_of = " or ".join(answer.question.within)  # the test is of all of them together
    if answer.judgement.interaction < DEPENDS:
        what = f"Which {called(answer)} is best" if _crosses(answer.groups) else f"How much {called(answer)} matters"
        head = f"{what} depends on {any_of}"
    leads: dict[str, int] = {}
    for group in answer.groups:
        name = spoken(answer, group.levels[0].name)
        leads[name] = leads.get(name, 0) + 1
    counted = [f"{name} at {count}" for name, count in sorted(leads.items(), key=lambda pair: -pair[1])]
    come = "comes" if len(counted) == 1 else "come"
    counts = f"{head}: of {len(answer.groups)} settings, {some(counted)} {come} first."
    if len(leads) == 1:
        counts = f"{head}: {next(iter(leads))} comes first at all {len(answer.groups)} settings."
    if len(answer.groups) > MOST_GROUPS:
        return counts
    clauses = [
        [f"at {place(group.within)} {_lead(answer, group, with_open)}" for group in answer.groups]
        for with_open in (True, False)
    ]
    return _shortest([*(f"{head}: {'; '.join(some_)}." for some_ in clauses), counts])


def _crosses(groups: Sequence[Group]) -> bool:
    """Return True if what is best in one group is shown not to be so in another."""
    levels = [{level.name for level in group.levels} for group in groups]
    return any(
        first.levels[0].name in names and first.levels[0].name not in second.candidates
        for first in groups
        for second, names in zip(groups, levels, strict=True)
    )


def _lead(answer: Answer, group: Group, with_open: bool) -> str:
    """Return what leads at a setting of `within`, with what else could still be best where that is asked for."""
    best = group.levels[0]
    name, figure = spoken(answer, best.name), value(best.value)
    worse = with_verdict(group, "better")
    if len(group.levels) == 1:
        return f"there is only {name} ({figure})"
    if len(group.candidates) == 1 and len(worse) < len(group.levels) - 1:
        return f"only {name} could be best ({figure})"
    open_ = [candidate for candidate in group.candidates if candidate not in (best.name, *worse)]
    lead = f"{name} beats {_listed(answer, worse, 1)} ({figure})" if worse else f"{name} leads ({figure})"
    return f"{lead}, {_listed(answer, open_, 1)} could be best too" if open_ and with_open else lead


def _no_rivals(answer: Answer) -> str:
    if not answer.question.within:
        name = answer.groups[0].levels[0].name if answer.groups else ""
        cell = answer.all_runs[0].config.get("cell.name") or "the model"
        return f"There is one configuration, {cell}, and nothing to compare it with: {_at(answer, name)}."
    names = joined(list(answer.question.within))
    return f"Nothing here competes: runs that differ in {names} were validated on different items."


def _at(answer: Answer, name: str) -> str:
    """Return the result of a level, such as `a validation loss of 1.95 nats per token`."""
    mean = " on average" if len(answer.groups) > 1 else ""
    return f"{measured(answer)} {value(result_of(answer, name))}{unit(answer)}{mean}"


def measured(answer: Answer) -> str:
    """Return the metric in words, such as `validation loss`."""
    return answer.question.criterion.title


def unit(answer: Answer) -> str:
    """Return the unit behind a figure, with its space."""
    return f" {answer.question.metric.unit}" if answer.question.metric.unit else ""


def result_of(answer: Answer, name: str) -> Interval:
    """Return the result of a level: at the only setting of `within`, or the mean over all."""
    values = [level.value for group in answer.groups for level in group.levels if level.name == name]
    if len(values) == 1 or not values:
        return values[0] if values else Interval(math.nan, math.nan, math.nan)
    halves = [(interval.high - interval.low) / 2 for interval in values]
    centre = math.fsum(interval.value for interval in values) / len(values)
    half = math.sqrt(math.fsum(half**2 for half in halves)) / len(values)
    return Interval(centre, centre - half, centre + half)


def spoken(answer: Answer, name: str) -> str:
    """Return a level as a sentence calls it, such as `gru`, `lr 0.004`, `gru 64` or `bucketing true`."""
    by = answer.question.by
    parts = [_in_short(part) for part in (name.split(", ") if len(by) > 1 else [name])]
    if len(parts) != len(by):
        return " ".join(parts)
    is_named = any(part[:1].isalpha() and part not in ANSWERS for part in parts)
    return " ".join(
        part if is_named and part not in ANSWERS else f"{key} {part}" for key, part in zip(by, parts, strict=True)
    )


def _in_short(part: str) -> str:
    """Return a value of a level with four digits, if it is a number that nobody typed."""
    try:
        return in_short(float(part)) if len(part) > LONGEST_TYPED else part
    except ValueError:
        return part


def _listed(answer: Answer, names: Sequence[str], most: int) -> str:
    return some([spoken(answer, name) for name in names], most)


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
