"""Runs and curves as a notebook reads them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rnnlab
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder


def test_runs_are_a_frame_with_one_row_a_run_and_numbers_as_numbers(first_look, write_run):
    write_run("gru", None, seed=7)
    frame = rnnlab.runs("runs/first-look")
    assert len(frame) == 10
    assert list(frame["cell"][:3]) == ["gru"] * 3 and list(frame["rank"].dropna().unique()) == [1, 2, 3]
    assert frame["hidden_size"].dtype.kind == "i" and frame["val/loss"].dtype.kind == "f"
    assert list(frame["status"].value_counts()[["complete", "not finished"]]) == [9, 1]
    assert frame.groupby("cell")["val/loss"].mean()["gru"] == pytest.approx(2.032)


def test_several_folders_are_read_together_and_a_sweep_without_results_too(first_look, write_run):
    write_run("gru", None, sweep="begun")
    assert len(rnnlab.runs([first_look, Path("runs/begun")])) == 10
    assert list(rnnlab.runs("runs/begun")["status"]) == ["not finished"]
    assert rnnlab.curves("runs/begun").empty


def test_curves_have_a_row_a_validation_with_the_time_it_took(first_look):
    folder = RunFolder(first_look / "gru-h64-s0")
    folder.timing.write_text("epoch,step,seconds\n0,374,10.0\n1,748,20.0\n2,1122,30.0\n3,1496,40.0\n")
    curves = rnnlab.curves(first_look)
    assert len(curves) == 9 * 4
    one = curves[curves["folder"] == folder.path.as_posix()]
    assert list(one["epoch"]) == [0, 1, 2, 3] and list(one["seconds"]) == [10.0, 20.0, 30.0, 40.0]
    assert one["val/loss"].iloc[-1] == pytest.approx(2.03) and set(one["cell"]) == {"gru"}
    assert curves["seconds"].isna().sum() == 8 * 4, "runs without a timing.csv"


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(UserError, match="runs/nope: there is no such folder"):
        rnnlab.runs("runs/nope")


def test_reading_runs_loads_no_torch(first_look):
    code = "import rnnlab, sys; rnnlab.curves('runs/first-look'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
