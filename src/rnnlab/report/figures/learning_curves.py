"""Learning curves: the validation loss, or what runs are ranked by, against epochs, averaged over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.findings.curves import learning_curve
from rnnlab.charts.values import MOST_BANDS, Axis, Lines
from rnnlab.report.figures.grouping import looks
from rnnlab.report.figures.lines import MOST_LINES, line_of_means
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def learning_curves(comparison: Comparison) -> list[Lines]:
    """Draw the curves of the best configurations, without points where no run has a metrics.csv."""
    ranking = comparison.table.head(MOST_LINES)
    settings = list(comparison.compared_settings)
    appearance = looks(settings, comparison.table[settings].to_numpy().tolist())
    by = comparison.criterion.metric
    noun = f"validation {comparison.criterion.noun}"
    least, most = by.bounds
    curves = zip(ranking["label"], ranking["runs"], appearance, strict=False)
    return [
        Lines(
            name="learning-curves",
            title="Learning curves",
            caption=_caption(capitalized(noun), len(comparison.table)),
            x=Axis("epoch"),
            y=Axis(noun, by.unit),
            lines=tuple(
                line_of_means(f"{rank}. {label}", learning_curve(runs, by.validation), look, least, most)
                for rank, (label, runs, look) in enumerate(curves, start=1)
            ),
            legend="best mean first",
        )
    ]


def _caption(noun: str, configurations: int) -> str:
    text = (
        f"{noun} after each epoch, in the order of the ranking: the line is the mean over seeds, the"
        " band its 95% interval, both as far as every seed was trained."
    )
    if configurations > MOST_BANDS:
        text += f" Lines after the first {MOST_BANDS} with an interval are thin and have no band."
    if (left_out := configurations - MOST_LINES) > 0:
        text += f" The best {MOST_LINES} configurations are drawn, {left_out} left out."
    return text
