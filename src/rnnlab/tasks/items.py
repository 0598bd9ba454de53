"""Measurements of a single item in a test, by the columns of test_items.csv."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnlab.data.collation import IGNORE

ItemFigures = dict[str, Tensor]  # a column `(B,)` by its name


def classified_items(logits: Tensor, targets: Tensor) -> ItemFigures:
    """Measure items that have one class, from logits `(B, classes)` and targets `(B,)`."""
    right = (logits.argmax(dim=-1) == targets).long()
    one = right.new_ones(len(right))
    return {
        "loss": cross_entropy(logits, targets, reduction="none"),
        "count": one,
        "correct": right,
        "classified": one,
    }


def classified_steps(logits: Tensor, targets: Tensor, silent: int | None = None) -> ItemFigures:
    """Measure items that have a class at every step.

    Args:
        logits: `(B, T, classes)`.
        targets: `(B, T)`; at `IGNORE` nothing is predicted.
        silent: A class at which the loss counts and `correct` does not; None for no such class.
    """
    losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="none")
    real = targets != IGNORE
    asked = real if silent is None else real & (targets != silent)
    right = asked & (logits.argmax(dim=-1) == targets)
    return {
        "loss": losses.view_as(targets).sum(dim=1),
        "count": real.sum(dim=1),
        "correct": right.sum(dim=1),
        "classified": asked.sum(dim=1),
    }
