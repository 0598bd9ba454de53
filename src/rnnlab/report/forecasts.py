"""What the forecasts of a comparison are worth: errors beside those of naive forecasts."""

from __future__ import annotations

import math

import pandas as pd

from rnnlab.analysis.configurations import plain
from rnnlab.report.wording import decimals

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


def _sentence(series: str, row: pd.Series) -> str:
    errors = [decimals(row[name], 3) for name in ("test_mae", "test_mae_last", "test_mae_seasonal")]
    return (
        f"forecasts{f' of {series}' if series else ''}: on the test part the best configuration errs by {errors[0]} on"
        f" average (MASE {decimals(row['test_loss'], 3)}), repeating the last value by {errors[1]}, repeating the last"
        f" season by {errors[2]}."
    )
