"""Comparing classifiers of texts: their unit, and the accuracy that people ask for."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import Console

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.charts.paper import png
from rnnlab.charts.values import Axis, IntervalChart, Lines
from rnnlab.commands.compare import main
from rnnlab.errors import UserError
from rnnlab.records.metrics import ranking_loss, share
from rnnlab.report.answer.headline import headline
from rnnlab.report.figures.options import report_charts
from rnnlab.report.render import markdown, terminal
from rnnlab.report.write import write_report

SWEEP = Path("runs/first-look")
CLASSIFIER = [
    ranking_loss("nats per text"),
    share("accuracy", "test accuracy", "the share of the test that is classified right"),
    share("f1", "test F1", shown="results"),
    share("auroc", "test AUROC", shown="results"),
]
SETTINGS = {"task": {"name": "tone"}}  # no name of a task means anything to a report


@pytest.fixture
def write_classifiers(write_run: Callable[..., Path]) -> Callable[..., list[Path]]:
    """Writes a run for each pair of validation loss and test accuracy, with seeds 0, 1, 2, …"""

    def write(cell: str, results: Iterable[tuple[float, float]], **more: object) -> list[Path]:
        folders = []
        for seed, (loss, accuracy) in enumerate(results):
            folder = write_run(cell, loss, seed, changes=SETTINGS, **more)
            summary = json.loads((folder / "summary.json").read_text())
            summary["measures"] = [metric.to_json() for metric in CLASSIFIER]
            summary["metrics"]["test"] |= {"test/accuracy": accuracy, "test/f1": accuracy, "test/auroc": None}
            (folder / "summary.json").write_text(json.dumps(summary))
            folders.append(folder)
        return folders

    return write


@pytest.fixture
def classifiers(write_classifiers: Callable[..., list[Path]]) -> Comparison:
    """The bag has the better accuracy, the gru the better validation loss."""
    write_classifiers("gru", [(0.480, 0.76), (0.482, 0.78)])
    write_classifiers("bag", [(0.510, 0.79), (0.520, 0.79)])
    return compare([SWEEP])


def screen(comparison: Comparison, width: int) -> str:
    stream = io.StringIO()
    terminal(comparison, Console(file=stream, width=width))
    return stream.getvalue()


def test_losses_are_in_the_unit_of_the_runs(classifiers: Comparison) -> None:
    assert classifiers.unit == "nats per text"
    assert "validation loss 0.481 nats per text" in headline(classifiers.answer)
    text = markdown(classifiers, [])
    assert "Losses in nats per text" in text and "token" not in text


def test_the_figure_says_the_unit(classifiers: Comparison) -> None:
    one = {chart.name: chart for chart in report_charts(classifiers)}
    curves = one["learning-curves"]
    assert isinstance(curves, Lines) and curves.y.unit == "nats per text"
    assert png(curves) != png(dataclasses.replace(curves, y=Axis(curves.y.name, "nats per token")))
    assert isinstance(one["answer"], IntervalChart) and one["answer"].x.unit == "nats per text"


def test_of_a_summary_without_declarations_the_loss_alone_is_shown(write_run: Callable[..., Path]) -> None:
    file = write_run("gru") / "summary.json"
    summary = json.loads(file.read_text())
    del summary["measures"]
    for declared in ({}, {"measures": 7}, {"measures": ["accuracy", {"title": "no key"}]}):
        file.write_text(json.dumps({**summary, **declared}))
        comparison = compare([SWEEP])
        assert comparison.unit == "nats per token" and "| 2.0000 | 1 |" in markdown(comparison, []).replace("*", "")
        assert "accuracy" not in markdown(comparison, []) and list(comparison.runs["test/accuracy"]) == [0.35]
    file.write_text(json.dumps({**summary, "unit": "nats per text"}))
    assert compare([SWEEP]).unit == "nats per text"


def test_a_declaration_of_the_wrong_type_does_not_stop_a_report(write_run: Callable[..., Path]) -> None:
    file = write_run("gru") / "summary.json"
    summary = json.loads(file.read_text())
    wrong = {"title": ["x"], "hint": None, "comparable_at": None, "interval": "no", "more": 1}
    summary["measures"][2] = {"key": "accuracy", **wrong}
    file.write_text(json.dumps(summary))
    assert "| accuracy |" in markdown(compare([SWEEP]), [])


def test_the_table_shows_test_accuracy_as_mean_and_interval_over_seeds(classifiers: Comparison) -> None:
    lines = markdown(classifiers, []).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| cell |"))
    heads, _, best, following = lines[start : start + 4]
    assert heads.startswith("| cell | validation loss | test accuracy | seeds |")
    assert best.startswith("| **gru** | **0.4810 ± 0.0127** | **0.7700 ± 0.1271** | **2** |")
    assert following.startswith("| bag | 0.5150 ± 0.0635 | 0.7900 ± 0.0000 | 2 |")


def test_the_ranking_is_by_validation_loss_and_says_so(classifiers: Comparison) -> None:
    assert list(classifiers.ranking["label"]) == ["gru", "bag"]
    assert list(classifiers.ranking["test_accuracy"]) == pytest.approx([0.77, 0.79])
    assert "\nRanked by validation loss." in markdown(classifiers, [])
    assert "Ranked by validation loss." in screen(classifiers, 120)


def test_the_table_of_language_models_has_no_accuracy_though_their_runs_do(first_look: Path) -> None:
    comparison = compare([first_look])
    assert "test/accuracy" in comparison.runs and "test_accuracy" in comparison.ranking
    assert "accuracy" not in markdown(comparison, []) + screen(comparison, 120)


def test_results_csv_has_every_metric_of_a_run(classifiers: Comparison) -> None:
    report, _ = write_report(classifiers, SWEEP / "report")
    rows = list(csv.DictReader(report.with_name("results.csv").read_text().splitlines()))
    assert [row["test/accuracy"] for row in rows] == ["0.76", "0.78", "0.79", "0.79"]
    assert (rows[0]["test/f1"], rows[0]["test/auroc"]) == ("0.76", "")


@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_the_terminal_shows_every_figure_at_any_width(classifiers: Comparison, width: int) -> None:
    text = screen(classifiers, width)
    assert max(map(len, text.splitlines())) <= width
    for part in ("0.4810 ± 0.0127", "0.7700 ± 0.1271", "accuracy", "seeds", "31,104", "0.4910", "epochs"):
        assert part in text


def test_a_table_that_is_too_wide_goes_on_below(classifiers: Comparison) -> None:
    def rows(width: int) -> list[list[str]]:
        return [line.split()[2:] for line in screen(classifiers, width).splitlines() if line.startswith("*  gru")]

    (whole,), several = rows(120), rows(60)
    assert len(several) > 1 and [figure for row in several for figure in row] == whole


def test_an_accuracy_that_a_run_lacks_is_left_out_of_the_mean(
    write_classifiers: Callable[..., list[Path]],
) -> None:
    first, *_ = write_classifiers("gru", [(0.48, 0.5), (0.48, 0.7), (0.48, 0.8)])
    file = first / "summary.json"
    summary = json.loads(file.read_text())
    del summary["metrics"]["test"]["test/accuracy"]
    file.write_text(json.dumps(summary))
    assert "0.7500 ± 0.6353" in markdown(compare([SWEEP]), [])


def test_losses_in_different_units_are_not_ranked_together(
    write_run: Callable[..., Path], write_classifiers: Callable[..., list[Path]]
) -> None:
    write_run("rnn", 2.0, sweep="names")
    write_classifiers("gru", [(0.48, 0.76)], sweep="tone")
    with pytest.raises(UserError) as error:
        main(["path=runs"])
    assert str(error.value) == (
        "losses in nats per text (runs/tone/gru-h64-s0) and nats per token (runs/names/rnn-h64-s0) cannot be ranked"
        " together; compare runs of one unit at a time"
    )
    assert not Path("runs/report").exists()
    assert main(["sweep=tone"]) == 0
