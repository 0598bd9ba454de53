"""The page's table of configurations, column by column, and the runs that its rows unfold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.analysis.configurations import number_of, plain
from rnnlab.analysis.runs_table import RESULTS
from rnnlab.charts.number_format import ABSENT, loss, plus_minus
from rnnlab.charts.values import zero_for_nan
from rnnlab.records.metrics import Metric, shown_in_tables
from rnnlab.report.wording import count, seconds

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

Values = Mapping[str, Any]  # a row of the ranking or of the table of runs
NO_SETTING = frozenset({"rank", "configuration", "seed", *RESULTS, "status", "reason", "folder"})


@dataclass(frozen=True)
class TableCell:
    """A cell of the table: its text, the value that it is sorted by, and whether it is marked as on a Pareto front."""

    text: str
    order: str
    marked: bool = False


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        head: Its name.
        hint: The meaning, where the name does not say it.
        numeric: Whether it has numbers.
        cell: Builds its cell from a row of the ranking.
    """

    head: str
    hint: str
    numeric: bool
    cell: Callable[[Values], TableCell]


@dataclass(frozen=True)
class Row:
    """A configuration: its cells, and where its interval lies between 0 and 100 on an axis that all rows share."""

    rank: int
    label: str
    cells: tuple[TableCell, ...]
    low: float
    middle: float
    high: float


def columns(comparison: Comparison) -> list[Column]:
    """The columns after the rank, in the order in which a person decides."""
    target = f"seconds to {loss(comparison.target)}"
    return [
        *(_setting(name, comparison) for name in comparison.settings),
        _interval("validation loss", "val_loss", f"{comparison.unit}, mean ± half of its 95% interval"),
        _interval("test loss", "test_loss", f"{comparison.unit}, of the epoch with the best validation loss"),
        *(_metric(metric) for metric in shown_in_tables(comparison.metrics)),
        _figure("seeds", "seeds", count, "runs that differ in the seed only"),
        _figure("parameters", "parameters", count, "that are trained", front="on_parameters_front"),
        _figure("seconds", "seconds", seconds, "of training", front="on_seconds_front"),
        _figure(target, "seconds_to_target", seconds, "of training until the validation loss was that low"),
    ]


def rows(comparison: Comparison, table_columns: Sequence[Column]) -> list[Row]:
    """Return a row a configuration, best first."""
    records = [_by_name(record) for record in comparison.ranking.to_dict("records")]
    halves = [zero_for_nan(record["val_loss_half"]) for record in records]
    low = min(record["val_loss"] - half for record, half in zip(records, halves, strict=True))
    high = max(record["val_loss"] + half for record, half in zip(records, halves, strict=True))

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 1) if high > low else 50.0

    return [
        Row(
            record["rank"],
            record["label"],
            tuple(column.cell(record) for column in table_columns),
            place(record["val_loss"] - half),
            place(record["val_loss"]),
            place(record["val_loss"] + half),
        )
        for record, half in zip(records, halves, strict=True)
    ]


def unfolded(comparison: Comparison) -> dict[str, Any]:
    """Return what the rows unfold: the heads of their runs, and by rank the `runs` and their common `settings`."""
    records = [_by_name(record) for record in comparison.runs.to_dict("records")]
    names = [name for name in comparison.runs.columns if name not in NO_SETTING and "/" not in name]
    titles = [metric.title for metric in shown_in_tables(comparison.metrics) if metric.interval]
    heads = ["seed", "validation loss", "test loss", *titles, "epochs", "best epoch", "seconds", "status", "folder"]
    configurations: dict[str, Any] = {}
    for record in records:
        if number_of(record["rank"]) is not None and not math.isnan(record["rank"]):
            rank = str(int(record["rank"]))
            entry = configurations.setdefault(rank, {"runs": [], "settings": _settings(record, names)})
            entry["runs"].append(_run(record, comparison))
    return {"heads": heads, "configurations": configurations}


def _setting(name: str, comparison: Comparison) -> Column:
    numeric = all(number_of(value) is not None or value == ABSENT for value in comparison.ranking[name])
    return Column(name, "", numeric, lambda row: _cell(plain(row[name]), row[name]))


def _metric(metric: Metric) -> Column:
    if metric.interval:
        return _interval(metric.title, metric.column, metric.hint)
    return _figure(metric.title, metric.column, loss, metric.hint)


def _interval(head: str, name: str, hint: str) -> Column:
    return Column(head, hint, True, lambda row: _cell(plus_minus(row[name], row[f"{name}_half"]), row[name]))


def _figure(head: str, name: str, written: Callable[[float], str], hint: str, front: str | None = None) -> Column:
    def cell(row: Values) -> TableCell:
        return _cell(written(row[name]), row[name], marked=bool(front and row[front]))

    return Column(head, hint, True, cell)


def _cell(shown: str, value: Any, marked: bool = False) -> TableCell:
    """Return a cell; a missing value is sorted behind everything else."""
    number = number_of(value)
    missing = value == ABSENT or (number is not None and math.isnan(number))
    order = "" if missing else str(value) if number is None else repr(number)
    return TableCell(shown, order, marked)


def _run(record: Values, comparison: Comparison) -> list[str]:
    metrics = [metric for metric in shown_in_tables(comparison.metrics) if metric.interval]
    best = number_of(record["best_epoch"])
    return [
        _shown(record["seed"]),
        _shown(record.get(comparison.measure.validation), loss),
        _shown(record.get(comparison.measure.test), loss),
        *(_shown(record.get(metric.test), loss) for metric in metrics),
        _shown(record["epochs"], count),
        _shown(None if best is None else best + 1, count),  # from 1, as the figures have it
        _shown(record["seconds"], seconds),
        _shown(record["status"]),
        _shown(record["folder"]),
    ]


def _settings(record: Values, names: Sequence[str]) -> list[tuple[str, str]]:
    shown = [(name, _shown(record[name], count if name == "parameters" else plain)) for name in names]
    return [(name, value) for name, value in shown if value != ABSENT]


def _shown(value: Any, written: Callable[[Any], str] = str) -> str:
    number = number_of(value)
    if value is None or (number is not None and math.isnan(number)):
        return ABSENT
    return str(value) if number is None else written(value)


def _by_name(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items()}
