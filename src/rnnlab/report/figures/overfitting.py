"""Overfitting: the training and the validation loss of the configurations that overfit most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import plain
from rnnlab.analysis.findings.curves import mean_curve
from rnnlab.analysis.findings.overfitting import MOST_NAMED
from rnnlab.charts.values import Axis, Lines
from rnnlab.report.figures.grouping import Look
from rnnlab.report.figures.lines import PLAIN, line_of_means

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def overfitting(comparison: Comparison) -> list[Lines]:
    """Draw the steepest cases; nothing where no configuration overfits."""
    cases = comparison.overfitting[:MOST_NAMED]
    cells = _cells(comparison, [case.label for case in cases])
    lines = [
        line_of_means(
            f"{case.label}, {name}",
            mean_curve([{epoch: losses[index] for epoch, losses in run.items()} for run in case.runs]),
            Look(cells[place], 2 * cells[:place].count(cells[place]) + index) if cells else PLAIN,
        )
        for place, case in enumerate(cases)
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


def _cells(comparison: Comparison, labels: Sequence[str]) -> list[str]:
    """Return the cell of each configuration; empty where cells did not vary."""
    if "cell" not in comparison.settings:
        return []
    by_label = dict(zip(comparison.table["label"], comparison.table["cell"], strict=True))
    return [plain(by_label[label]) for label in labels]
