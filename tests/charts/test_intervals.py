"""Dots with intervals, on the page, on paper and as characters: the chart that is the answer of a comparison."""

from __future__ import annotations

import dataclasses
import json
import math

import plotly.graph_objects
import pytest

from rnnlab.charts.characters import characters
from rnnlab.charts.page import WHITE, figure
from rnnlab.charts.palette import colour_of
from rnnlab.charts.paper import draw, png
from rnnlab.charts.values import Axis, Interval, IntervalChart, IntervalPanel, IntervalRow

GRU = IntervalRow(
    "gru",
    Interval(1.95, 1.94, 1.96),
    Interval(1.97, 1.95, 1.99),
    marked=True,
    colour="gru",
    text="1.95 (1.94–1.96)",
    note="lr 0.004, 5 seeds",
)
ONE_SEED = IntervalRow("lstm", Interval(2.05), colour="lstm")
LOST = IntervalRow("rnn", Interval(math.nan), colour="rnn")
LARGE = IntervalPanel("hidden_size 64", (GRU, ONE_SEED, LOST))
SMALL = IntervalPanel("hidden_size 16", (IntervalRow("gru", Interval(2.4, 2.3, 2.5), colour="gru"),))
X = Axis("validation loss", "nats per token")
CHART = IntervalChart(
    "answer",
    "The answer",
    "Each.",
    X,
    (LARGE, SMALL),
    second="test part",
    mark="could still be best",
    unmarked="worse than the best",
)


def screen(chart: IntervalChart, width: int = 80, encoding: str = "utf-8") -> list[str]:
    return characters(chart, width, encoding).splitlines()


def row(lines: list[str], label: str) -> str:
    return next(line for line in lines if line.startswith(label))


def test_the_page_shows_every_level_with_its_interval_in_the_colour_of_its_cell() -> None:
    drawing = figure(CHART)
    plotly.graph_objects.Figure(drawing)
    assert json.loads(json.dumps(drawing, allow_nan=False)) == drawing
    test, gru, lstm, rnn, small = drawing["data"][:5]
    assert (gru["x"], gru["marker"]["color"], gru["marker"]["symbol"]) == ([1.95], colour_of("gru"), "circle")
    assert [*gru["error_x"]["array"], *gru["error_x"]["arrayminus"]] == pytest.approx([0.01, 0.01])
    assert gru["hovertext"].split("<br>") == [
        "<b>gru</b>",
        "validation loss 1.95 (1.94–1.96) nats per token",
        "could still be best",
        "lr 0.004, 5 seeds",
    ]
    assert test["y"] > gru["y"] and test["hovertext"].endswith("test part: 1.9700 (1.9500 to 1.9900)")
    assert lstm["marker"]["color"] == WHITE and lstm["marker"]["line"]["color"] == colour_of("lstm")
    assert not lstm["error_x"]["visible"]
    assert rnn["x"] == [None] and small["yaxis"] == "y2"


def test_the_page_has_a_panel_a_group_with_its_title_and_one_axis_for_all() -> None:
    layout = figure(CHART)["layout"]
    assert [title["text"] for title in layout["annotations"]] == ["<b>hidden_size 64</b>", "<b>hidden_size 16</b>"]
    assert layout["yaxis"]["ticktext"] == ["<b>gru</b>", "lstm", "rnn"]
    assert layout["xaxis"]["range"] == layout["xaxis2"]["range"]
    assert not layout["xaxis"]["showticklabels"] and layout["xaxis2"]["title"]["text"] == X.label
    apart = figure(dataclasses.replace(CHART, shared=False))["layout"]
    assert apart["xaxis"]["showticklabels"] and apart["xaxis"]["range"] != apart["xaxis2"]["range"]
    assert apart["height"] > layout["height"]


def test_the_legend_explains_the_marks_that_are_there() -> None:
    def explained(chart: IntervalChart) -> list[str]:
        return [trace["name"] for trace in figure(chart)["data"] if trace.get("name")]

    assert explained(CHART) == ["could still be best", "worse than the best", "test part"]
    bare = IntervalChart("answer", "", "", X, (SMALL,))
    assert explained(bare) == [] and not figure(bare)["layout"]["showlegend"]


def test_an_interval_that_reaches_below_zero_ends_with_a_logarithmic_axis() -> None:
    rows = (IntervalRow("a", Interval(1.0, -1.0, 3.0)), IntervalRow("b", Interval(0.1)))
    chart = IntervalChart("answer", "", "", Axis("loss", log=True), (IntervalPanel("", rows),))
    assert chart.extent(chart.panels[0]) == (0.1, 3.0)
    assert row(screen(chart), "a").index("├") == row(screen(chart), "b").index("○")
    assert figure(chart)["layout"]["xaxis"]["range"][0] < -1
    assert png(chart) == png(chart)


def test_characters_leave_no_room_for_second_estimates_which_they_do_not_draw() -> None:
    near, far = IntervalRow("a", Interval(1.0), Interval(900.0)), IntervalRow("b", Interval(2.0), Interval(901.0))
    drawn = screen(IntervalChart("answer", "", "", X, (IntervalPanel("", (near, far)),), second="test part"))
    assert row(drawn, "b").index("○") - row(drawn, "a").index("○") > 40


@pytest.mark.parametrize("log", [False, True])
def test_what_nobody_knows_is_a_name_without_a_dot(log: bool) -> None:
    lost = IntervalChart("answer", "", "", Axis("loss", log=log), (IntervalPanel("", (LOST,)),))
    assert figure(lost)["layout"]["yaxis"]["ticktext"] == ["rnn"]
    assert png(lost).startswith(b"\x89PNG")
    assert row(screen(lost), "rnn").split() == ["rnn", "–"]


def test_paper_has_a_panel_a_group_and_the_same_bytes_each_time() -> None:
    drawing = draw(CHART)
    first, second = drawing.axes
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == ("hidden_size 64", "hidden_size 16")
    assert [label.get_text() for label in first.get_yticklabels()] == ["gru", "lstm", "rnn"]
    assert first.get_xlim() == second.get_xlim() and second.get_xlabel() == X.label
    assert drawing.get_figheight() < draw(dataclasses.replace(CHART, shared=False)).get_figheight()
    assert png(CHART) == png(CHART)


def test_characters_place_dots_and_intervals_by_their_values() -> None:
    lines = screen(dataclasses.replace(CHART, panels=(LARGE,)))
    gru, lstm = row(lines, "gru"), row(lines, "lstm")
    assert lines[0] == "hidden_size 64"
    assert gru.index("├") < gru.index("●") < gru.index("┤") < lstm.index("○")
    assert gru.endswith("1.95 (1.94–1.96)") and lstm.endswith("2.0500") and "─" not in lstm
    assert row(lines, "rnn").endswith("–")
    first, last = lines[-3].split()
    assert (float(first), float(last)) == (1.94, 2.05)
    assert lines[-2:] == ["      validation loss (nats per token)", "      ● could still be best"]


def test_panels_share_one_axis_or_have_their_own() -> None:
    shared, apart = screen(CHART), screen(dataclasses.replace(CHART, shared=False))
    assert sum("┴" in line for line in shared) == 1 and sum("┴" in line for line in apart) == 2
    assert shared[-3].split() == ["1.94", "2.5"]
    assert row(apart[5:], "gru").index("├") < row(shared[4:], "gru").index("├")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    wide = IntervalRow("小さな回帰型ネットワーク " * 4, Interval(2.0, 1.0, 3.0), marked=True, text="2.0 ± 1.0")
    chart = dataclasses.replace(CHART, panels=(IntervalPanel("a long title " * 20, (wide, GRU)),))
    from rich.cells import cell_len

    lines = screen(chart, width)
    assert max(map(cell_len, lines)) <= width
    assert any("●" in line for line in lines)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no-such-encoding"])
def test_a_terminal_without_boxes_gets_plain_characters(encoding: str) -> None:
    lines = screen(dataclasses.replace(CHART, shared=False), encoding=encoding)
    assert "\n".join(lines).isascii()
    gru = row(lines, "gru")
    assert gru.count("|") == 2 and "*" in gru and gru.endswith("1.95 (1.94-1.96)")


def test_a_logarithmic_axis_gives_equal_ratios_equal_distances() -> None:
    rows = tuple(IntervalRow(name, Interval(value)) for name, value in (("a", 1.0), ("b", 10.0), ("c", 100.0)))
    lines = screen(IntervalChart("answer", "", "", Axis("loss", log=True), (IntervalPanel("", rows),)))
    one, ten, hundred = (row(lines, name).index("○") for name in "abc")
    assert abs((ten - one) - (hundred - ten)) <= 1
