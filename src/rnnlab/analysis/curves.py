"""Learning curves: validation loss against epochs, averaged over seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnnlab.analysis.statistics import mean_of
from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.records.reading import OBJECTIVE, Run

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

LEARNING = "learning-curves"
MOST_CURVES = 8  # as many as colours and dashes still tell apart


def learning_curves(comparison: Comparison) -> Lines:
    """The curves of the best configurations, in the order of the ranking; without points where no metrics.csv is."""
    ranking = comparison.ranking.head(MOST_CURVES)
    pairs = zip(ranking["label"], ranking["runs"], strict=True)
    return Lines(
        name=LEARNING,
        title="Learning curves",
        caption=_caption(len(comparison.ranking) - MOST_CURVES),
        x=Axis("epoch"),
        y=Axis("validation loss", comparison.unit),
        lines=tuple(
            curve(f"{rank}. {label}", runs, comparison.measure.validation)
            for rank, (label, runs) in enumerate(pairs, start=1)
        ),
        legend="best mean first",
    )


def curve(label: str, runs: Sequence[Run], measure: str = OBJECTIVE) -> Line:
    """The mean of the validation losses of a configuration's runs and its 95% interval, where every seed has one.

    The horizontal axis has the passes over the training part, from 1 at the end of the first.
    """
    seeds = [validations(run, measure) for run in runs]
    return averaged(label, [seed for seed in seeds if seed])


def averaged(label: str, seeds: Sequence[Mapping[float, float]]) -> Line:
    """The mean of several seeds' values by place and its 95% interval, at the places that every seed has."""
    shared = sorted(set.intersection(*(set(seed) for seed in seeds))) if seeds else []
    means = [mean_of([{number: seed[place] for number, seed in enumerate(seeds)}]) for place in shared]
    halves = [0.0 if math.isnan(each.half) else each.half for each in means]
    return Line(
        label=label,
        x=tuple(shared),
        y=tuple(each.value for each in means),
        low=tuple(each.value - half for each, half in zip(means, halves, strict=True)),
        high=tuple(each.value + half for each, half in zip(means, halves, strict=True)),
    )


def validations(run: Run, measure: str = OBJECTIVE) -> dict[float, float]:
    """Return the validation loss by epochs trained; in metrics.csv the first epoch has number 0.

    Several validations in an epoch are spread evenly over it. Rows without a finite loss are left out.
    """
    rows = [(int(row["epoch"]), row[measure]) for row in run.curves("epoch", measure)]
    per_epoch = max(Counter(epoch for epoch, _ in rows).values(), default=1)
    seen: Counter[int] = Counter()
    losses = {}
    for epoch, loss in rows:
        seen[epoch] += 1
        losses[round(epoch + seen[epoch] / per_epoch, 6)] = loss
    return losses


def _caption(left_out: int) -> str:
    text = (
        "Validation loss after each epoch, in the order of the ranking: the line is the mean over seeds, the"
        " band its 95% interval, both as far as every seed was trained."
    )
    if left_out > 0:
        text += f" The best {MOST_CURVES} configurations are drawn, {left_out} left out."
    return text
