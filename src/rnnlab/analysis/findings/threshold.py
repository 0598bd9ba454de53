"""Thresholds: how far a bound on a metric holds, such as the sequence length up to which accuracy is at least 0.9."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.configurations import Configuration, number_of, plain
from rnnlab.analysis.factors import Factor
from rnnlab.analysis.findings.saturation import KINDS
from rnnlab.analysis.statistics import Mean, mean, mean_of
from rnnlab.config.schema import check
from rnnlab.errors import UserError
from rnnlab.records.metrics import Metric


@dataclass(frozen=True)
class Threshold:
    """A bound on a metric, such as test/accuracy>=0.9.

    Attributes:
        metric: Of the best epoch (`val/…`) or of the test (`test/…`).
        least: Whether the bound is one from below.
        bound: The number.
    """

    metric: str
    least: bool
    bound: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Read the value of the key `holds`.

        Raises:
            UserError: It is not a metric and a bound.
        """
        check({"holds": text})
        metric, sign, bound = re.split("([<>])=", text)
        return cls(metric, sign == ">", float(bound))

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{self.metric} of at {'least' if self.least else 'most'} {plain(self.bound)}"


@dataclass(frozen=True)
class ThresholdReach:
    """The means of a metric along a factor of numbers, and where they keep within a bound.

    Attributes:
        axis: The factor, such as `sequence_length`.
        kind: The setting with a row for each of its levels, such as `cell`; empty where none of that kind varied.
        threshold: The bound.
        rows: For each row, or for all configurations under the name '', the mean at each level, smallest level first.
    """

    axis: str
    kind: str
    threshold: Threshold
    rows: Mapping[str, Mapping[float, Mean]]


def threshold_reaches(
    ranked: Sequence[Configuration], varied: Sequence[Factor], metrics: Sequence[Metric], holds: str | None = None
) -> list[ThresholdReach]:
    """Return the metric along each factor of numbers, at equal settings of the rest; for each cell, if it varied.

    Rows are sorted by how much of the factor they hold, and then by their mean.

    Args:
        ranked: The configurations.
        varied: Their factors.
        metrics: The declared metrics, which say whether lower or higher is better.
        holds: The bound; None for the one that the runs' own configurations ask for.

    Raises:
        UserError: No run has such a metric.
    """
    configured = (str(run.config["holds"]) for entry in ranked for run in entry.runs if run.config.get("holds"))
    if (text := holds or next(configured, None)) is None:
        return []
    threshold = Threshold.parse(text)
    higher = metric_of(threshold, metrics).direction == "higher"
    kind = next((factor.axis for factor in varied if factor.axis in KINDS), "")
    reaches = []
    for factor in (factor for factor in varied if factor.numeric):
        names = [factor.axis, *factor.others]
        groups: dict[str, list[Configuration]] = {}
        for configuration in ranked:
            groups.setdefault(plain(configuration.settings[kind]) if kind else "", []).append(configuration)
        rows = {name: _means(group, names, threshold.metric) for name, group in groups.items()}
        known = [(name, means) for name, means in rows.items() if means]  # others have no level at equal settings
        ordered = sorted(known, key=lambda row: _place(row[1], threshold, higher))
        if not ordered:
            continue
        reaches.append(ThresholdReach(factor.axis, kind, threshold, dict(ordered)))
    return reaches


def metric_of(threshold: Threshold, metrics: Sequence[Metric]) -> Metric:
    """Return the declared metric that a threshold bounds.

    Raises:
        UserError: There is none of its name.
    """
    named = {known: metric for metric in metrics for known in (metric.validation, metric.test)}
    if threshold.metric not in named:
        raise UserError(f"holds: there is no metric {threshold.metric}; choose {', '.join(named)}")
    return named[threshold.metric]


def _means(configurations: Sequence[Configuration], names: Sequence[str], metric: str) -> dict[float, Mean]:
    """Return the mean at each level of a factor, over the other settings that all levels share."""
    levels: dict[float, dict[str, Configuration]] = {}
    for configuration in configurations:
        level = number_of(configuration.settings[names[0]])
        rest = str([(name, str(value)) for name, value in configuration.settings.items() if name not in names])
        if level is not None:
            levels.setdefault(level, {})[rest] = configuration
    shared = set.intersection(*map(set, levels.values())) if levels else set()
    return {
        level: mean_of([_values(levels[level][rest], metric) for rest in sorted(shared)])
        for level in sorted(levels)
        if shared
    }


def _values(configuration: Configuration, metric: str) -> dict[object, float]:
    return {str(run.seed): run.value(metric) for run in configuration.runs}


def _place(means: Mapping[float, Mean], threshold: Threshold, higher: bool) -> tuple[int, float]:
    values = [at_level.value for at_level in means.values()]
    return -sum(map(threshold.holds, values)), -mean(values) if higher else mean(values)
