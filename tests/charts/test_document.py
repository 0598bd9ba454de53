"""The numbers behind a document."""

from __future__ import annotations

import math

from rnnlab.charts.document import Document, Table, csv_files
from rnnlab.charts.values import Axis, HeatMap, Line, Lines, Panels, lines_at

GRID = HeatMap("grid", "Grid", "", "symbol", "unit", ["a", "b"], ["0"], [[0.5, math.nan]], "value")


def test_a_file_for_every_chart_and_every_named_table() -> None:
    lines = Lines("flow", "Flow", "", Axis("steps"), Axis("norm"), lines_at(range(2), {"h": (1.0, math.nan)}))
    panels = Panels("both", "Both", "", [GRID])
    blocks = ["Said.", Table(["x"], [["1"]]), Table(["unit", "at"], [["0", "a,b"]], name="units"), lines, panels]
    document = Document(blocks)
    assert document.charts == [lines, panels]
    assert csv_files(document) == {
        "units": 'unit,at\n0,"a,b"\n',
        "flow": "steps,h\n0,1.0\n1,\n",
        "grid": "unit,a,b\n0,0.5,\n",
    }


def test_lines_with_points_at_different_places_have_empty_fields() -> None:
    lines = (Line("a", (1, 2), (0.1, 0.2)), Line("b", (2, 3), (0.3, 0.4)))
    chart = Lines("l", "", "", Axis("x"), Axis("y"), lines)
    assert csv_files(Document([chart]))["l"] == "x,a,b\n1,0.1,\n2,0.2,0.3\n3,,0.4\n"
