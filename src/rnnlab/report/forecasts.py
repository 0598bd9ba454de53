"""What the forecasts of a comparison are worth: errors beside those of naive forecasts, and the forecasts drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from rnnlab.analysis.configurations import plain
from rnnlab.charts.values import Axis, Line, Lines
from rnnlab.report.examples import Forecasts, Specimens
from rnnlab.report.wording import decimals

if TYPE_CHECKING:
    from rnnlab.analysis.comparison import Comparison

NAME = "forecasts"  # of the charts
UNITS = (
    " A naive error is the mean absolute error in the training part of the seasonal naive forecast, which repeats the"
    " last season, so that the loss is the mean absolute scaled error (MASE, Hyndman and Koehler 2006). The errors of"
    " the test part are mean absolute ones in the series' own units: the model's, that of repeating the last value,"
    " and that of repeating the last season, all on the same windows."
)


def against_naive(ranking: pd.DataFrame) -> list[str]:
    """A sentence for each series, on its best configuration beside the naive forecasts; none without forecasts."""
    if ranking["test_mae"].isna().all():
        return []
    by = "data" if "data" in ranking else None
    groups = [(plain(name), rows) for name, rows in ranking.groupby(by, sort=False)] if by else [("", ranking)]
    return [_sentence(name, rows.iloc[0]) for name, rows in groups if not math.isnan(rows["test_mae"].iloc[0])]


def forecast_charts(comparison: Comparison) -> list[Lines]:
    """The forecasts of each series' best run, in the order of the ranking."""
    found: dict[str, tuple[str, Forecasts]] = {}
    for label, run in comparison.best_runs:
        forecasts = Specimens.of(run).forecasts
        if forecasts is not None:
            found.setdefault(forecasts.name, (label, forecasts))
    names = {name: f"{NAME}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}" for name in found} if len(found) > 1 else {}
    return [_chart(names.get(name, NAME), label, forecasts) for name, (label, forecasts) in found.items()]


def _sentence(series: str, row: pd.Series) -> str:
    errors = [decimals(row[name], 3) for name in ("test_mae", "test_mae_last", "test_mae_seasonal")]
    return (
        f"forecasts{f' of {series}' if series else ''}: on the test part the best configuration errs by {errors[0]} on"
        f" average (MASE {decimals(row['test_loss'], 3)}), repeating the last value by {errors[1]}, repeating the last"
        f" season by {errors[2]}."
    )


def _chart(name: str, label: str, of: Forecasts) -> Lines:
    known = [*of.history, *of.truth]
    begin = -len(of.history)
    lines = (
        _line("what happened", range(begin, begin + len(known)), known),
        _pieces("forecast", of.forecast, of),
        _pieces("last season repeated", of.seasonal, of),
    )
    return Lines(
        name=name,
        title=f"Forecasts of {of.name}",
        caption=f"Forecasts of {of.horizon} values each of the test part by the best run of {label}. Each begins where"
        " the one before ends, and has seen what happened until then.",
        x=Axis("step of the test part"),
        y=Axis(of.name),
        lines=lines,
    )


def _pieces(label: str, values: Sequence[float], of: Forecasts) -> Line:
    """Forecasts as lines that begin at the last value known to them, with a gap between two."""
    known = [*of.history, *of.truth]
    x: list[float] = []
    y: list[float] = []
    for origin in range(0, len(values), of.horizon):
        piece = [known[len(of.history) + origin - 1], *values[origin : origin + of.horizon]]
        x += [*range(origin - 1, origin - 1 + len(piece)), origin - 1 + len(piece)]
        y += [*piece, math.nan]
    return _line(label, x, y)


def _line(label: str, x: Sequence[float], y: Sequence[float]) -> Line:
    values = tuple(y)
    return Line(label=label, x=tuple(map(float, x)), y=values, low=values, high=values)  # one run, no band
