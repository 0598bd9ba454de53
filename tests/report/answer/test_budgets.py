"""Levels that were trained for as many epochs and for other numbers of optimizer steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rnnlab.analysis.comparison import compare
from rnnlab.records.folder import RunFolder, csv_text
from rnnlab.report.answer.warnings import warnings

SWEEP = Path("runs/first-look")


def _write(write_run: Callable[..., Path], length: int, per_epoch: int, **trainer: int) -> None:
    data = {"sequence_length": length, "windows": "streams"}
    folder = RunFolder(
        write_run("gru", 2.0 + length / 100, suffix=f"-{length}", changes={"data": data, "trainer": trainer})
    )
    rows = [{"epoch": e, "step": per_epoch * (e + 1), "train/loss": 2.0, "val/loss": 2.0} for e in range(4)]
    folder.metrics.write_text(csv_text(rows, rows[0]))


def _budgets() -> list[str]:
    return [one.text for one in warnings(compare([SWEEP]).answer) if one.kind == "confounded"]


def test_other_numbers_of_steps_are_said_with_what_makes_them_equal(write_run: Callable[..., Path]):
    _write(write_run, 16, 100)
    _write(write_run, 64, 25)
    (said,) = _budgets()
    assert said.startswith("Runs differ in optimizer steps (100 to 400): equal epochs are not equal training.")
    assert "trainer.max_steps=100" in said and "data.tokens_per_step" in said


def test_equal_steps_and_steps_that_were_asked_for_are_no_warning(write_run: Callable[..., Path]):
    _write(write_run, 16, 100)
    _write(write_run, 64, 100)
    assert _budgets() == []
    _write(write_run, 16, 100, max_steps=80)
    _write(write_run, 64, 25, max_steps=80)
    assert _budgets() == []
