"""What each change of a base is worth: the chart of a sweep that changes a setting or two at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rnnlab.report.charts import Axis, Changes, Point
from rnnlab.report.configurations import BASE

if TYPE_CHECKING:
    from rnnlab.report.compare import Comparison


def changes(comparison: Comparison) -> list[Changes]:
    """Every configuration with the interval of its loss, beside the base's; nothing where there is no base."""
    if not comparison.base:
        return []
    table = comparison.ranking
    points = tuple(
        Point(row["label"], "", math.nan, row["val_loss"], row["val_loss_half"], on_front=False)
        for row in table.to_dict("records")
    )
    return [
        Changes(
            name="changes",
            title="What each change is worth",
            caption="Validation loss of every configuration, called by what it changes of the base: the mean over seeds"
            " and its 95% interval. What lies left of the broken line is better than the base.",
            y=Axis(f"validation loss ({comparison.unit})"),
            points=points,
            base=float(table.loc[table["label"] == BASE, "val_loss"].iloc[0]),
        )
    ]
