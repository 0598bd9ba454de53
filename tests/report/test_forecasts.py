"""What a report says of forecasts: errors beside those of naive forecasts, and the forecasts drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.charts.examples import Examples
from rnnlab.charts.paper import png
from rnnlab.charts.values import Lines
from rnnlab.records.metrics import ranking_loss
from rnnlab.records.reading import read_run
from rnnlab.report.figures.options import report_charts, study_charts
from rnnlab.report.page import page
from rnnlab.report.render import markdown
from rnnlab.report.sections.examples import read_examples
from rnnlab.report.sections.findings import findings
from rnnlab.tasks.forecasts.metrics import MAE, MAE_LAST, MAE_SEASONAL

CHART = {
    "name": "forecasts",
    "title": "Forecasts of co2 $x$",
    "caption": "Forecasts of 2 values each.",
    "x": "step of the test part",
    "y": "co2 $x$",
    "lines": [
        {"label": "what happened", "x": [-2, -1, 0, 1], "y": [1, 2, 3, 4]},
        {"label": "forecast", "x": [-1, 0, 1, 2], "y": [2, 3.5, 4.5, None]},
    ],
}


def forecaster(write_run: Callable[..., Path], cell: str, loss: float, data: str = "co2", **more: Any) -> Path:
    """A run folder of a forecaster, with the forecasts of its test."""
    folder = write_run(cell, loss, changes={"data": {"name": data}}, suffix=f"-{data}", **more)
    summary = json.loads((folder / "summary.json").read_text())
    declared = [ranking_loss("naive errors per value"), MAE, MAE_LAST, MAE_SEASONAL]
    naive = {"test/mae_last": 9.5, "test/mae_seasonal": 3.25}
    tested = {"test/loss": loss, "test/mase": loss, "test/mae": 2 * loss, **naive}
    summary |= {"measures": [metric.to_json() for metric in declared]}
    summary["metrics"]["test"] = tested
    (folder / "summary.json").write_text(json.dumps(summary))
    chart = {**CHART, "title": f"Forecasts of {data} $x$", "y": f"{data} $x$"}
    (folder / "examples.json").write_text(json.dumps({"charts": [chart]}))
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
    assert "the model's, that of repeating the last value, and that of repeating the last season" in text


def test_each_series_has_a_sentence_and_a_figure_of_its_own(write_run: Callable[..., Path]) -> None:
    forecaster(write_run, "gru", 0.4)
    forecaster(write_run, "gru", 0.6, data="elnino")
    comparison = compare([Path("runs/first-look")])
    sentences = [sentence for sentence in findings(comparison) if sentence.startswith("forecasts")]
    assert [sentence.partition(":")[0] for sentence in sentences] == ["forecasts of co2", "forecasts of elnino"]
    assert [chart.name for chart in report_charts(comparison) if chart.name.startswith("forecasts")] == [
        "forecasts-co2-x-",
        "forecasts-elnino-x-",
    ]


def test_the_chart_that_a_run_left_is_drawn_with_its_gaps_and_says_whose_it_is(comparison: Comparison) -> None:
    answer, chart, *_ = study_charts(comparison)
    assert answer.name == "answer"
    assert isinstance(chart, Lines) and chart.name == "forecasts" and "gru" in chart.caption
    truth, forecast = chart.lines
    assert truth.x == (-2, -1, 0, 1) and truth.y == (1, 2, 3, 4)
    assert forecast.x == (-1, 0, 1, 2) and forecast.y[:3] == (2, 3.5, 4.5) and math.isnan(forecast.y[3])
    assert png(chart).startswith(b"\x89PNG")


def test_the_page_draws_them_and_has_a_column_for_each_error(comparison: Comparison) -> None:
    text = page(comparison, report_charts(comparison))
    assert all(words in text for words in ("Forecasts of co2 $x$", "what happened", "test error", "last season"))


@pytest.mark.parametrize(
    "wrong",
    [{"lines": 3}, {"lines": [{"label": "a", "x": [1], "y": []}]}, {"lines": [{"x": [1], "y": ["b"]}]}, {"x": []}],
)
def test_what_is_damaged_is_not_drawn(tmp_path: Path, wrong: dict[str, Any]) -> None:
    chart = {key: value for key, value in {**CHART, **wrong}.items() if value != []}
    (tmp_path / "examples.json").write_text(json.dumps({"charts": [chart]}))
    assert read_examples(read_run(tmp_path)) == Examples()


def test_other_runs_have_no_such_columns(write_run: Callable[..., Path]) -> None:
    write_run("gru")
    comparison = compare([Path("runs/first-look")])
    assert "test_mae" not in comparison.ranking and "last season" not in markdown(comparison, [])
    assert not any(chart.name.startswith("forecasts") for chart in report_charts(comparison))
