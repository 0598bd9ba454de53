"""The figures of a configuration as columns: declared once for the terminal, report.md and the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.records.metrics import Metric, shown_in_tables
from rnnlab.report.wording import count, seconds

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


@dataclass(frozen=True)
class Figure:
    """A figure of a configuration, such as its validation loss.

    Attributes:
        head: The head of its column.
        column: Its column in the ranking.
        hint: The meaning, where the head does not say it.
        format: Formats a value where no interval is shown.
        interval: Whether it is shown as the mean ± half of its 95% interval.
        front: The column of the ranking that marks its Pareto front; empty without one.
    """

    head: str
    column: str
    hint: str
    format: Callable[[float], str] = loss
    interval: bool = False
    front: str = ""

    def text(self, row: Mapping[Any, Any]) -> str:
        """Return the figure of a row of the ranking as text."""
        half = row[f"{self.column}_half"] if self.interval else math.nan
        if self.interval and self.format is loss:
            return plus_minus(row[self.column], half)
        text = self.format(row[self.column])
        return text if math.isnan(half) else f"{text} ± {self.format(half)}"

    def without_interval(self, row: Mapping[Any, Any]) -> str:
        """Return the mean alone as text, for tables with little room."""
        return self.format(row[self.column])


def figures(comparison: Comparison) -> list[Figure]:
    """Return the figures of a comparison in the order in which a person decides: what it is ranked by first."""
    by = comparison.criterion
    metrics = [metric for metric in shown_in_tables(comparison.metrics) if metric.column != by.column]
    return [
        *([] if by.is_loss else [Figure(by.title, by.column, by.metric.hint, interval=True)]),
        Figure("validation loss", "val_loss", f"{comparison.unit}, mean ± half of its 95% interval", interval=True),
        Figure(
            "test loss",
            "test_loss",
            f"{comparison.unit}, of the epoch with the best validation loss",
            interval=True,
        ),
        *(_metric(metric) for metric in metrics),
        Figure("seeds", "seeds", "runs that differ in the seed only", count),
        Figure("parameters", "parameters", "that are trained", count, front="on_parameters_front"),
        Figure("epochs", "epochs", "of training", count),
        *(_times(comparison) if comparison.timed else ()),
    ]


def _times(comparison: Comparison) -> list[Figure]:
    """Return the columns of times, which are said of runs in a mixed order alone: else a machine's load is in them."""
    return [
        Figure(
            "seconds",
            "seconds",
            "of training, mean ± half of its 95% interval",
            seconds,
            True,
            front="on_seconds_front",
        ),
        Figure(
            f"seconds to {loss(comparison.target)}",
            "seconds_to_target",
            "of training until the validation loss was that low",
            seconds,
        ),
    ]


def _metric(metric: Metric) -> Figure:
    return Figure(metric.title, metric.column, metric.hint, interval=metric.interval)
