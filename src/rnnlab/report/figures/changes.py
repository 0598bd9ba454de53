"""The changes of a base: the loss of every configuration beside the base's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import BASE, plain
from rnnlab.charts.values import Axis, Changes
from rnnlab.report.wording import capitalized

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def changes(comparison: Comparison) -> list[Changes]:
    """Draw every configuration with the interval of its loss; nothing unless a sweep changes one base."""
    if not comparison.base:
        return []
    table, by = comparison.ranking, comparison.criterion
    better = "right of the broken line is higher" if by.is_higher_better else "left of the broken line is lower"
    return [
        Changes(
            name="changes",
            title="What each change is worth",
            caption=f"{capitalized(by.title)} of every configuration, called by what it changes of the base: the mean"
            f" over seeds and its 95% interval. A mean {better} than the base's.",
            x=Axis(by.title, by.metric.unit),
            labels=tuple(table["label"]),
            losses=tuple(table[by.column]),
            halves=tuple(table[f"{by.column}_half"]),
            colours=tuple(map(plain, table["cell"])) if "cell" in table else (),
            base=float(table.loc[table["label"] == BASE, by.column].iloc[0]),
        )
    ]
