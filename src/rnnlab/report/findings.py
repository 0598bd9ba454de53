"""The findings of a comparison in sentences: what the seeds support and what they do not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

import pandas as pd

from rnnlab.analysis.configurations import Configuration, losses, plain
from rnnlab.analysis.factors import Contrast, Factor
from rnnlab.analysis.overfitting import Overfit
from rnnlab.analysis.saturation import Saturation
from rnnlab.analysis.statistics import SIGNIFICANT, difference, mean_of
from rnnlab.charts.number_format import ABSENT, loss, plus_minus
from rnnlab.enumeration import joined
from rnnlab.records.metrics import Metric
from rnnlab.report.tables.thresholds import threshold_finding
from rnnlab.report.wording import decimals, interval, p_value, seeds

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

MOST_CHAINED = 3  # levels of a factor of which each is compared with the next; of more, all with the best
MOST_CONTRASTS = 4  # of a factor that a sentence still names
WORTH_SAYING = 0.05  # a share of training time or parameters
MOST_NAMED = 3  # configurations that are named before the rest is counted


def verdict(comparison: Comparison) -> str:
    """Say which configuration is best, and whether the seeds separate it from the others."""
    return conclusions(comparison.configurations, comparison.factors, comparison.unit)[0]


def findings(comparison: Comparison) -> list[str]:
    """Return the sentences on the bound that was asked for, each factor, the metrics and overfitting, in this order."""
    return [
        *map(threshold_finding, comparison.threshold_reaches),
        *factor_findings(comparison.factors, comparison.unit),
        *map(_saturation, comparison.saturations),
        *_metric_findings(comparison.metrics, comparison.ranking),
        *_overfitting(comparison.overfitting, comparison.unit),
    ]


def conclusions(ranked: Sequence[Configuration], varied: Sequence[Factor], unit: str) -> tuple[str, list[str]]:
    """Return what the seeds support: the sentence on the best configuration, and one for each factor."""
    alone = len(varied) == 1 and len(varied[0].levels) == len(ranked)
    contenders = [Contender(configuration.label, losses(configuration)) for configuration in ranked]
    return verdict_on(contenders, unit, varied[0] if alone else None), factor_findings(varied, unit)


def factor_findings(factors: Sequence[Factor], unit: str) -> list[str]:
    """Return a sentence for each factor: which of its levels are better, by how much and where, and what they cost."""
    return [f"{factor.name}: {_ranking(factor, unit)}{_costs(factor)}." for factor in factors]


def _saturation(saturation: Saturation) -> str:
    levels = ", ".join(f"{level} for {joined(cells)}" for level, cells in saturation.limits.items())
    return (
        f"{saturation.factor.name} by {saturation.kind}: the smallest that the seeds do not tell apart from the best is"
        f" {levels}."
    )


def _metric_findings(metrics: Sequence[Metric], ranking: pd.DataFrame) -> list[str]:
    """Return the sentences that metrics declare, for each data set, on the best configuration there."""
    by = "data" if "data" in ranking else None
    groups = [(plain(name), rows) for name, rows in ranking.groupby(by, sort=False)] if by else [("", ranking)]
    return [
        _metric_finding(metric, metrics, data, rows.iloc[0])
        for metric in metrics
        if metric.finding and metric.column in ranking
        for data, rows in groups
        if not math.isnan(rows[metric.column].iloc[0])
    ]


def _metric_finding(metric: Metric, metrics: Sequence[Metric], data: str, row: pd.Series) -> str:
    values = {other.key: decimals(row[other.column], 3) for other in metrics if other.column in row}
    return Template(metric.finding).safe_substitute(values, of_data=f" of {data}" if data else "")


def _overfitting(cases: Sequence[Overfit], unit: str) -> list[str]:
    if not cases:
        return []
    named = joined([_overfit(case, "" if index else unit) for index, case in enumerate(cases[:MOST_NAMED])])
    more = f"; so do {len(cases) - MOST_NAMED} more, by less" if len(cases) > MOST_NAMED else ""
    return [f"overfitting: {named}{more}."]


def _overfit(case: Overfit, unit: str) -> str:
    rise = " ".join(filter(None, [interval(case.rise), unit]))
    return (
        f"{case.label} ends {rise} above its lowest validation loss, that of epoch {case.best:.3g} of"
        f" {case.epochs:.3g}, while its training loss falls by {loss(case.fall)}"
    )


@dataclass(frozen=True)
class Contender:
    """A configuration and its validation losses by seed."""

    label: str
    losses: Mapping[Any, float]

    @property
    def result(self) -> str:
        return interval(mean_of([self.losses]))


def verdict_on(contenders: Sequence[Contender], unit: str, only: Factor | None = None) -> str:
    """Return a sentence on the configuration with the best mean and on those that the seeds do not separate from it.

    The best was picked from all of them after the fact, so its p-values are corrected for every pair that could have
    been compared (Bonferroni); one pair's own would prove too much.

    Args:
        contenders: Best mean first; at least one.
        unit: The unit of the losses, such as `nats per token`.
        only: The factor whose levels the contenders are, if it alone varied: its contrasts give the p-values.
    """
    best, others = contenders[0], contenders[1:]
    result = f"{best.result} {unit} over {seeds(len(best.losses))}"
    if not others:
        return f"There is one configuration, {best.label}, and nothing to compare it with: {result}."
    lead = f"{best.label} has the lowest {'mean ' if len(best.losses) > 1 else ''}validation loss, {result}"
    p_values = _against(best, others, only)
    ties = [(rival, p) for rival, p in zip(others, p_values, strict=True) if p is None or p >= SIGNIFICANT]
    if not ties:
        groups = {1: "", 2: "both others; the nearest is "}
        group = groups.get(len(others), f"all {len(others)} others; the nearest is ")
        return f"{lead}, and the seeds separate it from {group}{_with_p_value(others[0], p_values[0])}."
    if all(p is None for _, p in ties):
        return (
            f"{lead}, before {ties[0][0].label} ({ties[0][0].result}), but {_fewest(best, ties)} cannot tell a"
            " better configuration from a lucky draw."
        )
    named = joined([_with_p_value(rival, p) for rival, p in ties[:MOST_NAMED]])
    more = f", nor from {len(ties) - MOST_NAMED} more" if len(ties) > MOST_NAMED else ""
    return f"{lead}, but the seeds do not separate it from {named}{more}."


def _against(best: Contender, others: Sequence[Contender], only: Factor | None) -> list[float | None]:
    if only:
        levels = [level.name for level in only.levels]
        return [only.contrast(levels[0], level).p for level in levels[1:]]
    pairs = len(others) * (len(others) + 1) // 2
    raw = [difference([(best.losses, rival.losses)]).p for rival in others]
    return [None if p is None else min(1.0, p * pairs) for p in raw]


def _with_p_value(contender: Contender, p: float | None) -> str:
    return f"{contender.label} ({', '.join(filter(None, [contender.result, p_value(p)]))})"


def _fewest(best: Contender, ties: Sequence[tuple[Contender, float | None]]) -> str:
    alone = [side.label for side in (best, *(rival for rival, _ in ties)) if len(side.losses) < 2]
    return f"one seed of {alone[0]}" if len(alone) == 1 or len(best.losses) > 1 else "one seed each"


def _ranking(factor: Factor, unit: str) -> str:
    if not any(contrast.significant for contrast in factor.contrasts):
        return _no_difference(factor, unit)
    if len(factor.levels) > MOST_CHAINED:
        return _from_the_best(factor, unit)
    names = [level.name for level in factor.levels]
    contrasts = [factor.contrast(first, second) for first, second in itertools.pairwise(names)]
    if not any(contrast.significant for contrast in contrasts):  # neighbours are too close, the ends are not
        contrasts = [factor.contrast(names[0], names[-1])]
    return "; ".join(_clause(contrast, "" if index else unit) for index, contrast in enumerate(contrasts))


def _from_the_best(factor: Factor, unit: str) -> str:
    """Return clauses on the levels that differ from the one of the lowest mean, where there are many."""
    best = factor.levels[0].name
    contrasts = [factor.contrast(best, level.name) for level in factor.levels[1:]]
    apart = [contrast for contrast in contrasts if contrast.significant]
    alike = [_opposite(contrast, best) for contrast in contrasts if not contrast.significant]
    clauses = [f"{_called(best)} has the lowest mean, not told apart from {joined(alike)}"] if alike else []
    clauses += [_clause(contrast, "" if index else unit) for index, contrast in enumerate(apart[:MOST_CONTRASTS])]
    clauses += [f"and {len(apart) - MOST_CONTRASTS} more"] if len(apart) > MOST_CONTRASTS else []
    return "; ".join(clauses)


def _no_difference(factor: Factor, unit: str) -> str:
    tested = [contrast for contrast in factor.contrasts if contrast.p is not None]
    widest = max(tested or factor.contrasts, key=lambda contrast: abs(contrast.difference.mean))
    gap = f"{_gap(widest)} {unit} between {_called(widest.better)} and {_called(widest.worse)}"
    few, settings = widest.difference.seeds, widest.difference.settings
    if widest.p is None:
        return f"{seeds(few)} each {'is' if few == 1 else 'are'} too few to rank it ({gap})"
    if few == 1:
        return f"not told apart by {settings} settings with one seed each ({gap}, {p_value(widest.p)})"
    if few == 2 and settings == 1:
        return f"{seeds(few)} are too few to rank it ({gap}, {p_value(widest.p)})"
    return f"not told apart by {seeds(few)} ({gap}, {p_value(widest.p)})"


def _clause(contrast: Contrast, unit: str) -> str:
    in_brackets = f"({p_value(contrast.p)})" if contrast.p is not None else "(too few seeds for a test)"
    gap = " ".join(filter(None, [_gap(contrast), unit]))
    better, worse = _called(contrast.better), _called(contrast.worse)
    if not contrast.significant:
        return f"{better} and {worse} are not told apart, {gap} {in_brackets}"
    return f"{better} beats {worse} by {gap}{_at_settings(contrast)} {in_brackets}"


def _called(level: str) -> str:
    return "unset" if level == ABSENT else level


def _opposite(contrast: Contrast, level: str) -> str:
    return _called(contrast.worse if contrast.better == level else contrast.better)


def _gap(contrast: Contrast) -> str:
    return plus_minus(abs(contrast.difference.mean), contrast.difference.half)


def _at_settings(contrast: Contrast) -> str:
    """Return a clause on the number of settings of everything else at which the better level has the lower loss."""
    settings, firsts, left_out = contrast.difference.settings, contrast.difference.firsts, contrast.difference.left_out
    if left_out:
        return f" on average over the {settings} of {settings + left_out} settings of the rest that have several seeds"
    if settings == 1:
        return ""
    if firsts == settings:
        return " at both settings of the rest" if settings == 2 else f" at each of {settings} settings of the rest"
    return f" on average, at {firsts} of {settings} settings of the rest"


def _costs(factor: Factor) -> str:
    """Return a clause on what the cheapest level saves beside the best."""
    best = factor.levels[0]
    quickest = min(factor.levels, key=lambda level: (math.isnan(level.seconds), level.seconds))
    smallest = min(factor.levels, key=lambda level: (math.isnan(level.parameters), level.parameters))
    saved = []
    if (time := 1 - quickest.seconds / best.seconds if best.seconds else 0.0) >= WORTH_SAYING:
        saved.append((quickest.name, f"{time:.0%} less time"))
    if (share := 1 - smallest.parameters / best.parameters if best.parameters else 0.0) >= WORTH_SAYING:
        saved.append((smallest.name, f"{share:.0%} fewer parameters"))
    if len(saved) == 2 and saved[0][0] == saved[1][0]:
        saved = [(saved[0][0], f"{saved[0][1]} and {saved[1][1]}")]
    return "".join(f"; {_called(name)} needs {saving} than {_called(best.name)}" for name, saving in saved)
