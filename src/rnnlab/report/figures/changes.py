"""The changes of a base: the loss of every configuration beside the base's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.analysis.configurations import BASE, plain
from rnnlab.charts.values import Axis, Changes

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison


def changes(comparison: Comparison) -> list[Changes]:
    """Draw every configuration with the interval of its loss; nothing unless a sweep changes one base."""
    if not comparison.base:
        return []
    table = comparison.ranking
    return [
        Changes(
            name="changes",
            title="What each change is worth",
            caption="Validation loss of every configuration, called by what it changes of the base: the mean over seeds"
            " and its 95% interval. A mean left of the broken line is lower than the base's.",
            x=Axis("validation loss", comparison.unit),
            labels=tuple(table["label"]),
            losses=tuple(table["val_loss"]),
            halves=tuple(table["val_loss_half"]),
            colours=tuple(map(plain, table["cell"])) if "cell" in table else (),
            base=float(table.loc[table["label"] == BASE, "val_loss"].iloc[0]),
        )
    ]
