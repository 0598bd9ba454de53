"""A sweep that is not finished, or in which runs failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder, add_to_plan
from rnnlab.report.render import markdown
from rnnlab.report.sections.notes import missing_sentence

SWEEP = Path("runs/first-look")


def test_runs_that_are_planned_and_not_there_are_counted(first_look, write_run):
    running = write_run("gru", None, seed=3)
    failed = write_run("rnn", seed=3, failed="FloatingPointError: val/loss became nan\nafter step 40")
    add_to_plan(first_look, [running.name, failed.name, "lstm-h64-s3"])
    comparison = compare([first_look])
    assert missing_sentence(comparison.missing) == "3 of 12 runs are missing (1 failed, 2 not finished)."
    reason = "FloatingPointError: val/loss became nan after step 40"
    assert comparison.missing.failed == ((failed, reason),)
    assert set(comparison.missing.unfinished) == {running, first_look / "lstm-h64-s3"}
    text = markdown(comparison, [])
    assert missing_sentence(comparison.missing) in text
    assert f"- failed: {failed.as_posix()}: {reason}" in text


def test_missing_runs_are_counted_without_a_plan(write_run):
    write_run("gru", 2.0)
    write_run("rnn", None)
    assert missing_sentence(compare([SWEEP]).missing) == "1 of 2 runs is missing (1 not finished)."


def test_a_finished_sweep_misses_nothing(first_look):
    comparison = compare([first_look])
    assert missing_sentence(comparison.missing) == ""
    assert "missing" not in markdown(comparison, [])


def test_an_interrupted_run_has_no_result_yet(write_run):
    write_run("gru", 2.0)
    RunFolder(write_run("rnn", None)).write_summary({"status": "interrupted", "objective": 1.0})
    comparison = compare([SWEEP])
    assert list(comparison.runs["status"]) == ["complete", "interrupted"]
    assert missing_sentence(comparison.missing).endswith("(1 not finished).")


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("summary.json", "{", "summary.json cannot be read"),
        ("summary.json", '{"status": "complete", "metrics": 3}', "summary.json has no val/loss"),
        ("config.yaml", "a: [", "config.yaml cannot be read"),
    ],
)
def test_a_damaged_run_is_listed_and_does_not_hide_the_others(file, content, reason, write_run):
    write_run("gru", 2.0)
    (write_run("rnn", 2.1) / file).write_text(content)
    comparison = compare([SWEEP])
    assert list(comparison.ranking["label"]) == ["gru"]
    assert comparison.missing.failed[0][1].startswith(reason)


def test_a_sweep_without_any_result_says_how_many_are_planned(write_seeds):
    write_seeds("gru", (None, None))
    add_to_plan(SWEEP, [f"gru-h64-s{seed}" for seed in range(18)])
    with pytest.raises(UserError, match=r"^no run of first-look is complete yet; 18 are planned$"):
        compare([SWEEP])


def test_failures_are_named_where_nothing_else_is_there(write_run):
    write_run("gru", failed="RuntimeError: out of memory")
    with pytest.raises(UserError, match=r"no run of first-look .* \(1 failed: RuntimeError: out of memory\)$"):
        compare([SWEEP])
