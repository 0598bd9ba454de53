"""Learning curves: the validation loss against epochs, averaged over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.curves import learning_curve
from rnnlab.charts.values import Axis, Lines
from rnnlab.report.figures.lines import MOST_LINES, line_of_means

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def learning_curves(comparison: Comparison) -> list[Lines]:
    """Draw the curves of the best configurations, without points where no run has a metrics.csv."""
    ranking = comparison.ranking.head(MOST_LINES)
    pairs = zip(ranking["label"], ranking["runs"], strict=True)
    return [
        Lines(
            name="learning-curves",
            title="Learning curves",
            caption=_caption(len(comparison.ranking) - MOST_LINES),
            x=Axis("epoch"),
            y=Axis("validation loss", comparison.unit),
            lines=tuple(
                line_of_means(f"{rank}. {label}", learning_curve(runs, comparison.measure.validation))
                for rank, (label, runs) in enumerate(pairs, start=1)
            ),
            legend="best mean first",
        )
    ]


def _caption(left_out: int) -> str:
    text = (
        "Validation loss after each epoch, in the order of the ranking: the line is the mean over seeds, the"
        " band its 95% interval, both as far as every seed was trained."
    )
    if left_out > 0:
        text += f" The best {MOST_LINES} configurations are drawn, {left_out} left out."
    return text
