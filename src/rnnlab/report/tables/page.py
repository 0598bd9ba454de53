"""The page's table of configurations, column by column, and the runs that its rows unfold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.analysis.configurations import in_short, number_of
from rnnlab.analysis.tables.runs_table import RESULTS
from rnnlab.charts.number_format import ABSENT, loss
from rnnlab.charts.values import zero_for_nan
from rnnlab.records.metrics import shown_in_tables
from rnnlab.report.tables.columns import Figure, figures
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
    """A column of the page's table.

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
    """Return the columns after the rank: the settings, then the figures without the number of epochs."""
    return [
        *(_setting(name, comparison) for name in comparison.settings),
        *(_figure(figure) for figure in figures(comparison) if figure.column != "epochs"),
    ]


def rows(comparison: Comparison, table_columns: Sequence[Column]) -> list[Row]:
    """Return a row a configuration, best first."""
    records = [_by_name(record) for record in comparison.table.to_dict("records")]
    ranked_by = comparison.criterion.column
    halves = [zero_for_nan(record[f"{ranked_by}_half"]) for record in records]
    low = min(record[ranked_by] - half for record, half in zip(records, halves, strict=True))
    high = max(record[ranked_by] + half for record, half in zip(records, halves, strict=True))

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 1) if high > low else 50.0

    return [
        Row(
            record["rank"],
            record["label"],
            tuple(column.cell(record) for column in table_columns),
            place(record[ranked_by] - half),
            place(record[ranked_by]),
            place(record[ranked_by] + half),
        )
        for record, half in zip(records, halves, strict=True)
    ]


def unfolded(comparison: Comparison) -> dict[str, Any]:
    """Return what the rows unfold: the heads of their runs, and by rank the `runs` and their common `settings`."""
    records = [_by_name(record) for record in comparison.runs.to_dict("records")]
    ranked = zip(comparison.table["rank"], comparison.table["runs"], strict=True)
    ranks = {run.folder.as_posix(): str(rank) for rank, runs in ranked for run in runs}
    names = [name for name in comparison.runs.columns if name not in NO_SETTING and "/" not in name]
    titles = [metric.title for metric in shown_in_tables(comparison.metrics) if metric.interval]
    heads = ["seed", "validation loss", "test loss", *titles, "epochs", "best epoch", "seconds", "status", "folder"]
    configurations: dict[str, Any] = {}
    for record in records:
        if rank := ranks.get(record["folder"]):
            entry = configurations.setdefault(rank, {"runs": [], "settings": _settings(record, names)})
            entry["runs"].append(_run(record, comparison))
    return {"heads": heads, "configurations": configurations}


def _setting(name: str, comparison: Comparison) -> Column:
    numeric = all(number_of(value) is not None or value == ABSENT for value in comparison.table[name])
    return Column(name, "", numeric, lambda row: _cell(in_short(row[name]), row[name]))


def _figure(figure: Figure) -> Column:
    def cell(row: Values) -> TableCell:
        return _cell(figure.text(row), row[figure.column], marked=bool(figure.front and row[figure.front]))

    return Column(figure.head, figure.hint, True, cell)


def _cell(text: str, value: Any, marked: bool = False) -> TableCell:
    """Return a cell; a missing value is sorted behind everything else."""
    number = number_of(value)
    missing = value == ABSENT or (number is not None and math.isnan(number))
    order = "" if missing else str(value) if number is None else repr(number)
    return TableCell(text, order, marked)


def _run(record: Values, comparison: Comparison) -> list[str]:
    metrics = [metric for metric in shown_in_tables(comparison.metrics) if metric.interval]
    best = number_of(record["best_epoch"])
    return [
        _text(record["seed"]),
        _text(record.get(comparison.measure.validation), loss),
        _text(record.get(comparison.measure.test), loss),
        *(_text(record.get(metric.test), loss) for metric in metrics),
        _text(record["epochs"], count),
        _text(None if best is None else best + 1, count),  # from 1, as the figures have it
        _text(record["seconds"], seconds),
        _text(record["status"]),
        _text(record["folder"]),
    ]


def _settings(record: Values, names: Sequence[str]) -> list[tuple[str, str]]:
    settings = [(name, _text(record[name], count if name == "parameters" else in_short)) for name in names]
    return [(name, value) for name, value in settings if value != ABSENT]


def _text(value: Any, format_number: Callable[[Any], str] = str) -> str:
    number = number_of(value)
    if value is None or (number is not None and math.isnan(number)):
        return ABSENT
    return str(value) if number is None else format_number(value)


def _by_name(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items()}
