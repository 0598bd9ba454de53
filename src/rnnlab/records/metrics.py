"""The metrics of a task as plain values: name, direction, unit, and the tables that show them.

A task declares a metric once. The declarations travel in summary.json, and every table, page, CSV and TensorBoard view
loops over them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Literal

MEASURES = "measures"  # the key of summary.json
SHARE = "share"


@dataclass(frozen=True)
class Metric:
    """A metric of a task, measured on validation as `val/KEY` and on the test as `test/KEY`.

    Attributes:
        key: Such as `accuracy`.
        title: The head of the column of its test values, such as `test accuracy`.
        hint: What the value is, where the title does not say it.
        unit: What the value is in, or a mean of, such as `nats per token`; empty for a pure number.
        direction: Which values are better.
        kind: A share lies between 0 and 1, an amount is not bounded.
        shown: The narrowest tables with a column of it: `tables` on the terminal, in report.md and on the page,
            `summary` for summary.csv, `results` for results.csv, which has every metric.
        interval: Whether tables have the 95% interval of its mean.
        baseline_of: The key of the metric that a simple model reaches this value of; empty for a model's own metric.
        ranks: Whether runs can be ranked by it; of those that all runs share, the first that is comparable is taken.
            It has columns of its own, on validation and on the test.
        comparable_at: Keys of the configuration; two runs in which one of them differs have no comparable values.
        explanation: What a reader of the tables has to know, in whole sentences.
        chance: What reaches the value of chance without learning from the sequence, such as `most frequent class`;
            empty where chance is unknown.
        finding: A sentence on the best configuration. `$KEY` stands for its test value of a metric, `$of_data` for
            such as ` of airline` where several data sets were compared.
    """

    key: str
    title: str
    hint: str = ""
    unit: str = ""
    direction: Literal["lower", "higher"] = "lower"
    kind: Literal["amount", "share"] = "amount"
    shown: Literal["tables", "summary", "results"] = "tables"
    interval: bool = True
    baseline_of: str = ""
    ranks: bool = False
    comparable_at: tuple[str, ...] = ()
    explanation: str = ""
    finding: str = ""
    chance: str = ""

    @property
    def validation(self) -> str:
        """The name of its validation values, such as `val/accuracy`."""
        return f"val/{self.key}"

    @property
    def test(self) -> str:
        """The name of its test values, such as `test/accuracy`."""
        return f"test/{self.key}"

    @property
    def column(self) -> str:
        """The column of its mean test value in summary.csv, such as `test_accuracy`."""
        return f"test_{self.key}"

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most that a value can be."""
        return (0.0, 1.0) if self.kind == SHARE else (float("-inf"), float("inf"))

    def to_json(self) -> dict[str, Any]:
        """The declaration as summary.json has it."""
        return {**asdict(self), "comparable_at": list(self.comparable_at)}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Metric:
        """The declaration that an entry of summary.json holds; a field of another type counts as missing."""
        listed = entry.get("comparable_at")
        given = {**entry, "comparable_at": tuple(map(str, listed)) if isinstance(listed, list) else ()}
        known = {name: given[name] for name, type_ in TYPES.items() if type(given.get(name)) is type_}
        return cls(**{"key": str(entry["key"]), "title": str(entry["key"]), **known})


TYPES = {field.name: str if field.default is MISSING else type(field.default) for field in fields(Metric)}


def ranking_loss(unit: str, key: str = "loss", comparable_at: Iterable[str] = (), chance: str = "") -> Metric:
    """The loss that runs are trained on and ranked by, in a unit such as `nats per token`."""
    comparable_at = tuple(comparable_at)
    return Metric(key, "loss", unit=unit, shown="results", ranks=True, comparable_at=comparable_at, chance=chance)


def share(
    key: str, title: str, hint: str = "", shown: Literal["tables", "summary", "results"] = "tables", chance: str = ""
) -> Metric:
    """A share between 0 and 1 of which more is better, such as an accuracy."""
    return Metric(key, title, hint, direction="higher", kind="share", shown=shown, chance=chance)


def read_metrics(summary: Mapping[str, Any]) -> tuple[Metric, ...]:
    """The metrics that a summary declares; of one that declares no loss to rank by, its `loss` is known alone."""
    listed = summary.get(MEASURES)
    entries = listed if isinstance(listed, list) else []
    declared = _declared(json.dumps(entries))
    return (
        declared
        if any(metric.ranks for metric in declared)
        else (ranking_loss(str(summary.get("unit") or "nats per token")),)
    )


@lru_cache(1 << 10)  # the runs of a sweep declare the same
def _declared(entries: str) -> tuple[Metric, ...]:
    return tuple(
        Metric.from_json(entry) for entry in json.loads(entries) if isinstance(entry, Mapping) and "key" in entry
    )


def objective_of(metrics: Iterable[Metric]) -> Metric:
    """The loss that tells the runs of any sweep apart, such as that of a character, whatever symbols they read."""
    return next(metric for metric in metrics if metric.ranks and not metric.comparable_at)


def shown_in_tables(metrics: Iterable[Metric]) -> list[Metric]:
    """The metrics with a column in every table, in the order of their declarations."""
    return [metric for metric in metrics if metric.shown == "tables" and not metric.ranks]


def shown_in_summary(metrics: Iterable[Metric]) -> list[Metric]:
    """The metrics with a column in summary.csv."""
    return [metric for metric in metrics if metric.shown in ("tables", "summary") and not metric.ranks]
