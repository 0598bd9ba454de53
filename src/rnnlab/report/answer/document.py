"""answer.json: the answer as plain values, for machines and notebooks."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

from rnnlab.analysis.answer import Answer
from rnnlab.analysis.inference.across import Across
from rnnlab.analysis.inference.contrasts import Contrast
from rnnlab.analysis.inference.judgement import Group, Interval, Level, Overall
from rnnlab.report.answer.headline import headline
from rnnlab.report.answer.next_step import next_step
from rnnlab.report.answer.races import race_values
from rnnlab.report.answer.warnings import warnings

UNKNOWN = Interval(math.nan, math.nan, math.nan)


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as the values of answer.json; what cannot be said is None."""
    question = answer.question
    by = list(question.by)
    return {
        "question": {
            "by": by[0] if len(by) == 1 else by or None,
            "tune": list(question.tune),
            "within": list(question.within),
            "metric": question.name,
            "direction": "max" if question.is_higher_better else "min",
            "worth": _number(answer.judgement.worth),
        },
        "asked": question.asked.words,
        "headline": headline(answer),
        "next": next_step(answer).command,
        "groups": [_group(answer, group) for group in answer.groups],
        "overall": _overall(answer, answer.overall) if answer.overall else None,
        **({"across": _across(answer.across)} if answer.across else {}),
        **({"race": race_values(answer)} if answer.raced else {}),
        "warnings": [{"kind": caution.kind, "text": caution.text} for caution in warnings(answer)],
    }


def _group(answer: Answer, group: Group) -> dict[str, Any]:
    return {
        "within": dict(group.within),
        "best": group.levels[0].name if group.levels else None,
        "candidates": list(group.candidates),
        "levels": [_level(answer, group, level) for level in group.levels],
        "contrasts": [_contrast(_without_figures(group, contrast)) for contrast in group.contrasts],
    }


def _without_figures(group: Group, contrast: Contrast) -> Contrast:
    """Return a contrast without figures where one of its levels diverged in every run."""
    lost = {level.name for level in group.levels if level.is_lost}
    if lost.isdisjoint((contrast.first, contrast.second)):
        return contrast
    return replace(contrast, difference=math.nan, low=math.nan, high=math.nan, p=math.nan)


def _level(answer: Answer, group: Group, level: Level) -> dict[str, Any]:
    return {
        "level": level.name,
        "tuned": dict(level.choice.setting),
        "at_edge": list(level.at_edge),
        **_interval(UNKNOWN if level.is_lost else level.value),
        "seeds": level.seeds,
        "diverged": level.diverged,
        "test": _test(answer, group, level),
        "parameters": _whole(answer.figure(group.within, level.name, "parameters")),
        "flops": _number(answer.figure(group.within, level.name, "flops")),
    }


def _test(answer: Answer, group: Group, level: Level) -> dict[str, Any] | None:
    """Return the test result with the interval of its seeds, and under `items` that which its items make."""
    if level.test is None:
        return None
    items = answer.items.get((group.within, level.name))
    return {**_interval(level.test), "items": {"low": items.low, "high": items.high} if items else None}


def _overall(answer: Answer, overall: Overall) -> dict[str, Any]:
    return {
        "interaction": _number(answer.judgement.interaction),
        "best": next(iter(overall.levels), None),
        "candidates": list(overall.candidates),
        "contrasts": [_contrast(contrast) for contrast in overall.contrasts],
    }


def _across(across: Across) -> dict[str, Any]:
    return {
        "key": across.key,
        "sets": across.sets,
        "ranks": dict(across.ranks),
        "contrasts": [asdict(contrast) for contrast in across.contrasts],
    }


def _contrast(contrast: Contrast) -> dict[str, Any]:
    return {
        "first": contrast.first,
        "second": contrast.second,
        "difference": _number(contrast.difference),
        "low": _number(contrast.low),
        "high": _number(contrast.high),
        "p": _number(contrast.p),
        "verdict": contrast.verdict,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {"value": _number(interval.value), "low": _number(interval.low), "high": _number(interval.high)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _whole(value: float) -> float | int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else number
