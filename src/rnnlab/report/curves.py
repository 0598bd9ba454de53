"""The numbers behind the learning curves: validation loss against epochs, averaged over seeds."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.report.runs import OBJECTIVE
from rnnlab.training.folder import RunFolder

if TYPE_CHECKING:
    from rnnlab.report.compare import Comparison

MOST_CURVES = 8  # as many as colours and dashes still tell apart


@dataclass(frozen=True)
class Curve:
    """A configuration's learning curve, as far as every seed's run went.

    Attributes:
        label: What the legend says.
        epochs: Passes over the training part at each validation, from 1 at the end of the first.
        mean: Mean validation loss over seeds at each of them, in the comparison's unit.
        low: That of the lowest seed.
        high: That of the highest seed.
    """

    label: str
    epochs: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def curves(comparison: Comparison) -> list[Curve]:
    """The curves of the best configurations, in the order of the ranking; empty without a metrics.csv."""
    ranking = comparison.ranking.head(MOST_CURVES)
    pairs = zip(ranking["label"], ranking["runs"], strict=True)
    return [curve(f"{rank}. {label}", runs) for rank, (label, runs) in enumerate(pairs, start=1)]


def curve(label: str, runs: Sequence[Path]) -> Curve:
    """Average the validation losses of a configuration's runs."""
    seeds = [validations(RunFolder(run).metrics) for run in runs]
    seeds = [seed for seed in seeds if seed]
    shared = sorted(set.intersection(*(set(seed) for seed in seeds))) if seeds else []
    values = [[seed[epoch] for seed in seeds] for epoch in shared]
    return Curve(
        label=label,
        epochs=tuple(shared),
        mean=tuple(math.fsum(losses) / len(losses) for losses in values),
        low=tuple(map(min, values)),
        high=tuple(map(max, values)),
    )


def validations(metrics: Path) -> dict[float, float]:
    """Validation loss by epochs trained, from a metrics.csv, where the first epoch has number 0.

    Several validations in an epoch are spread evenly over it. Rows without a finite loss are left out.
    """
    try:
        with metrics.open(encoding="utf-8", newline="") as stream:
            rows = [pair for row in csv.DictReader(stream) if (pair := _pair(row))]
    except FileNotFoundError:
        return {}
    per_epoch = max(Counter(epoch for epoch, _ in rows).values(), default=1)
    seen: Counter[int] = Counter()
    losses = {}
    for epoch, loss in rows:
        seen[epoch] += 1
        losses[round(epoch + seen[epoch] / per_epoch, 6)] = loss
    return losses


def caption(comparison: Comparison) -> str:
    """What the figure shows, for a reader who sees it without the table."""
    text = (
        "Validation loss after each epoch, in the order of the ranking: the line is the mean over seeds, the"
        " band reaches from the lowest to the highest seed, both as far as every seed was trained."
    )
    left_out = len(comparison.ranking) - MOST_CURVES
    if left_out > 0:
        text += f" The best {MOST_CURVES} configurations are drawn, {left_out} left out."
    return text


def _pair(row: dict[str, str]) -> tuple[int, float] | None:
    try:
        epoch, loss = int(row["epoch"]), float(row[OBJECTIVE])
    except (KeyError, TypeError, ValueError):
        return None
    return (epoch, loss) if math.isfinite(loss) else None
