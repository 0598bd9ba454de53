"""What a report says of forecasts: errors beside those of naive forecasts, and the forecasts drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.charts.paper import draw
from rnnlab.charts.values import Lines
from rnnlab.records.reading import read_run
from rnnlab.report.examples import Specimens
from rnnlab.report.figures import charts, telling_charts
from rnnlab.report.page import page
from rnnlab.report.render import markdown

FORECASTS = {
    "name": "ppm $x$", "horizon": 2, "history": [1.0, 2.0], "truth": [3.0, 4.0, 5.0, 6.0],
    "forecast": [3.5, 4.5, 5.5, 6.5], "seasonal": [1.0, 2.0, 3.0, 4.0],
}  # fmt: skip


def forecaster(write_run: Callable[..., Path], cell: str, loss: float, data: str = "co2", **more: Any) -> Path:
    """A run folder of a forecaster, with the forecasts of its test."""
    folder = write_run(cell, loss, changes={"data": {"name": data}}, suffix=f"-{data}", **more)
    summary = json.loads((folder / "summary.json").read_text())
    naive = {"test/mae_last": 9.5, "test/mae_seasonal": 3.25}
    tested = {"test/loss": loss, "test/mase": loss, "test/mae": 2 * loss, **naive}
    summary |= {"unit": "naive errors per value", "metrics": {**summary["metrics"], "test": tested}}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "specimens.json").write_text(json.dumps({"forecasts": {**FORECASTS, "name": f"{data} $x$"}}))
    return folder


@pytest.fixture
def comparison(write_run: Callable[..., Path]) -> Comparison:
    for cell, loss in (("rnn", 0.5), ("gru", 0.4)):
        for seed in (0, 1):
            forecaster(write_run, cell, loss + 0.01 * seed, seed=seed)
    return compare([Path("runs/first-look")])


def test_the_answer_has_the_mase_and_both_naive_forecasts(comparison: Comparison) -> None:
    text = markdown(comparison, [])
    assert (
        "- forecasts: on the test part the best configuration errs by 0.810 on average (MASE 0.405), repeating the last"
        " value by 9.500, repeating the last season by 3.250." in text
    )
    assert "| test error | last value | last season |" in text
    assert "| 0.8100 | 9.5000 | 3.2500 |" in text.replace("*", "")
    assert "the mean absolute scaled error (MASE, Hyndman and Koehler 2006)" in text


def test_each_series_has_a_sentence_and_a_figure_of_its_own(write_run: Callable[..., Path]) -> None:
    forecaster(write_run, "gru", 0.4)
    forecaster(write_run, "gru", 0.6, data="elnino")
    found = compare([Path("runs/first-look")])
    sentences = [each for each in found.findings if each.startswith("forecasts")]
    assert [each.partition(":")[0] for each in sentences] == ["forecasts of co2", "forecasts of elnino"]
    assert [chart.name for chart in charts(found) if chart.name.startswith("forecasts")] == [
        "forecasts-co2-x-", "forecasts-elnino-x-",
    ]  # fmt: skip


def test_a_forecast_is_a_line_from_the_last_known_value_with_a_gap_before_the_next(comparison: Comparison) -> None:
    chart = telling_charts(comparison)[0]
    assert isinstance(chart, Lines) and chart.name == "forecasts" and "gru" in chart.caption
    truth, forecast, seasonal = chart.lines
    assert truth.x == (-2, -1, 0, 1, 2, 3) and truth.y == (1, 2, 3, 4, 5, 6)
    assert forecast.x == seasonal.x == (-1, 0, 1, 2, 1, 2, 3, 4)
    gaps = [math.isnan(value) for value in forecast.y]
    assert gaps == [False, False, False, True] * 2
    assert [value for value in forecast.y if not math.isnan(value)] == [2, 3.5, 4.5, 4, 5.5, 6.5]
    assert [value for value in seasonal.y if not math.isnan(value)] == [2, 1, 2, 4, 3, 4]
    assert draw(chart).startswith(b"\x89PNG")


def test_the_page_draws_them_and_has_a_column_for_each_error(comparison: Comparison) -> None:
    text = page(comparison, charts(comparison))
    assert all(words in text for words in ("Forecasts of co2 $x$", "what happened", "test error", "last season"))


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"forecast": [1.0]}, {"history": []}, {"truth": "x"}])
def test_what_is_damaged_is_not_drawn(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "specimens.json").write_text(json.dumps({"forecasts": {**FORECASTS, **wrong}}))
    assert Specimens.of(read_run(tmp_path)) == Specimens(tmp_path)


def test_other_runs_have_no_such_columns(write_run: Callable[..., Path]) -> None:
    write_run("gru")
    found = compare([Path("runs/first-look")])
    assert not found.forecasts and "last season" not in markdown(found, [])
    assert not any(chart.name.startswith("forecasts") for chart in charts(found))
