"""How results are put into words: figures with sensible digits, and the one sentence of a comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rnnlab.report.configurations import ABSENT
from rnnlab.report.statistics import SIGNIFICANT, mean, sample_sd, welch


@dataclass(frozen=True)
class Contender:
    """A configuration and its validation losses, one a seed."""

    label: str
    losses: Sequence[float]


def verdict(contenders: Sequence[Contender], unit: str) -> str:
    """One sentence: which configuration has the best mean, and whether the seeds separate it from the next.

    Args:
        contenders: Best mean first; at least one.
        unit: What the losses are a mean of, such as `nats per token`.
    """
    best = contenders[0]
    if len(contenders) == 1:
        return (
            f"There is one configuration, {best.label}, and nothing to compare it with:"
            f" its validation loss is {_result(best, unit)}."
        )
    following = contenders[1]
    p = welch(best.losses, following.losses)
    return _one_seed(best, following, unit) if p is None else _tested(best, following, p, unit)


def _one_seed(best: Contender, following: Contender, unit: str) -> str:
    mean_loss = "mean validation loss" if len(best.losses) > 1 else "validation loss"
    alone = [side.label for side in (best, following) if len(side.losses) < 2]
    return (
        f"{best.label} has the lowest {mean_loss}, {_result(best, unit)}, before {_in_brackets(following)},"
        f" but one seed of {alone[0] if len(alone) == 1 else 'each'} cannot tell a better configuration from"
        " a lucky draw."
    )


def _tested(best: Contender, following: Contender, p: float, unit: str) -> str:
    found = "and the seeds separate" if p < SIGNIFICANT else "but the seeds do not separate"
    return (
        f"{best.label} has the lowest mean validation loss, {_result(best, unit)}, {found} it from the next,"
        f" {_in_brackets(following)}: if the two were equally good, chance alone would bring a gap this"
        f" wide in {chance(p)} (Welch's t-test, {p_value(p)})."
    )


def spread(values: Sequence[float]) -> str:
    """Mean ± sample standard deviation, or the mean alone where there is one value."""
    return plus_minus(mean(values), sample_sd(values))


def plus_minus(centre: float, deviation: float) -> str:
    """The two with four decimals each; a deviation too small for them is shown as less than the smallest."""
    if math.isnan(deviation):
        return loss(centre)
    return f"{loss(centre)} ± {deviation:.4f}" if deviation >= 5e-5 or deviation == 0 else f"{loss(centre)} ± <0.0001"


def loss(value: float) -> str:
    """A loss in nats: four decimals, or three digits where those would be noughts."""
    if math.isnan(value):
        return ABSENT
    return f"{value:.4f}" if abs(value) >= 0.0005 or value == 0 else f"{value:.1e}"


def count(value: float) -> str:
    """A count with thousands separated; a mean of counts that is no whole number keeps one decimal."""
    if math.isnan(value):
        return ABSENT
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def seconds(value: float) -> str:
    if math.isnan(value):
        return ABSENT
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def chance(p: float) -> str:
    """A p-value as a share of repetitions."""
    if p < 0.001:
        return "fewer than 1 of 1,000 repetitions"
    return f"about 1 of {round(1 / p):,} repetitions" if p < 0.1 else f"about {p * 100:.0f} of 100 repetitions"


def p_value(p: float) -> str:
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _result(side: Contender, unit: str) -> str:
    return f"{spread(side.losses)} {unit} {_over_seeds(side)}"


def _in_brackets(side: Contender) -> str:
    return f"{side.label} ({spread(side.losses)} {_over_seeds(side)})"


def _over_seeds(side: Contender) -> str:
    seeds = len(side.losses)
    return f"over {seeds} seeds" if seeds > 1 else "with one seed"
