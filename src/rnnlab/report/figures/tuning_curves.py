"""The best loss after so many trials of each level that was tuned at random."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rnnlab.analysis.findings.tuning_curves import FEWEST, TuningCurve, tuning_curve
from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.report.answer.headline import called, place
from rnnlab.report.figures.grouping import cell_of

if TYPE_CHECKING:
    from rnnlab.analysis.answer import Answer
    from rnnlab.analysis.comparison import Comparison
    from rnnlab.analysis.inference.judgement import Group

MOST_PANELS = 8
MOST_TICKS = 12
MARGIN = 0.05  # of the range of results, by which the figure is larger than it
CAPTION = (
    "The median of the best validation result after so many trials drawn at random, with a band that holds at every"
    " number of trials at once in 95 of 100 tunings (Lourie et al. 2024). Where bands do not overlap at the right, more"
    " trials like these would hardly turn the order; a band that ends at an edge of the figure is open there."
)


def tuning_curves(comparison: Comparison) -> list[Lines]:
    """Draw a chart for each setting of `within`; nothing where levels were not tuned by independent draws."""
    answer = comparison.answer
    if answer.question.is_higher_better:
        return []
    charts = []
    for number, group in enumerate(answer.groups[:MOST_PANELS], start=1):
        curves = {
            level.name: tuning_curve(values) for level in group.levels if (values := _tried(answer, group, level.name))
        }
        if curves:
            charts.append(_chart(answer, group, curves, number))
    return charts


def _tried(answer: Answer, group: Group, level: str) -> list[float]:
    """Return what the random draws of a level's last range reached; none where they are too few."""
    question = answer.question
    runs = [
        (run, run.draw)
        for run in answer.all_runs
        if run.draw is not None and run.draw.random and (question.at(run), question.level(run)) == (group.within, level)
    ]
    last = max((draw.stage for _, draw in runs), default=0)
    values = [
        value
        for run, draw in runs
        if draw.stage == last
        for value in [run.value(question.metric.validation) if run.is_complete else math.nan] * draw.times
    ]
    return values if len(values) >= FEWEST else []


def _chart(answer: Answer, group: Group, curves: dict[str, TuningCurve], number: int) -> Lines:
    ends = [value for curve in curves.values() for value in _finite((*curve.median, *curve.low, *curve.high))]
    margin = MARGIN * (max(ends) - min(ends)) if ends else 0.0
    bounds = (min(ends, default=0.0) - margin, max(ends, default=0.0) + margin)
    at = place(group.within)
    return Lines(
        name="tuning-curves" if number == 1 else f"tuning-curves-{number}",
        title=f"What tuning is worth to each {called(answer)}{f' at {at}' if at else ''}",
        caption=CAPTION,
        x=Axis("trials", ticks=_ticks(max(len(curve.median) for curve in curves.values()))),
        y=Axis("best validation loss", answer.question.metric.unit),
        lines=tuple(
            Line(
                label=level,
                x=tuple(map(float, range(1, len(curve.median) + 1))),
                y=tuple(value if math.isfinite(value) else math.nan for value in curve.median),
                low=_clipped(curve.low, bounds),
                high=_clipped(curve.high, bounds),
                colour=cell_of(answer.question, group.within, level),
                style=style,
            )
            for style, (level, curve) in enumerate(curves.items())
        ),
        legend=called(answer),
    )


def _ticks(trials: int) -> tuple[float, ...]:
    return tuple(map(float, range(1, trials + 1))) if trials <= MOST_TICKS else ()


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _clipped(values: Sequence[float], bounds: tuple[float, float]) -> tuple[float, ...]:
    return tuple(min(max(value, bounds[0]), bounds[1]) for value in values)
