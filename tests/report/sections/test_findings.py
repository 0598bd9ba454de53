"""What a report says beside its answer: the size that suffices, and what was never compared alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.records.folder import RunFolder
from rnnlab.report.sections.findings import findings
from rnnlab.report.sections.notes import notes
from rnnlab.report.wording import p_value

SWEEP = Path("runs/first-look")


def test_how_large_is_large_enough_is_said_for_each_cell(write_seeds):
    for size, gru, rnn in ((16, 2.3, 2.5), (32, 2.001, 2.4), (64, 2.0, 2.3)):
        write_seeds("gru", (gru, gru + 0.002, gru + 0.004), hidden_size=size)
        write_seeds("rnn", (rnn, rnn + 0.002, rnn + 0.004), hidden_size=size)
    assert findings(compare([SWEEP]))[-1] == (
        "hidden_size by cell: the smallest that could still be the best is 32 for gru, 64 for rnn."
    )


@pytest.mark.parametrize("gru", [(2.0, 2.03, 2.06), (2.0,)], ids=["luck", "one seed"])
def test_nothing_is_large_enough_where_no_size_was_shown_to_be_better(gru, write_seeds):
    for size in (16, 32, 64):
        for cell in ("gru", "lstm"):
            write_seeds(cell, [one - size / 10_000 for one in gru], hidden_size=size)
    assert findings(compare([SWEEP])) == []


def test_sizes_that_change_the_items_are_no_rivals_and_none_suffices(write_run):
    for size in (16, 32, 64):
        for cell in ("gru", "lstm"):
            for seed in range(3):
                folder = write_run(
                    cell,
                    3 - size / 100 + seed / 1000,
                    seed,
                    changes={"data": {"sequence_length": size}},
                    suffix=f"-t{size}",
                )
                summary = RunFolder(folder).read_summary()
                RunFolder(folder).write_summary({**summary, "data": {"sha256": f"{size:064}"}})
    assert findings(compare([SWEEP])) == []


def test_settings_that_always_change_together_are_one_factor(write_run):
    for size, layers in ((64, 1), (128, 2)):
        for seed in range(3):
            write_run(
                loss=2 - size / 1000 + seed / 1000,
                seed=seed,
                hidden_size=size,
                changes={"model": {"hidden_size": size, "num_layers": layers}},
            )
    (factor,) = compare([SWEEP]).factors
    assert factor.name == "hidden_size (num_layers with it)"
    assert factor.levels == ("128", "64")


def test_what_was_never_varied_alone_is_no_factor(write_run):
    """As the trials of a search: no two of them share the rest."""
    trials = ((32, 0.1, 0.0), (32, 0.2, 0.5), (64, 0.1, 0.5), (64, 0.2, 0.0))
    for index, (size, rate, dropout) in enumerate(trials):
        write_run(
            loss=2 + index / 10,
            hidden_size=size,
            suffix=f"-{index}",
            changes={"optimizer": {"lr": rate}, "model": {"hidden_size": size, "dropout": dropout}},
        )
    comparison = compare([SWEEP])
    assert set(comparison.settings) == {"hidden_size", "lr", "dropout"} and findings(comparison) == []
    assert "Never varied at equal settings of the rest, so not compared alone:" in notes(comparison)[0]


def test_what_shares_nothing_with_the_rest_is_left_out_of_a_factor(write_seeds):
    for size in (64, 128):
        write_seeds("gru", (2.0, 2.002, 2.004), hidden_size=size)
        write_seeds("lstm", (2.1, 2.102, 2.104), hidden_size=size)
    write_seeds("rnn", (2.2, 2.202), hidden_size=32)
    comparison = compare([SWEEP])
    assert comparison.factors[0].levels == ("gru", "lstm")


def test_a_level_with_too_few_seeds_for_a_test_is_not_large_enough(write_seeds):
    for size, losses in ((8, (3.0,)), (64, (2.0, 2.001, 2.002, 2.003)), (128, (1.9, 1.901, 1.902, 1.903))):
        for cell in ("gru", "lstm"):
            write_seeds(cell, losses, hidden_size=size)
    assert "is 128 for gru and lstm" in findings(compare([SWEEP]))[-1]


def test_figures_have_sensible_digits():
    assert plus_minus(2.03155, float("nan")) == "2.0316"
    assert loss(float("nan")) == "–"
    assert loss(0.0000123) == "1.2e-05"
    assert [p_value(p) for p in (0.0004, 0.0123, 0.5, 1.0, math.nan)] == ["< 0.001", "0.012", "0.50", "> 0.99", "–"]


def test_a_size_of_its_own_for_each_cell_goes_with_the_cell(write_seeds):
    """As in a comparison at equal numbers of parameters; two of the cells happen to have the same size."""
    for lr, more in ((0.005, 0.0), (0.01, 0.1)):
        rest = {"changes": {"optimizer": {"lr": lr}}, "suffix": f"-{lr}"}
        write_seeds("rnn", (2.30 + more, 2.31 + more), hidden_size=128, **rest)
        write_seeds("gru", (2.10 + more, 2.11 + more), hidden_size=74, **rest)
        write_seeds("lstm", (2.20 + more, 2.21 + more), hidden_size=74, **rest)
    comparison = compare([SWEEP])
    assert [factor.name for factor in comparison.factors] == ["cell (hidden_size with it)", "lr"]
    assert comparison.factors[0].levels == ("gru", "lstm", "rnn")
    assert notes(comparison) == []


def test_in_a_search_nothing_is_said_to_go_with_what_has_a_value_of_its_own_in_each_trial(write_run):
    for number, (cell, size) in enumerate([("gru", 32), ("lstm", 64), ("gru", 64), ("lstm", 32)]):
        rate = {"optimizer": {"lr": 0.001 * (number + 1)}}
        write_run(cell, 2.0 + number / 10, hidden_size=size, changes=rate, suffix=f"-{number}")
    comparison = compare([SWEEP])
    assert comparison.factors == ()
    assert notes(comparison) == [
        "Never varied at equal settings of the rest, so not compared alone: cell, hidden_size, lr."
    ]
