"""How far something holds: up to which sequence length, say, each cell's accuracy is at least 0.9."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnnlab.analysis.configurations import Configuration, number_of, plain
from rnnlab.analysis.factors import Factor
from rnnlab.analysis.saturation import KINDS
from rnnlab.analysis.statistics import Mean, mean, mean_of
from rnnlab.config.schema import check
from rnnlab.records.metrics import Metric

SHARES = ("accuracy", "auroc", "f1")  # from 0 to 1, beyond which Student's intervals may reach


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
    def of(cls, text: str) -> Threshold:
        """What `holds=` says, on the command line or in the configuration of a run.

        Raises:
            UserError: It says something else.
        """
        check({"holds": text})
        metric, sign, bound = re.split("([<>])=", text)
        return cls(metric, sign == ">", float(bound))

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{self.metric} of at {'least' if self.least else 'most'} {plain(self.bound)}"


@dataclass(frozen=True)
class Holding:
    """The means of a metric along a factor of numbers, and where they keep within a bound.

    Attributes:
        axis: The factor, such as `sequence_length`.
        kind: What has a row of its own, such as `cell`; empty where nothing of that kind varied.
        asked: The bound.
        rows: For each of those, or for everything under the name '', the mean at each level, smallest level first.
    """

    axis: str
    kind: str
    asked: Threshold
    rows: Mapping[str, Mapping[float, Mean]]


def holdings(
    ranked: Sequence[Configuration], varied: Sequence[Factor], metrics: Sequence[Metric], holds: str | None = None
) -> list[Holding]:
    """For each factor of numbers, the metric along it at equal settings of the rest; for each cell, if it varied.

    Rows are sorted by how much of the factor they hold, and then by their mean.

    Args:
        ranked: The configurations.
        varied: Their factors.
        metrics: The declared metrics, which say whether lower or higher is better.
        holds: The bound; None for the one that the runs' own configurations ask for.
    """
    configured = (str(run.config["holds"]) for entry in ranked for run in entry.runs if run.config.get("holds"))
    if (text := holds or next(configured, None)) is None:
        return []
    asked = Threshold.of(text)
    declared = next((metric for metric in metrics if asked.metric in (metric.validation, metric.test)), None)
    higher = asked.least if declared is None else declared.direction == "higher"
    kind = next((factor.axis for factor in varied if factor.axis in KINDS), "")
    found = []
    for factor in (factor for factor in varied if factor.numeric):
        names = [factor.axis, *factor.others]
        alone: dict[str, list[Configuration]] = {}
        for each in ranked:
            alone.setdefault(plain(each.settings[kind]) if kind else "", []).append(each)
        rows = {name: _means(of, names, asked.metric) for name, of in alone.items()}
        ordered = sorted(rows.items(), key=lambda row: _place(row[1], asked, higher))
        found.append(Holding(factor.axis, kind, asked, dict(ordered)))
    return found


def _means(alone: Sequence[Configuration], names: Sequence[str], metric: str) -> dict[float, Mean]:
    """The mean at each level of a factor, over the settings of the rest that all levels have."""
    levels: dict[float, dict[str, Configuration]] = {}
    for each in alone:
        level = number_of(each.settings[names[0]])
        rest = str([(name, str(value)) for name, value in each.settings.items() if name not in names])
        if level is not None:
            levels.setdefault(level, {})[rest] = each
    shared = set.intersection(*map(set, levels.values())) if levels else set()
    return {
        level: mean_of([_values(levels[level][rest], metric) for rest in sorted(shared)])
        for level in sorted(levels)
        if shared
    }


def _values(configuration: Configuration, metric: str) -> dict[object, float]:
    return {str(run.seed): run.value(metric) for run in configuration.runs}


def _place(means: Mapping[float, Mean], asked: Threshold, higher: bool) -> tuple[int, float]:
    total = mean(each.value for each in means.values())
    return -sum(asked.holds(each.value) for each in means.values()), -total if higher else total
