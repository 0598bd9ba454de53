"""Charts as pictures."""

from __future__ import annotations

import io
import math
from xml.etree import ElementTree

import pytest
from PIL import Image

from rnnlab.charts.paper import DPI, INCHES, draw, pdf, pictures, png, svg
from rnnlab.charts.values import Axis, HeatMap, Line, Lines, Panels, lines_at


def lines(*labels: str, legend: str = "") -> Lines:
    curves = lines_at((1.0, 2.0), dict.fromkeys(labels, (2.0, 1.5)))
    return Lines("lines", "A $title", "", Axis("epoch"), Axis("loss", "nats"), curves, legend)


@pytest.mark.parametrize("columns", [5, 60])
def test_heat_maps_stand_beside_each_other_or_below(columns: int) -> None:
    names = tuple("␣" * columns)
    rows = tuple(map(str, range(60)))
    values = tuple((float("nan"), *range(columns - 1)) for _ in rows)
    grid = HeatMap("a", "a $b", "", "x", "y", names, rows, values, "unit", centred=True)
    assert png(Panels("a", "a", "", (grid, grid))).startswith(b"\x89PNG")


def test_the_same_lines_give_the_same_bytes_with_or_without_an_empty_band() -> None:
    plain, banded = Line("a", (1.0, 2.0), (2.0, 1.0)), Line("a", (1.0, 2.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0))
    first, second = (Lines("a", "", "", Axis("x"), Axis("y"), (line,)) for line in (plain, banded))
    assert png(first) == png(first) == png(second)
    assert Image.open(io.BytesIO(png(first))).size == (round(INCHES[0] * DPI), round(INCHES[1] * DPI))


def test_an_axis_says_its_unit_and_a_title_is_drawn_only_where_it_is_asked_for() -> None:
    figure = draw(lines("a"), dpi=100, titled=True)
    (axes,) = figure.axes
    assert axes.get_ylabel() == "loss (nats)" and figure.get_suptitle() == "A $title" and figure.dpi == 100
    assert draw(lines("a")).get_suptitle() == ""


@pytest.mark.parametrize(("labels", "legend", "has_one"), [("ab", "", True), ("a", "", False), ("a", "best", True)])
def test_a_single_line_has_a_legend_only_where_it_has_a_head(labels: str, legend: str, has_one: bool) -> None:
    (axes,) = draw(lines(*labels, legend=legend)).axes
    assert (axes.get_legend() is not None) is has_one


def test_what_is_not_there_is_a_gap() -> None:
    chart = Lines("a", "", "", Axis("x"), Axis("y"), lines_at((1, 2, 3), {"a": (1.0, math.nan, 2.0)}))
    assert png(chart).startswith(b"\x89PNG")


@pytest.mark.parametrize("labels", ["a", "$a_b <&> é", "gru"])
def test_svg_and_pdf_have_the_same_bytes_each_time_and_no_date(labels: str) -> None:
    chart = lines(labels, "b")
    drawn, printed = svg(chart), pdf(chart)
    assert pictures(chart) == {".png": png(chart), ".svg": drawn, ".pdf": printed}
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
    assert b"dc:date" not in drawn and b"matplotlib.org" not in drawn
    assert printed.startswith(b"%PDF") and b"CreationDate" not in printed
    assert b"/Subtype /Type3" not in printed  # journals refuse it
