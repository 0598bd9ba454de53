"""Charts become figures that plotly accepts, and show what the charts say."""

from __future__ import annotations

import json
import math
from typing import Any

import plotly.graph_objects
import pytest

from rnnlab.charts.page import figure
from rnnlab.charts.palette import colour
from rnnlab.charts.paper import draw
from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    Dimension,
    HeatMap,
    Line,
    Lines,
    Parallel,
    Point,
    Scatter,
    lines_at,
)

LOSS = Axis("validation loss", "nats per token")
EPOCH, PARAMETERS = Axis("epoch"), Axis("trainable parameters", log=True)
HOSTILE = "<script>alert(1)</script> & <b>bold</b>"


def lines(*labels: str, x: Axis = EPOCH) -> Lines:
    y = ((2.0, 1.5), (2.2, 1.7))
    parts = [Line(label, (1.0, 2.0), y[n % 2], (1.9, 1.5), (2.1, 1.5)) for n, label in enumerate(labels)]
    return Lines("learning-curves", "Learning curves", "Of each.", x, LOSS, tuple(parts), "best mean first")


def scatter(x: Axis = PARAMETERS) -> Scatter:
    points = (
        Point("gru", "gru", 1_000.0, 2.0, 0.1, True),
        Point("rnn", "rnn", 90_000.0, 2.5, math.nan, False),
        Point("lstm", "lstm", 50_000.0, 1.9, 0.1, True),
    )
    return Scatter("loss-and-parameters", "Loss against parameters", "Each.", x, LOSS, points)


def heat_map() -> HeatMap:
    values = ((2.0, math.nan), (2.1234, 2.2))
    return HeatMap("heat-map", "Loss", "Mean.", "hidden_size", "cell", ("8", "16"), ("gru", "rnn"), values, LOSS.label)


def parallel(losses: tuple[float, ...] = (2.0, 2.5)) -> Parallel:
    cell = Dimension("cell", (0.0, 1.0), (0.0, 1.0), ("gru", HOSTILE))
    parts = (cell, Dimension("lr", (0.001, 0.01)), Dimension("validation loss", losses))
    return Parallel("parallel-coordinates", "All", "Each.", parts, losses, ("gru", HOSTILE), LOSS.label)


def changes() -> Changes:
    parts = ((HOSTILE, "the base"), (1.9, 2.0), (0.1, math.nan))
    return Changes("changes", "What each change is worth", "Each.", LOSS, *parts, base=2.0)


def named(drawing: dict[str, Any], name: str) -> dict[str, Any]:
    return next(trace for trace in drawing["data"] if trace.get("name") == name)


EVERY = [lines("a", "b"), lines(), scatter(), changes(), heat_map(), parallel(), parallel((2.0, 2.0))]


@pytest.mark.parametrize("chart", EVERY, ids=lambda chart: chart.name)
def test_plotly_and_json_accept_a_figure_of_every_kind(chart: Chart) -> None:
    drawing = figure(chart)
    plotly.graph_objects.Figure(drawing)
    assert json.loads(json.dumps(drawing, allow_nan=False)) == drawing


def test_a_band_comes_and_goes_with_its_line_and_the_best_line_is_on_top() -> None:
    drawing = figure(lines("best", "worse"))
    band, best, worse = drawing["data"][0], named(drawing, "best"), named(drawing, "worse")
    assert band["fill"] == "toself" and not band["showlegend"]
    assert band["legendgroup"] == best["legendgroup"] != worse["legendgroup"]
    assert best["zorder"] > worse["zorder"]
    assert (best["line"]["color"], worse["line"]["color"]) == (colour(0), colour(1))
    assert best["line"]["dash"] != worse["line"]["dash"]


def test_at_most_four_bands_overlap_and_further_lines_are_thin() -> None:
    chart = lines(*"abcdefg")
    drawing = figure(chart)
    assert sum(trace.get("fill") == "toself" for trace in drawing["data"]) == 4
    widths = [named(drawing, label)["line"]["width"] for label in "abcdefg"]
    assert min(widths[:4]) > max(widths[4:])
    (axes,) = draw(chart).axes
    assert len(axes.collections) == 4
    drawn = [line.get_linewidth() for line in axes.get_lines()]
    assert min(drawn[:4]) > max(drawn[4:])


def test_lines_without_bands_are_all_of_one_width_but_the_first() -> None:
    chart = Lines("plain", "", "", EPOCH, LOSS, lines_at((1, 2, 3), dict.fromkeys("abcdefg", (1.0, 2.0, 1.5))))
    assert {trace["line"]["width"] for trace in figure(chart)["data"][1:]} == {1.8}


def test_lines_that_would_have_one_colour_and_one_dash_have_markers() -> None:
    def shown(*styles: int) -> set[tuple[str, str]]:
        parts = tuple(Line(str(n), (1.0, 2.0, 3.0), (1.0,) * 3, colour="gru", style=n) for n in styles)
        traces = figure(Lines("l", "", "", EPOCH, LOSS, parts))["data"]
        return {(trace["mode"], trace["marker"]["symbol"]) for trace in traces}

    assert shown(0, 1) == {("lines", "circle"), ("lines", "square")}
    assert shown(0, 4) == {("lines+markers", "circle"), ("lines+markers", "triangle-down")}


def test_lines_named_after_cells_have_their_colours() -> None:
    cells = lines_at((1, 2), {"lstm, h": (1.0, 2.0), "gru": (2.0, 1.0)})
    assert [line.colour for line in cells] == ["lstm", "gru"]
    mixed = lines_at((1, 2), {"lstm": (1.0, 2.0), "target": (2.0, 1.0)})
    assert [line.colour for line in mixed] == ["", ""]


def test_pointing_at_a_line_tells_label_value_interval_and_unit() -> None:
    first, last = named(figure(lines("gru")), "gru")["hovertext"]
    assert first == "<b>gru</b><br>epoch 1<br>validation loss 2.0000 ± 0.1000 nats per token"
    assert last == "<b>gru</b><br>epoch 2<br>validation loss 1.5000 nats per token"  # one seed has no interval


def test_a_label_is_text_whatever_it_holds() -> None:
    for chart in (lines(HOSTILE), parallel(), changes()):
        written = json.dumps(figure(chart))
        assert "<script" not in written and "<b>bold" not in written
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold" in written


def test_the_front_is_a_line_through_the_points_on_it_in_order() -> None:
    front = named(figure(scatter()), "Pareto front")
    assert front["x"] == [1_000.0, 50_000.0] and front["y"] == [2.0, 1.9]


def test_an_axis_is_logarithmic_and_marks_what_was_measured() -> None:
    assert figure(scatter())["layout"]["xaxis"]["type"] == "log"
    axis = figure(lines("gru", x=Axis("hidden_size", log=True, ticks=(8.0, 128.0))))["layout"]["xaxis"]
    assert (axis["type"], axis["tickvals"], axis["ticktext"]) == ("log", [8.0, 128.0], ["8", "128"])


def test_a_heat_map_has_its_values_in_the_cells_and_nothing_where_there_is_no_run() -> None:
    cells = figure(heat_map())["data"][0]
    assert cells["z"] == [[2.0, None], [2.1234, 2.2]]
    assert cells["text"] == [["2.0000", ""], ["2.1234", "2.2000"]]
    assert "no run" in cells["hovertext"][0][1]
    written = figure(heat_map())["data"][1]
    assert (written["x"], written["y"], written["text"]) == ([0, 0, 1], [0, 1, 1], ["2.0000", "2.1234", "2.2000"])
    assert written["textfont"]["color"] == ["white", "black", "black"]  # on dark violet, on green and on yellow


def test_parallel_coordinates_name_their_ticks_and_draw_the_best_last() -> None:
    drawing = figure(parallel())
    *drawn, bar = drawing["data"]
    assert [line["hovertext"].endswith("2.0000") for line in drawn] == [False, True]
    assert {"gru", "0.001", "0.01", "2", "2.5"} <= {name["text"] for name in drawing["layout"]["annotations"]}
    assert bar["marker"]["showscale"]
