"""The mean loss over two factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import plain
from rnnlab.analysis.findings.balance import balanced
from rnnlab.charts.values import Axis, HeatMap
from rnnlab.report.figures.grouping import AVERAGED, GROUPED_BY
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def heat_map(comparison: Comparison) -> list[HeatMap]:
    """Draw two factors, the cell and the factor of most levels where there are more; nothing where fewer varied."""
    varied = comparison.factors
    if len(varied) < 2 or comparison.base:
        return []
    rows = next((factor for factor in varied if factor.axis in GROUPED_BY), varied[0])
    columns = max((factor for factor in varied if factor is not rows), key=lambda factor: len(factor.levels))
    shown = (rows.axis, columns.axis, *rows.others, *columns.others)
    others = [name for name in comparison.settings if name not in shown]
    shared = balanced(comparison.ranking, [rows.axis, columns.axis], [], others)
    by = comparison.criterion
    table = shared.pivot_table(by.column, rows.axis, columns.axis, aggfunc="mean", sort=True)
    return [
        HeatMap(
            name="heat-map",
            title=f"{capitalized(by.noun)} over {rows.axis} and {columns.axis}",
            caption=f"Mean {by.title} for each {rows.axis} and {columns.axis}{f', {AVERAGED}' if others else ''}.",
            x=columns.axis,
            y=rows.axis,
            columns=tuple(map(plain, table.columns)),
            rows=tuple(map(plain, table.index)),
            values=tuple(tuple(map(float, row)) for row in table.to_numpy()),
            unit=Axis(by.title, by.metric.unit).label,
        )
    ]
