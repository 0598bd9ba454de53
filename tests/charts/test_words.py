"""What a listener hears of a chart."""

from __future__ import annotations

import math

import pytest

from rnnlab.charts.values import (
    Axis,
    Changes,
    Chart,
    Dimension,
    HeatMap,
    Interval,
    IntervalChart,
    IntervalPanel,
    IntervalRow,
    Lines,
    Panels,
    Parallel,
    Point,
    Scatter,
    lines_at,
)
from rnnlab.charts.words import in_words

LOSS = Axis("loss", "nats")
GRID = HeatMap("grid", "Grid", "", "size", "cell", ["8", "16"], ["gru", "rnn"], [[2.0, math.nan], [2.5, 2.1]], "loss")
POINTS = (Point("gru", "gru", 1200.0, 2.0, 0.1, True), Point("rnn", "rnn", 9e4, 2.5, math.nan, False))
ROWS = (
    IntervalRow("gru", Interval(1.95, 1.94, 1.96), marked=True),
    IntervalRow("lstm", Interval(2.0)),
    IntervalRow("rnn", Interval(math.nan)),
)


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (
            Lines("l", "", "", Axis("epoch"), LOSS, lines_at((1, 2), {"a": (2.0, 1.5), "b": (2.0, math.nan)})),
            "loss (nats) against epoch. a: from 2.0000 at epoch 1 to 1.5000 at 2; b: 2.0000 at epoch 1.",
        ),
        (
            Scatter("s", "", "", Axis("parameters"), LOSS, POINTS),
            "loss (nats) against parameters of 2 configurations. On the Pareto front: gru with 1,200: 2.0000 ± 0.1000.",
        ),
        (
            Changes("c", "", "", LOSS, ("lr 0.1", "the base"), (1.9, 2.0), (0.1, math.nan), 2.0),
            "loss (nats); the base has 2.0000. lr 0.1: 1.9000 ± 0.1000; the base: 2.0000.",
        ),
        (
            Panels("p", "", "", [GRID]),
            "Grid: loss for cell in 2 rows and size in 2 columns."
            " lowest 2.0000 at cell gru, size 8; highest 2.5000 at cell rnn, size 8.",
        ),
        (
            Parallel("p", "", "", (Dimension("lr", (0.1, 0.2)),), (2.5, 2.0), ("a", "b")),
            "2 configurations across lr. Lowest first: b: 2.0000; a: 2.5000.",
        ),
        (
            IntervalChart("i", "", "", LOSS, (IntervalPanel("size 8", ROWS),), mark="could be best"),
            "loss (nats). size 8: gru: 1.9500, 1.9400 to 1.9600, could be best; lstm: 2.0000; rnn: not known.",
        ),
    ],
    ids=lambda value: value.name if not isinstance(value, str) else "",
)
def test_a_chart_of_every_kind_is_told_with_its_values(chart: Chart, words: str) -> None:
    assert in_words(chart) == words


def test_many_lines_are_counted_instead_of_read_out() -> None:
    chart = Lines("l", "", "", Axis("epoch"), LOSS, lines_at((1, 2), {str(n): (2.0, 1.0) for n in range(20)}))
    assert in_words(chart).count("from") == 8 and in_words(chart).endswith("; 12 more.")
