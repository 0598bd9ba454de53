"""Overfitting: the training and the validation loss of the configurations that overfit most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.curves import mean_curve
from rnnlab.analysis.overfitting import MOST_NAMED
from rnnlab.charts.values import Axis, Lines
from rnnlab.report.figures.lines import line_of_means

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def overfitting(comparison: Comparison) -> list[Lines]:
    """Draw the steepest cases; nothing where no configuration overfits."""
    lines = [
        line_of_means(
            f"{case.label}, {name}",
            mean_curve([{epoch: losses[index] for epoch, losses in run.items()} for run in case.runs]),
        )
        for case in comparison.overfitting[:MOST_NAMED]
        for index, name in enumerate(("validation", "training"))
    ]
    if not lines:
        return []
    return [
        Lines(
            name="overfitting",
            title="Overfitting",
            caption="Validation and training loss of what overfits most; bands are 95% intervals of the mean.",
            x=Axis("epoch"),
            y=Axis("loss", comparison.unit),
            lines=tuple(lines),
        )
    ]
