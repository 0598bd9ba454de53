"""What the sentences say of the best configuration and of each factor, and what they leave unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.analysis.comparison import compare
from rnnlab.charts.number_format import loss, plus_minus
from rnnlab.report.findings import findings, verdict
from rnnlab.report.notes import notes
from rnnlab.report.wording import p_value

SWEEP = Path("runs/first-look")


def test_seeds_that_agree_separate_the_best_from_all_others(write_seeds):
    write_seeds("gru", (2.030, 2.032, 2.034))
    write_seeds("lstm", (2.050, 2.052, 2.054))
    write_seeds("rnn", (2.055, 2.057, 2.059))
    assert verdict(compare([SWEEP])) == (
        "gru has the lowest mean validation loss, 2.0320 ± 0.0050 nats per token over 3 seeds, and the seeds separate"
        " it from both others; the nearest is lstm (2.0520 ± 0.0050, p < 0.001)."
    )


def test_a_gap_that_would_pass_alone_does_not_when_the_best_was_picked_from_three(first_look):
    sentence = verdict(compare([first_look]))  # gru against lstm alone: p = 0.036
    assert "but the seeds do not separate it from lstm (2.0600 ± 0.0248, p = 0.077)" in sentence


def test_seeds_that_overlap_do_not_separate(write_seeds):
    write_seeds("gru", (2.05, 2.06, 2.07))
    write_seeds("rnn", (2.055, 2.065, 2.075))
    comparison = compare([SWEEP])
    assert "but the seeds do not separate it from rnn (2.0650 ± 0.0248, p = 0.57)." in verdict(comparison)
    (finding,) = findings(comparison)
    assert finding.startswith("cell: not told apart by 3 seeds (0.0050 ± 0.0227 nats per token between gru and rnn")


@pytest.mark.parametrize(
    ("gru", "rnn", "whose"),
    [((2.0,), (2.1,), "each"), ((2.0, 2.0), (2.1,), "of rnn"), ((2.0,), (2.1, 2.2), "of gru")],
)
def test_one_seed_cannot_tell(gru, rnn, whose, write_seeds):
    write_seeds("gru", gru)
    write_seeds("rnn", rnn)
    comparison = compare([SWEEP])
    assert f"one seed {whose} cannot tell" in verdict(comparison)
    assert "one seed each is too few to rank it" in findings(comparison)[0]
    assert "p =" not in verdict(comparison) + findings(comparison)[0]


def test_two_seeds_that_do_not_tell_are_called_too_few(write_seeds):
    write_seeds("gru", (2.05, 2.07))
    write_seeds("rnn", (2.06, 2.08))
    assert "2 seeds are too few to rank it" in findings(compare([SWEEP]))[0]


def test_one_configuration_has_nothing_to_be_compared_with(write_seeds):
    write_seeds("gru", (2.0, 2.1))
    comparison = compare([SWEEP])
    assert verdict(comparison) == (
        "There is one configuration, gru, and nothing to compare it with: 2.0500 ± 0.6353 nats per token over 2 seeds."
    )
    assert comparison.settings == ("cell",) and findings(comparison) == []


def test_a_factor_is_told_with_its_gap_its_settings_and_its_costs(write_seeds):
    for size, base in ((64, 2.0), (128, 1.9)):
        write_seeds("lstm", (base, base + 0.002, base + 0.004), hidden_size=size)
        write_seeds("gru", (base + 0.02, base + 0.022, base + 0.024), hidden_size=size)
    cell, size = findings(compare([SWEEP]))
    assert cell == (
        "cell: lstm beats gru by 0.0200 ± 0.0045 nats per token at both settings of the rest (p < 0.001);"
        " gru needs 25% fewer parameters than lstm."
    )
    assert size.startswith("hidden_size: 128 beats 64 by 0.1000 ± 0.0045 nats per token at both settings")


def test_a_level_that_is_better_only_on_average_is_not_called_better_everywhere(write_seeds):
    for size, gap in ((64, 0.05), (128, 0.05), (256, -0.01)):
        write_seeds("lstm", (2.0, 2.002, 2.004), hidden_size=size)
        write_seeds("gru", (2.0 + gap, 2.002 + gap, 2.004 + gap), hidden_size=size)
    assert "lstm beats gru by 0.0300" in findings(compare([SWEEP]))[0]
    assert "on average, at 2 of 3 settings of the rest" in findings(compare([SWEEP]))[0]


def test_of_many_levels_each_is_compared_with_the_best(write_seeds):
    for size, base in ((16, 2.3), (32, 2.2), (64, 2.0005), (128, 2.0)):
        write_seeds("gru", (base, base + 0.002, base + 0.004), hidden_size=size)
    (finding,) = findings(compare([SWEEP]))
    assert finding.startswith("hidden_size: 128 has the lowest mean, not told apart from 64; 128 beats 32 by 0.2000")
    assert "; 128 beats 16 by 0.3000" in finding


def test_how_large_is_large_enough_is_said_for_each_cell(write_seeds):
    for size, gru, rnn in ((16, 2.3, 2.5), (32, 2.001, 2.4), (64, 2.0, 2.3)):
        write_seeds("gru", (gru, gru + 0.002, gru + 0.004), hidden_size=size)
        write_seeds("rnn", (rnn, rnn + 0.002, rnn + 0.004), hidden_size=size)
    assert findings(compare([SWEEP]))[-1] == (
        "hidden_size by cell: the smallest that the seeds do not tell apart from the best is 32 for gru, 64 for rnn."
    )


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
    assert [level.name for level in factor.levels] == ["128", "64"]


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
    assert [level.name for level in comparison.factors[0].levels] == ["gru", "lstm"]
    assert "gru beats lstm by 0.1000" in findings(comparison)[0]


def test_settings_with_one_seed_are_left_out_and_counted_where_others_have_several(write_seeds):
    for size, seeds in ((16, 3), (32, 3), (64, 1), (128, 1), (256, 1)):
        write_seeds("gru", [2.0 + seed / 1000 for seed in range(seeds)], hidden_size=size)
        write_seeds("lstm", [2.1 + seed / 1000 for seed in range(seeds)], hidden_size=size)
    assert "on average over the 2 of 5 settings of the rest that have several seeds" in findings(compare([SWEEP]))[0]


def test_a_level_with_too_few_seeds_for_a_test_is_not_large_enough(write_seeds):
    for size, losses in ((8, (3.0,)), (64, (2.0, 2.001, 2.002, 2.003)), (128, (1.9, 1.901, 1.902, 1.903))):
        for cell in ("gru", "lstm"):
            write_seeds(cell, losses, hidden_size=size)
    assert "is 128 for gru and lstm" in findings(compare([SWEEP]))[-1]


def test_many_levels_are_all_compared_with_the_best(write_seeds):
    for size in range(8, 128, 8):
        write_seeds("gru", (2 - size / 100, 2.001 - size / 100, 2.002 - size / 100), hidden_size=size)
    comparison = compare([SWEEP])
    (factor,) = comparison.factors
    assert len(factor.levels) == 15 and len(factor.contrasts) == 14
    assert findings(comparison)[0].endswith("and 10 more; 8 needs 97% fewer parameters than 120.")


def test_figures_have_sensible_digits():
    assert plus_minus(2.03155, float("nan")) == "2.0316"
    assert loss(float("nan")) == "–"
    assert loss(0.0000123) == "1.2e-05"
    assert (p_value(0.0004), p_value(0.0123), p_value(0.5), p_value(None)) == ("p < 0.001", "p = 0.012", "p = 0.50", "")


def test_a_size_of_its_own_for_each_cell_goes_with_the_cell(write_seeds):
    """As in a comparison at equal numbers of parameters; two of the cells happen to have the same size."""
    for lr, more in ((0.005, 0.0), (0.01, 0.1)):
        rest = {"changes": {"optimizer": {"lr": lr}}, "suffix": f"-{lr}"}
        write_seeds("rnn", (2.30 + more, 2.31 + more), hidden_size=128, **rest)
        write_seeds("gru", (2.10 + more, 2.11 + more), hidden_size=74, **rest)
        write_seeds("lstm", (2.20 + more, 2.21 + more), hidden_size=74, **rest)
    comparison = compare([SWEEP])
    assert [factor.name for factor in comparison.factors] == ["cell (hidden_size with it)", "lr"]
    assert [level.name for level in comparison.factors[0].levels] == ["gru", "lstm", "rnn"]
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
