"""The chart that is the answer: levels as dots with intervals, tuned, a panel for each setting of `within`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import in_short
from rnnlab.analysis.inference.judgement import Group, Level
from rnnlab.analysis.inference.judgement import Interval as Result
from rnnlab.charts.values import Axis, Interval, IntervalChart, IntervalPanel, IntervalRow
from rnnlab.enumeration import joined
from rnnlab.report.answer.figures import with_interval
from rnnlab.report.answer.headline import called, measured, place
from rnnlab.report.figures.grouping import cell_of
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.answer import Answer
    from rnnlab.analysis.comparison import Comparison

MOST_PANELS = 8
MOST_ROWS = 20


def answer_chart(comparison: Comparison) -> list[IntervalChart]:
    """Return the chart of the answer; none where there is nothing to compare."""
    answer = comparison.answer
    if not answer.question.by or all(len(group.levels) < 2 for group in answer.groups):
        return []
    shown = answer.groups[:MOST_PANELS]
    has_test = not answer.question.on_test and any(level.test for group in shown for level in group.levels)
    return [
        IntervalChart(
            name="answer",
            title=f"{capitalized(measured(answer))} of each {called(answer)}",
            caption=" ".join([_caption(answer, has_test), *chart_notes(answer)]),
            x=Axis(measured(answer), answer.question.metric.unit),
            panels=tuple(IntervalPanel(place(group.within), _rows(answer, group, has_test)) for group in shown),
            shared=not answer.question.task,
            first="test part" if answer.question.on_test else "validation part",
            second="test part" if has_test else "",
            mark="could still be best",
            unmarked="shown not to be best",
        )
    ]


def chart_notes(answer: Answer) -> list[str]:
    """Return what a reader of the chart has to know: how levels are compared, and what is not drawn."""
    # Without its seed's luck a difference can be sure where the intervals of both sides overlap.
    paired = "Levels with the same seeds are compared seed by seed, so their intervals may overlap."
    return [*([paired] if answer.question.pairs else []), *filter(None, [_not_drawn(answer)])]


def _not_drawn(answer: Answer) -> str:
    settings = max(0, len(answer.groups) - MOST_PANELS)
    most = max((len(group.levels) for group in answer.groups), default=0)
    left = [
        *([f"the best {MOST_ROWS} of {most} levels"] if most > MOST_ROWS else []),
        *([f"the first {MOST_PANELS} of {len(answer.groups)} settings"] if settings else []),
    ]
    return f"Drawn: {joined(left)}; all are in answer.json." if left else ""


def _rows(answer: Answer, group: Group, has_test: bool) -> tuple[IntervalRow, ...]:
    return tuple(_row(answer, group, level, has_test) for level in group.levels[:MOST_ROWS])


def _row(answer: Answer, group: Group, level: Level, has_test: bool) -> IntervalRow:
    settings = [f"{name} {in_short(value)}" for name, value in level.choice.setting]
    seeds = "1 seed" if level.seeds == 1 else f"{level.seeds} seeds"
    return IntervalRow(
        label=level.name,
        main=Interval(math.nan) if level.is_lost else _interval(level.value),
        second=_interval(level.test) if has_test and level.test else None,
        marked=level.name in group.candidates,
        colour=cell_of(answer.question, group.within, level.name),
        text="diverged in every run" if level.is_lost else with_interval(level.value),
        note=", ".join([*settings, seeds, *([f"{level.diverged} diverged"] if level.diverged else [])]),
    )


def _interval(result: Result) -> Interval:
    return Interval(result.value, result.low, result.high)


def _caption(answer: Answer, has_test: bool) -> str:
    direction = "right" if answer.question.is_higher_better else "left"
    text = f"Each {called(answer)} with its 95% interval; the further {direction}, the better."
    text += (
        " Filled: could still be best."
        if any(len(group.candidates) < len(group.levels) for group in answer.groups)
        else ""
    )
    return text + (" Thin: the test part." if has_test else "")
