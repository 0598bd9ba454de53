"""The loss against the size of networks or the time of their training, with the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rnnlab.analysis.configurations import plain
from rnnlab.charts.values import Axis, Point, Scatter
from rnnlab.report.figures.grouping import GROUPED_BY, looks
from rnnlab.report.figures.lines import INTERVAL, is_wide
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

MOST_MARKERS = 4  # of settings beside the cell; a legend of more is longer than its figure
COSTS = {"parameters": ("trainable parameters", ""), "seconds": ("training time", "seconds")}  # name and unit


def loss_by_cost(comparison: Comparison, cost: Literal["parameters", "seconds"]) -> list[Scatter]:
    """Draw every configuration by what it costs; nothing where there is one, or no cost is known.

    Times are known where the runs were worked off in a mixed order.
    """
    table = comparison.table[comparison.table[cost].notna()]
    if len(comparison.table) < 2 or table.empty or (cost == "seconds" and not comparison.timed):
        return []
    criterion = comparison.criterion
    by = next((name for name in GROUPED_BY if name in comparison.settings), None)
    others = [name for name in comparison.compared_settings if name != by or name == "cell"]
    appearance = looks(others, table[others].to_numpy().tolist())
    marked = 1 < len({look.rest for look in appearance}) <= MOST_MARKERS
    points = tuple(
        Point(
            label=row["label"],
            group=plain(row[by]) if by else "",
            x=row[cost],
            y=row[criterion.column],
            half=row[f"{criterion.column}_half"],
            on_front=row[f"on_{cost}_front"],
            colour=look.colour,
            style=look.style if marked else None,
            rest=look.rest if marked else "",
        )
        for row, look in zip(table.to_dict("records"), appearance, strict=True)
    )
    name, unit = COSTS[cost]
    side = "above" if criterion.is_higher_better else "below"
    return [
        Scatter(
            name=f"{criterion.slug}-and-{cost}",
            title=f"{capitalized(criterion.noun)} against {name}",
            caption=f"Every configuration by its {name} and its {criterion.title}. Nothing lies {side} and left of"
            f" the line, the Pareto front; {INTERVAL}.",
            x=Axis(name, unit, log=is_wide([point.x for point in points])),
            y=Axis(criterion.title, criterion.metric.unit),
            points=points,
        )
    ]
