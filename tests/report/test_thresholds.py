"""How far a bound holds, in a sentence and a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare_runs
from rnnlab.analysis.findings.threshold import Threshold, ThresholdReach, metric_of
from rnnlab.analysis.question import Asked
from rnnlab.analysis.statistics import Mean
from rnnlab.errors import UserError
from rnnlab.records.metrics import MEASURES, Metric, ranking_loss, share
from rnnlab.records.reading import Run
from rnnlab.records.rounds import Draw
from rnnlab.report.figures.threshold import threshold_chart
from rnnlab.report.tables.thresholds import threshold_finding, threshold_table


def reach(text: str, **rows: list[float]) -> ThresholdReach:
    levels = (10.0, 25.0, 50.0)
    means = {name: {x: Mean(y, 0.01, 3) for x, y in zip(levels, row, strict=True)} for name, row in rows.items()}
    return ThresholdReach("sequence_length", "cell", Threshold.parse(text), means)


def test_the_sentence_says_where_each_falls_below_the_bound() -> None:
    reached = reach(
        "test/accuracy>=0.9", lstm=[0.99, 0.98, 0.9], gru=[1, 1, 1], rnn=[0.95, 0.89, 0.5], bag=[0.6, 0.5, 0.5]
    )
    assert threshold_finding(reached) == (
        "sequence_length by cell: test/accuracy of at least 0.9 (mean over seeds) holds at all of 10, 25 and 50 for"
        " lstm and gru; up to 10, not at 25, for rnn; at none of 10, 25 and 50 for bag."
    )


@pytest.mark.parametrize(
    ("bound", "losses", "said"),
    [
        ("val/loss<=0.5", [0.6, 0.4, 0.3], "holds from 25 on, not at 10, for gru"),
        ("val/loss<=0.5", [0.4, 0.6, 0.3], "holds at 10 and 50 alone for gru"),
        ("val/loss<=0.5", [0.5, 0.5, 0.51], "holds up to 25, not at 50, for gru"),
    ],
)
def test_a_bound_may_be_one_from_above_and_hold_anywhere(bound: str, losses: list[float], said: str) -> None:
    assert said in threshold_finding(reach(bound, gru=losses))
    assert "val/loss of at most 0.5" in threshold_finding(reach(bound, gru=losses))


def test_the_table_has_a_row_for_each_and_what_holds_in_bold() -> None:
    lines = threshold_table(reach("test/accuracy>=0.9", gru=[0.95, 0.91, 0.4])).splitlines()
    assert lines[0] == "| cell | sequence_length 10 | sequence_length 25 | sequence_length 50 |"
    assert lines[2] == "| gru | **0.9500 ± 0.0100** | **0.9100 ± 0.0100** | 0.4000 ± 0.0100 |"


@pytest.mark.parametrize(
    ("metric", "highest", "lowest"),
    [(share("accuracy", "test accuracy"), 1, 0), (share("hits", "hits"), 1, 0), (ranking_loss("nats"), 1.005, -0.005)],
)
def test_the_band_around_a_share_ends_at_one_and_around_a_loss_where_its_interval_does(
    metric: Metric, highest: float, lowest: float
) -> None:
    chart = threshold_chart(reach(f"{metric.test}>=0.9", gru=[0.995, 0.5, 0.005]), metric.bounds)
    assert chart.lines[0].high == pytest.approx((highest, 0.51, 0.015))
    assert chart.lines[0].low == pytest.approx((0.985, 0.49, lowest))


def test_a_bound_that_is_none_is_refused_wherever_it_stands() -> None:
    with pytest.raises(UserError, match="holds must be a metric and a bound"):
        Threshold.parse("accuracy")


def test_a_bound_on_an_unknown_metric_is_refused_with_those_that_there_are() -> None:
    metrics = [ranking_loss("nats per token"), share("accuracy", "accuracy")]
    assert metric_of(Threshold.parse("test/accuracy>=0.9"), metrics) == metrics[1]
    with pytest.raises(UserError, match="no metric test/foo; choose val/loss, test/loss, val/accuracy, test/accuracy"):
        metric_of(Threshold.parse("test/foo>=1"), metrics)


def tuned(cell: str, length: int, lr: float, seed: int, accuracy: float, draws: bool) -> Run:
    """A run of a tuning: one that tried a rate, or one with a fresh seed of the rate that was chosen."""
    metrics = {"best": {"val/loss": 1 - accuracy}, "test": {"test/accuracy": accuracy}}
    config = {"cell.name": cell, "data.sequence_length": length, "optimizer.lr": lr, "seed": seed}
    declared = [one.to_json() for one in (ranking_loss("nats"), share("accuracy", "test accuracy"))]
    folder = Path(f"{cell}-{length}-{lr}-{seed}")
    draw = Draw(f"cell={cell} length={length}", 1, at_edge=()) if draws else None
    return Run(folder, "complete", "", config, {"metrics": metrics, MEASURES: declared}, draw=draw)


def test_a_bound_is_asked_of_what_a_tuning_chose_whose_rates_differ_at_each_length() -> None:
    runs = []
    rates = iter(range(1, 99))
    for cell, length in (("gru", 10), ("gru", 50), ("rnn", 10), ("rnn", 50)):
        reached = 0.95 if (cell, length) != ("rnn", 50) else 0.6
        best, other = next(rates) / 1000, next(rates) / 1000
        runs += [tuned(cell, length, best, 0, reached, True), tuned(cell, length, other, 0, reached - 0.2, True)]
        runs += [tuned(cell, length, best, seed, reached, False) for seed in (1, 2)]
    compared = compare_runs("spans", runs, holds="test/accuracy>=0.9", asked=Asked(by=("cell.name",), tune=("lr",)))
    (reached_,) = compared.threshold_reaches
    assert {name: {at: mean.value for at, mean in row.items()} for name, row in reached_.rows.items()} == {
        "gru": {10.0: pytest.approx(0.95), 50.0: pytest.approx(0.95)},
        "rnn": {10.0: pytest.approx(0.95), 50.0: pytest.approx(0.6)},
    }
    assert "at all of 10 and 50 for gru; up to 10, not at 50, for rnn" in threshold_finding(reached_)
