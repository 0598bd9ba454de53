"""Which charts a comparison gives, with which values, and that each can be drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import plotly.graph_objects
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rnnlab.analysis.comparison import compare
from rnnlab.analysis.findings.efficiency import front, seconds_to
from rnnlab.charts.page import figure
from rnnlab.charts.palette import colour_of
from rnnlab.charts.paper import DPI, INCHES, PICTURES, draw, png
from rnnlab.charts.values import Changes, Chart, HeatMap, IntervalChart, Lines, Parallel, Scatter
from rnnlab.records.folder import RunFolder
from rnnlab.records.reading import read_run
from rnnlab.report.figures.options import report_charts, study_charts
from rnnlab.report.write import write_report

SWEEP = Path("runs/first-look")


@pytest.fixture
def three_factors(write_run: Callable[..., Path]) -> dict[str, Chart]:
    """The charts of a sweep over cell, size and length, by name; larger and longer is better, lstm best."""
    for cell, worse in (("lstm", 0.0), ("gru", 0.05)):
        for size in (32, 64, 128):
            for length in (8, 64):
                for seed in (0, 1):
                    loss = 2 + worse - size / 1000 - length / 1000 + seed / 1000
                    changes = {"data": {"sequence_length": length}}
                    write_run(cell, loss, seed, hidden_size=size, changes=changes, suffix=f"-t{length}")
    return {chart.name: chart for chart in report_charts(compare([SWEEP]))}


def test_what_varied_decides_which_charts_there_are(three_factors):
    assert set(three_factors) == {
        "answer",
        "learning-curves",
        "loss-by-hidden_size",
        "loss-by-sequence_length",
        "loss-and-parameters",
        "heat-map",
        "parallel-coordinates",
    }


def test_a_cell_has_one_colour_in_every_chart_and_another_setting_one_dash(three_factors):
    curves, points = three_factors["learning-curves"], three_factors["loss-and-parameters"]
    assert isinstance(curves, Lines) and isinstance(points, Scatter)
    by_rest: dict[str, set[int | None]] = {}
    for line in curves.lines:
        cell, _, rest = line.label.partition(". ")[2].partition(" with ")
        assert line.colour == cell
        by_rest.setdefault(rest, set()).add(line.style)
    assert all(len(styles) == 1 for styles in by_rest.values()) and len(set.union(*by_rest.values())) == len(by_rest)
    assert {(point.group, point.colour) for point in points.points} == {("gru", "gru"), ("lstm", "lstm")}
    answered = three_factors["answer"]
    assert isinstance(answered, IntervalChart)
    rows = [row for panel in answered.panels for row in panel.rows]
    assert {(row.label, row.colour) for row in rows} == {("gru", "gru"), ("lstm", "lstm")}
    drawing = figure(curves)
    shown = {trace["name"].split()[1]: trace["line"]["color"] for trace in drawing["data"] if trace.get("name")}
    assert shown == {"gru": colour_of("gru"), "lstm": colour_of("lstm")}
    drawn = {line.get_color() for line in draw(curves).axes[0].get_lines()}
    assert drawn == set(shown.values())


def test_markers_say_other_settings_only_where_there_are_few_of_them(write_run):
    def loss_and_parameters() -> Scatter:
        charts = {chart.name: chart for chart in report_charts(compare([SWEEP]))}
        chart = charts["loss-and-parameters"]
        assert isinstance(chart, Scatter)
        return chart

    for cell in ("gru", "lstm"):
        for size in (16, 128):
            write_run(cell, 2.0, hidden_size=size)
    chart = loss_and_parameters()
    assert chart.styles == {"hidden_size 16": 0, "hidden_size 128": 1}
    shown = {
        trace["name"]: trace["marker"]["symbol"] for trace in figure(chart)["data"] if trace.get("showlegend", True)
    }
    assert shown["hidden_size 16"] != shown["hidden_size 128"] and shown["gru"] == shown["lstm"] == "square"
    assert {"gru", "lstm", *chart.styles} < {text.get_text() for text in draw(chart).legends[0].get_texts()}
    for size in (8, 32, 64):
        write_run("gru", 2.0, hidden_size=size)
    assert loss_and_parameters().styles == {}


def test_settings_without_a_cell_are_told_apart_by_colours(write_run):
    for size in (16, 32):
        write_run("gru", 2.0, hidden_size=size)
    (curves,) = (chart for chart in report_charts(compare([SWEEP])) if chart.name == "learning-curves")
    assert isinstance(curves, Lines)
    lines = [trace["line"] for trace in figure(curves)["data"]]
    assert len({line["color"] for line in lines}) == len({line["dash"] for line in lines}) == 2


def test_one_configuration_has_its_learning_curve_alone(write_seeds):
    write_seeds("gru", (2.0, 2.1))
    assert [chart.name for chart in report_charts(compare([SWEEP]))] == ["learning-curves"]


def test_loss_against_a_size_has_a_line_for_every_setting_of_the_rest(three_factors):
    chart = three_factors["loss-by-hidden_size"]
    assert isinstance(chart, Lines)
    assert {line.label for line in chart.lines} == {
        f"{cell}, sequence_length {length}" for cell in ("lstm", "gru") for length in (8, 64)
    }
    best = chart.lines[0]
    assert (best.label, best.x) == ("lstm, sequence_length 64", (32.0, 64.0, 128.0))
    assert best.y == pytest.approx([2 - size / 1000 - 0.064 + 0.0005 for size in (32, 64, 128)])
    assert chart.x.label == "hidden_size" and chart.y.label == "validation loss (nats per token)"
    half = 12.7062 * 0.0005  # Student's t with one degree of freedom times the standard error
    assert [best.high[0] - best.y[0], best.y[0] - best.low[0]] == pytest.approx([half, half], rel=1e-4)


def test_the_front_of_loss_against_parameters_goes_from_the_smallest_to_the_best(three_factors):
    chart = three_factors["loss-and-parameters"]
    assert isinstance(chart, Scatter) and chart.x.log
    on_front = sorted((point.x, point.label) for point in chart.points if point.on_front)
    assert [label for _, label in on_front][-1] == "lstm with hidden_size 128, sequence_length 64"
    assert {point.group for point in chart.points} == {"lstm", "gru"}


def test_the_heat_map_has_cells_against_the_factor_of_most_levels(three_factors):
    chart = three_factors["heat-map"]
    assert isinstance(chart, HeatMap)
    assert (chart.rows, chart.columns) == (("gru", "lstm"), ("32", "64", "128"))
    assert chart.values[1][2] == pytest.approx(2 - 0.128 - 0.036 + 0.0005)
    assert "averaged over the other settings" in chart.caption


def test_parallel_coordinates_have_an_axis_a_setting_and_the_loss_last(three_factors):
    chart = three_factors["parallel-coordinates"]
    assert isinstance(chart, Parallel)
    assert [axis.label for axis in chart.dimensions] == ["cell", "hidden_size", "sequence_length", "validation loss"]
    assert chart.dimensions[1].names == ("32", "64", "128") and len(chart.losses) == 12


def test_every_chart_is_a_picture_and_a_figure_of_the_page_and_the_same_bytes_again(three_factors):
    for chart in three_factors.values():
        plotly.graph_objects.Figure(figure(chart))
        content = png(chart)
        picture = Image.open(io.BytesIO(content))
        assert picture.width == round(INCHES[0] * DPI)
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 50
        assert png(chart) == content


def test_a_study_shows_the_answer_and_then_loss_against_what_varied(three_factors):
    assert [chart.name for chart in study_charts(compare([SWEEP]))] == [
        "answer",
        "loss-by-hidden_size",
        "loss-by-sequence_length",
        "learning-curves",
    ]


def test_changes_of_a_base_are_one_chart_with_the_base_in_it(write_run):
    """In the place of a chart for each setting that was changed, with one line and a crowd of single points."""
    one_each = ({"model": {"dropout": 0.4}}, {"optimizer": {"lr": 0.1}}, {"scheduler": {"warmup": 0.1}})
    for number, changes in enumerate((*one_each, {"data": {"batch_size": 16}}, {})):
        for seed in (0, 1):
            write_run("gru", 2 + number / 10 + seed / 100, seed, changes=changes, suffix=f"-{number}")
    comparison = compare([SWEEP])
    charts = {chart.name: chart for chart in report_charts(comparison)}
    assert set(charts) == {"answer", "learning-curves", "changes", "loss-and-parameters"}
    chart = charts["changes"]
    assert isinstance(chart, Changes)
    assert chart.labels[-2:] == ("batch_size 16", "the base")
    assert chart.base == pytest.approx(2.405) == chart.losses[-1]
    assert chart.halves[0] == pytest.approx(12.7062 * 0.005, rel=1e-4)
    assert png(chart) == png(chart)
    assert [chart.name for chart in study_charts(comparison)] == ["answer", "changes", "learning-curves"]
    places = figure(chart)
    assert places["data"][0]["x"][0] == pytest.approx(2.005) and places["layout"]["shapes"][0]["x0"] == chart.base
    assert places["layout"]["yaxis"]["ticktext"][-1] == "the base"


def test_a_chart_that_is_no_more_leaves_no_old_picture(first_look):
    report = first_look / "report"
    write_report(compare([first_look]), report)
    assert (report / "loss-and-parameters.png").is_file()
    for mine in ("loss-by-hand.png", "loss-by-hand.svg", "paper.pdf"):
        (report / mine).write_bytes(b"mine")
    write_report(compare([first_look], only=["gru-h64-s0"]), report)
    left = {file.name for file in report.iterdir() if file.suffix in PICTURES}
    assert left == {
        *(f"learning-curves{suffix}" for suffix in PICTURES),
        *("loss-by-hand.png", "loss-by-hand.svg", "paper.pdf"),
    }


@pytest.mark.parametrize("manifest", ['["../mine.png", "mine.csv", "/etc/mine.png", 3]', "{", '{"a": 1}', "[" * 9999])
def test_a_manifest_from_a_stranger_deletes_nothing_but_pictures_beside_it(first_look, manifest):
    report = first_look / "report"
    report.mkdir()
    for file in (first_look / "mine.png", report / "mine.csv"):
        file.write_bytes(b"mine")
    (report / "figures.json").write_text(manifest)
    write_report(compare([first_look], only=["gru-h64-s0"]), report)
    assert (first_look / "mine.png").is_file() and (report / "mine.csv").is_file()
    assert (report / "results.csv").is_file()


def test_a_mean_over_other_settings_compares_like_with_like(write_run):
    """The small size was tried at the bad learning rate only once more: its mean must not suffer for that."""
    for cell in ("gru", "lstm", "rnn"):
        for size, rate, loss in ((32, 0.01, 2.0), (64, 0.01, 1.9), (32, 0.1, 2.5), (32, 0.2, 2.6), (64, 0.3, 2.7)):
            write_run(cell, loss, hidden_size=size, changes={"optimizer": {"lr": rate}}, suffix=f"-{rate}")
    charts = {chart.name: chart for chart in report_charts(compare([SWEEP]))}
    lines, heat = charts["loss-by-hidden_size"], charts["heat-map"]
    assert isinstance(lines, Lines) and isinstance(heat, HeatMap)
    assert {line.y for line in lines.lines} == {(2.0, 1.9)}


def test_damaged_files_of_a_run_cost_its_curve_and_nothing_else(first_look):
    run = RunFolder(first_look / "gru-h64-s0")
    run.metrics.write_bytes(b"epoch,step,val/loss\n0,x,2.5\n1,748.0,2.2\n\xff\x00,1,2\n2,11")
    run.timing.write_text("epoch,step,seconds\none,two\n1,748,20,4,5\n")
    run.examples.write_text('{"samples": ["\\ud800", "a"], "labels": ["a"], "confusion": [[1e999]]}')
    write_report(compare([first_look]), first_look / "report")
    assert seconds_to(2.3, read_run(run.path)) == 20.0


def test_seconds_to_a_loss_are_those_of_the_first_validation_that_has_it(write_run):
    folder = write_run("gru", 2.0)  # 2.4375, 2.1875, 2.0625, 2.0 after 374 steps each
    assert seconds_to(2.1, read_run(folder)) != seconds_to(2.1, read_run(folder)), "without a timing.csv nobody knows"
    rows = "".join(f"{epoch},{374 * (epoch + 1)},{10.0 * (epoch + 1)}\n" for epoch in range(4))
    RunFolder(folder).timing.write_text("epoch,step,seconds\n" + rows)
    assert (
        seconds_to(2.4375, read_run(folder)),
        seconds_to(2.1, read_run(folder)),
        seconds_to(2.0, read_run(folder)),
    ) == (10.0, 30.0, 40.0)
    assert seconds_to(1.9, read_run(folder)) != seconds_to(1.9, read_run(folder)), "never reached"


def test_a_validation_inside_an_epoch_is_placed_by_its_step(write_run):
    folder = write_run("gru", 2.0)
    RunFolder(folder).timing.write_text("epoch,step,seconds\n0,748,20.0\n1,1496,40.0\n")
    assert seconds_to(2.07, read_run(folder)) == pytest.approx(30.0)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_a_point_is_on_the_front_unless_another_is_better_in_one_and_no_worse_in_the_other(points):
    costs, losses = zip(*points, strict=True)
    for index, on_front in enumerate(front(costs, losses)):
        beaten = any(
            cost <= costs[index] and loss <= losses[index] and (cost < costs[index] or loss < losses[index])
            for cost, loss in points
        )
        assert on_front == (not beaten)


def test_what_has_no_cost_is_not_on_the_front_and_hides_nothing():
    assert front([31_104, float("nan"), 10_368], [2.0, 2.1, 2.2]) == [True, False, True]
