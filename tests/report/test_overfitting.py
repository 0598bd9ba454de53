"""What learns its training part by heart is named, with figures and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.records.folder import RunFolder, csv_text
from rnnlab.report.figures.options import report_charts
from rnnlab.report.sections.findings import findings

SWEEP = Path("runs/first-look")


@pytest.fixture
def write_curves(write_run: Callable[..., Path]) -> Callable[..., None]:
    def write(cell: str, validation: Sequence[float], training: Sequence[float], seed: int = 0) -> None:
        folder = RunFolder(write_run(cell, min(validation), seed))
        rows = [
            {"epoch": epoch, "step": 10 * (epoch + 1), "train/loss": fit, "val/loss": loss}
            for epoch, (loss, fit) in enumerate(zip(validation, training, strict=True))
        ]
        folder.metrics.write_text(csv_text(rows, rows[0]), encoding="utf-8")
        best = validation.index(min(validation))
        ended = {"epochs": len(rows), "best_epoch": best}
        summary = json.loads((folder.path / "summary.json").read_text())
        folder.write_summary({**summary, **ended})

    return write


def test_a_validation_loss_that_rises_while_training_goes_on_is_told_and_drawn(write_curves):
    write_curves("lstm", (2.2, 2.0, 2.3, 2.5), (2.1, 1.8, 1.2, 0.9), seed=0)
    write_curves("lstm", (2.2, 2.1, 2.0, 2.54), (2.1, 1.8, 1.3, 1.1), seed=1)
    write_curves("gru", (2.3, 2.2, 2.15, 2.1), (2.2, 2.1, 2.0, 1.95))
    comparison = compare([SWEEP])
    assert findings(comparison)[-1] == (
        "overfitting: lstm ends 0.5200 ± 0.2541 nats per token above its lowest validation loss, that of epoch 2.5"
        " of 4, while its training loss falls by 0.5500."
    )
    (chart,) = [chart for chart in report_charts(comparison) if chart.name == "overfitting"]
    assert [(line.label, line.y) for line in chart.lines] == [
        ("lstm, validation", (2.2, 2.05, 2.15, 2.52)),
        ("lstm, training", (2.1, 1.8, 1.25, 1.0)),
    ]
    assert [(line.colour, line.style) for line in chart.lines] == [("lstm", 0), ("lstm", 1)]


@pytest.mark.parametrize(
    ("validation", "training"),
    [
        ((2.2, 2.1, 2.0), (2.1, 1.9, 1.8)),  # the last epoch is the best
        ((2.2, 2.0, 2.03), (2.1, 1.9, 1.8)),  # it wavers
        ((2.2, 2.0, 2.5), (2.1, 1.9, 2.4)),  # training gets worse as well: that is another trouble
    ],
)
def test_nothing_else_is_called_overfitting(write_curves, validation, training):
    write_curves("lstm", validation, training)
    comparison = compare([SWEEP])
    assert comparison.overfitting == () and not any("overfitting" in sentence for sentence in findings(comparison))
    assert "overfitting" not in [chart.name for chart in report_charts(comparison)]


def test_a_rise_that_the_seeds_do_not_agree_on_is_not_called_overfitting(write_curves):
    write_curves("lstm", (2.2, 2.0, 2.06), (2.1, 1.9, 1.8), seed=0)
    write_curves("lstm", (2.2, 2.0, 2.7), (2.1, 1.9, 1.8), seed=1)
    assert compare([SWEEP]).overfitting == ()


def test_learning_a_text_by_heart_on_purpose_is_not_called_overfitting(write_curves, write_run):
    write_curves("lstm", (2.2, 2.0, 2.5), (2.1, 1.8, 1.2))
    config = SWEEP / "lstm-h64-s0" / "config.yaml"
    assert len(compare([SWEEP]).overfitting) == 1
    config.write_text(config.read_text().replace("batch_size: 64", "batch_size: 64\n  parts: whole"))
    assert compare([SWEEP]).overfitting == ()
