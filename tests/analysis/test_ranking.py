"""Which configuration is best, by what numbers, and what counts as a configuration."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.analysis.comparison import Comparison, compare
from rnnlab.records import reading as runs_module
from rnnlab.report.page import page
from rnnlab.report.render import markdown
from rnnlab.report.sections.notes import notes

SWEEP = Path("runs/first-look")


def labels(comparison: Comparison) -> list[str]:
    return list(comparison.ranking["label"])


def test_configurations_are_ranked_by_mean_validation_loss_over_seeds(first_look):
    ranking = compare([first_look]).ranking
    assert list(ranking["cell"]) == ["gru", "lstm", "rnn"]
    assert list(ranking["val_loss"]) == pytest.approx([2.032, 2.060, 2.065])
    assert list(ranking["val_loss_sd"]) == pytest.approx([0.002, 0.01, 0.01])  # sqrt((1 + 0 + 1) d² / 2) = d
    assert list(ranking["test_loss"]) == pytest.approx([2.042, 2.070, 2.075])
    assert list(ranking["seeds"]) == [3, 3, 3]
    assert list(ranking["epochs"]) == [4, 4, 4]
    assert list(ranking["seconds"]) == pytest.approx([11, 11, 11])
    assert list(ranking["parameters"]) == [3 * 64 * 162, 4 * 64 * 162, 64 * 162]


def test_the_best_run_is_the_best_seed_of_the_best_configuration(first_look, write_run):
    write_run("rnn", 1.5, seed=9, hidden_size=65)
    write_run("rnn", 3.5, seed=8, hidden_size=65)
    assert compare([first_look]).best.folder == first_look / "gru-h64-s0"


def test_one_lucky_seed_does_not_win_against_a_better_mean(write_seeds):
    write_seeds("gru", (2.00, 2.20))
    write_seeds("lstm", (2.05, 2.05))
    assert labels(compare([SWEEP])) == ["lstm", "gru"]


@settings(max_examples=20, deadline=None)
@given(
    losses=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_the_ranking_does_not_depend_on_the_order_in_which_folders_are_read(losses, order, write_seeds):
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        for index, loss in enumerate(losses):
            write_seeds("gru", (loss / 2, loss / 3), hidden_size=10 + index, under=Path(place))
        expected = compare([Path(place)])
        folders = list(runs_module.run_folders(Path(place)))
        order.shuffle(folders)
        patch.setattr(runs_module, "run_folders", lambda _root: iter(folders))
        shuffled = compare([Path(place)])
    assert labels(shuffled) == labels(expected)
    assert shuffled.best == expected.best
    assert shuffled.runs.equals(expected.runs)


def test_what_varies_names_the_columns(write_run):
    write_run("gru", 2.0, hidden_size=64)
    write_run("gru", 2.1, hidden_size=128)
    write_run("gru", 2.2, hidden_size=64, changes={"optimizer": {"lr": 0.1}}, suffix="-lr")
    comparison = compare([SWEEP])
    assert comparison.settings == ("hidden_size", "lr")
    assert labels(comparison)[0] == "hidden_size 64, lr 0.005"


CHANGES = {
    "dropout": {"model": {"dropout": 0.4}},
    "lr": {"optimizer": {"lr": 0.1}},
    "warmup": {"scheduler": {"warmup": 0.1}},
    "batch": {"data": {"batch_size": 16}},
}


def test_where_each_configuration_changes_a_setting_of_a_base_that_is_what_it_is_called(write_run):
    for number, (name, changes) in enumerate(CHANGES.items()):
        write_run("gru", 2.0 + number / 10, changes=changes, suffix=f"-{name}")
    write_run("gru", 3.0, suffix="-base")
    both = {**CHANGES["dropout"], **CHANGES["lr"]}
    write_run("gru", 4.0, changes=both, suffix="-both")
    comparison = compare([SWEEP])
    assert labels(comparison) == [
        "dropout 0.4",
        "lr 0.1",
        "warmup 0.1",
        "batch_size 16",
        "the base",
        "dropout 0.4 + lr 0.1",
    ]
    assert comparison.base == "dropout 0, lr 0.005, warmup 0.25, batch_size 64"
    said = "Configurations are called by what they change of the base: dropout 0, lr 0.005, warmup 0.25, batch_size 64."
    assert said in markdown(comparison, [])
    assert f"what it changes of the base: {comparison.base}. " in page(comparison, [])


def test_a_cell_may_be_what_is_changed(write_run):
    for number, (name, changes) in enumerate(CHANGES.items()):
        write_run("gru", 2.0 + number / 10, changes=changes, suffix=f"-{name}")
    write_run("gru", 3.0, suffix="-base")
    write_run("lstm", 4.0)
    comparison = compare([SWEEP])
    assert labels(comparison)[-2:] == ["the base", "lstm"]
    assert comparison.base == "gru with dropout 0, lr 0.005, warmup 0.25, batch_size 64"


def test_without_a_base_among_them_a_label_says_every_setting(write_run):
    for number, (name, changes) in enumerate(CHANGES.items()):
        write_run("gru", 2.0 + number / 10, changes=changes, suffix=f"-{name}")
    comparison = compare([SWEEP])
    assert labels(comparison)[0] == "dropout 0.4, lr 0.005, warmup 0.25, batch_size 64"
    assert comparison.base == "" and "the base" not in markdown(comparison, [])


def test_another_optimizer_shows_under_its_class_without_the_keys_that_come_with_it(write_run):
    write_run(loss=2.0)
    sgd = {"_target_": "torch.optim.SGD", "momentum": 0.9, "nesterov": True}
    write_run(loss=2.1, changes={"optimizer": sgd}, suffix="-sgd")
    comparison = compare([SWEEP])
    assert comparison.settings == ("optimizer",)
    assert list(comparison.ranking["optimizer"]) == ["AdamW", "SGD"]


def test_another_data_set_shows_under_its_name_alone(write_run):
    write_run(loss=2.0)
    own = {
        "name": "file",
        "path": "own.txt",
        "files": {"path": "own.txt"},
        "reader": {"_target_": "rnnlab.data.sources.names.read_lines"},
    }
    write_run(loss=2.1, changes={"data": own}, suffix="-own")
    comparison = compare([SWEEP])
    assert comparison.settings == ("data",)
    assert "different data" in notes(comparison)[0]


def test_the_same_number_is_the_same_setting_however_it_is_written(write_seeds):
    write_seeds("gru", (2.0,), changes={"model": {"dropout": 0}})
    write_seeds("gru", (2.0, 2.1), changes={"model": {"dropout": 0.0}}, suffix="-again")
    assert list(compare([SWEEP]).ranking["seeds"]) == [2]


def test_a_setting_may_not_pass_for_a_figure_of_the_ranking(write_run):
    for rank in (1, 2):
        write_run(loss=2 + rank / 10, changes={"cell": {"rank": rank}}, suffix=f"-{rank}")
    comparison = compare([SWEEP])
    assert comparison.settings == ("cell.rank",) and list(comparison.ranking["rank"]) == [1, 2]


def test_keys_with_the_same_short_name_are_written_out(write_run):
    changes = {"trainer": {"rate": 1}, "optimizer": {"rate": 1}}
    write_run(loss=2.0)
    write_run(loss=2.1, changes=changes, suffix="-b")
    assert compare([SWEEP]).settings == ("optimizer.rate", "trainer.rate")


def test_the_seed_of_the_split_is_not_taken_for_the_seed_of_a_run(write_run):
    write_run(loss=2.0)
    write_run(loss=2.1, changes={"split": {"seed": 1}}, suffix="-split")
    comparison = compare([SWEEP])
    assert comparison.settings == ("split.seed",)
    assert list(comparison.ranking["seeds"]) == [1, 1]


def test_what_cannot_change_a_result_does_not_split_a_configuration(write_run):
    write_run(loss=2.0, seed=0)
    for seed, changes in enumerate(
        (
            {"callbacks": {"samples": {"enabled": False}}},
            {"callbacks": {"early_stopping": {"enabled": False, "patience": 9}}},
            {"logger": {"wandb": {"project": "mine"}}},
            {"trainer": {"threads": 2}},
        ),
        start=1,
    ):
        write_run(loss=2.0, seed=seed, changes=changes)
    assert list(compare([SWEEP]).ranking["seeds"]) == [5]


def test_early_stopping_is_another_configuration(write_run):
    write_run(loss=2.0)
    stopping = {"early_stopping": {"_target_": "lightning.EarlyStopping", "enabled": True, "patience": 2}}
    write_run(loss=2.1, changes={"callbacks": stopping}, suffix="-es")
    comparison = compare([SWEEP])
    assert comparison.settings == ("early_stopping",)
    assert list(comparison.ranking["early_stopping"]) == ["false", "true"]


def test_the_same_configuration_and_seed_in_two_sweeps_counts_once(write_run, write_seeds):
    write_seeds("gru", (2.0, 2.1))
    write_run("gru", 2.0, seed=0, sweep="again")
    comparison = compare([SWEEP, Path("runs/again")])
    assert list(comparison.ranking["seeds"]) == [2]
    assert notes(comparison) == ["1 run repeats the configuration and seed of another; it counts once."]
    assert len(comparison.runs) == 3


def test_runs_on_another_version_of_the_data_are_not_averaged_with_the_others(write_run):
    write_run(loss=2.0, seed=0)
    other = write_run(loss=3.0, seed=1) / "summary.json"
    summary = json.loads(other.read_text())
    other.write_text(json.dumps({**summary, "data": {"name": "names", "sha256": "ab" * 32}}))
    comparison = compare([SWEEP])
    assert comparison.settings == ("sha256",)
    assert list(comparison.ranking["val_loss"]) == [2.0, 3.0]


def test_without_a_config_file_the_summary_says_what_a_run_was(write_run):
    for cell, loss in (("gru", 2.0), ("rnn", 2.2)):
        (write_run(cell, loss) / "config.yaml").unlink()
    comparison = compare([SWEEP])
    assert list(comparison.ranking["cell"]) == ["gru", "rnn"]


def test_a_run_without_a_test_has_no_test_loss_and_still_ranks(write_run):
    file = write_run() / "summary.json"
    summary = json.loads(file.read_text())
    del summary["metrics"]["test"], summary["seconds"]
    file.write_text(json.dumps(summary))
    row = compare([SWEEP]).ranking.iloc[0]
    assert math.isnan(row["test_loss"])
    assert math.isnan(row["seconds"])
