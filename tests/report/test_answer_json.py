"""answer.json: what a sweep says to the question it was asked, on folders as trainings and people leave them."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnlab import compare
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder
from run_folders import write_run_folder
from support import Answer

SWEEP = Path("runs/first-look")
Write = Callable[..., None]


def answer(**roles: Any) -> dict[str, Any]:
    """Return the answer of the sweep as JSON has it."""
    return dict(json.loads(json.dumps(compare(SWEEP, **roles).answer, allow_nan=False)))


@pytest.fixture
def write_run(workplace: Path) -> Write:
    """Writes the folder of a run whose configuration and summary have changes, in a folder of any name."""
    count = itertools.count()

    def write(
        cell: str, seed: int, loss: float, summary: dict[str, Any] | None = None, hidden_size: int = 64, **changes: Any
    ) -> None:
        known = write_run_folder(
            cell, loss, seed, hidden_size, changes=changes, suffix=f"-{next(count)}", under=workplace / "runs"
        )
        RunFolder(known).write_summary({**json.loads((known / "summary.json").read_text()), **(summary or {})})

    return write


@pytest.fixture
def write_seeds(write_run: Write) -> Write:
    """Writes a run for each loss, with seeds 0, 1, 2, …"""

    def write(cell: str, losses: Iterable[float], **changes: Any) -> None:
        for seed, loss in enumerate(losses):
            write_run(cell, seed, loss, **changes)

    return write


def seeds_of(centre: float, seeds: int, luck: float = 0.01, at: int = 0) -> list[float]:
    """Return losses with the luck of seeds, the same for the same place."""
    generator = np.random.default_rng(at)
    return list(centre + luck * generator.standard_normal(seeds))


def verdicts(contrasts: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {(one["first"], one["second"]): one["verdict"] for one in contrasts}


def kinds(result: dict[str, Any]) -> list[str]:
    return [warning["kind"] for warning in result["warnings"]]


def test_the_document_has_its_public_form(write_seeds: Write) -> None:
    for place, (cell, loss) in enumerate({"gru": 1.95, "lstm": 1.951, "rnn": 2.05}.items()):
        write_seeds(cell, seeds_of(loss, 5, at=place))
    result = answer(worth=0.02)
    assert result["question"] == {
        "by": "cell", "tune": [], "within": [], "metric": "val/loss", "direction": "min", "worth": 0.02,
    }  # fmt: skip
    (group,) = result["groups"]
    assert set(group) == {"within", "best", "candidates", "levels", "contrasts"} and group["within"] == {}
    assert group["best"] in ("gru", "lstm") and set(group["candidates"]) == {"gru", "lstm"}
    for level in group["levels"]:
        assert level["low"] < level["value"] < level["high"] and level["seeds"] == 5 and level["diverged"] == 0
        assert level["tuned"] == {} and level["at_edge"] == [] and level["parameters"] > 0
        assert level["test"]["low"] < level["test"]["value"] < level["test"]["high"]
        assert level["flops"] is None, "folders of before do not say it"
    for one in group["contrasts"]:
        means = {level["level"]: level["value"] for level in group["levels"]}
        assert one["difference"] == pytest.approx(means[one["first"]] - means[one["second"]])
        assert one["low"] <= one["difference"] <= one["high"] and 0 <= one["p"] <= 1
    said = verdicts(group["contrasts"])
    assert said[group["levels"][0]["level"], group["levels"][1]["level"]] == "equal"
    assert said[group["levels"][0]["level"], "rnn"] == "better"
    assert result["overall"]["best"] == group["best"] and result["overall"]["interaction"] is None
    assert len(result["headline"].split()) <= 30 and result["next"] is None


def test_one_seed_names_no_winner_and_the_command_that_would(write_seeds: Write) -> None:
    for cell, loss in (("gru", 1.9), ("lstm", 2.0), ("rnn", 2.4)):
        for size in (16, 32, 64, 128):
            write_seeds(cell, [loss - size / 1000], hidden_size=size)
    result = answer()
    for group in result["groups"]:
        assert set(group["candidates"]) == {"gru", "lstm", "rnn"}
        assert all(one["verdict"] == "undecided" and one["p"] is None for one in group["contrasts"])
        assert all(level["low"] is None and level["high"] is None for level in group["levels"])
    assert "one_seed" in kinds(result)


def test_the_command_that_would_decide_trains_further_seeds_of_the_levels_in_question(write_run: Write) -> None:
    for cell, loss in (("gru", 1.9), ("lstm", 1.95)):
        write_run(
            cell,
            0,
            loss,
            {"repeat": f"rnnlab train task=names cell={cell} trainer.max_epochs=4 seed=0 sweep=first-look"},
        )
    words = shlex.split(answer()["next"])
    assert words[:3] == ["rnnlab", "train", "-m"] and "cell=gru,lstm" in words and "trainer.max_epochs=4" in words
    assert "seed=1,2" in words and "sweep=first-look" in words


def test_each_level_stands_at_its_own_best_rate(write_seeds: Write) -> None:
    for place, (cell, losses) in enumerate({"gru": (1.90, 2.20, 2.60), "rnn": (2.00, 2.01, 2.02)}.items()):
        for index, (rate, loss) in enumerate(zip((1e-3, 6e-4, 1e-4), losses, strict=True)):
            write_seeds(cell, seeds_of(loss, 4, at=10 * place + index), optimizer={"lr": rate})
    result = answer()
    assert result["question"]["by"] == "cell" and result["question"]["tune"] == ["lr"]
    (group,) = result["groups"]
    assert group["best"] == "gru" and verdicts(group["contrasts"])["gru", "rnn"] == "better"
    levels = {level["level"]: level for level in group["levels"]}
    assert levels["gru"]["tuned"] == {"lr": 0.001} and levels["gru"]["at_edge"] == ["lr"]
    assert "edge" in kinds(result) and "0.001" in result["warnings"][kinds(result).index("edge")]["text"]


def test_a_rate_within_the_range_is_no_edge_and_written_as_its_owner_typed_it(write_seeds: Write) -> None:
    for index, (rate, loss) in enumerate(((1e-3, 2.2), (6e-4, 2.0), (1e-4, 2.6))):
        write_seeds("gru", seeds_of(loss, 4, at=index), optimizer={"lr": rate})
    result = answer(by="optimizer.lr")
    assert result["groups"][0]["best"] == "0.0006" and "0.0006" in result["headline"]
    tuned = answer(by="cell", tune="lr")["groups"][0]["levels"][0]
    assert tuned["tuned"] == {"lr": 0.0006} and tuned["at_edge"] == []


def test_cells_that_cross_have_a_verdict_for_each_size_and_none_overall(write_seeds: Write) -> None:
    for place, (cell, small, large) in enumerate((("gru", 2.0, 2.1), ("lstm", 2.1, 2.0))):
        write_seeds(cell, seeds_of(small, 3, at=place), hidden_size=32)
        write_seeds(cell, seeds_of(large, 3, at=place + 2), hidden_size=64)
    result = answer()
    assert result["overall"] is None and result["question"]["within"] == ["hidden_size"]
    best = {group["within"]["hidden_size"]: group["best"] for group in result["groups"]}
    assert best == {32: "gru", 64: "lstm"}
    assert all(verdicts(group["contrasts"]).popitem()[1] in ("better", "worse") for group in result["groups"])
    assert "depends on hidden_size" in result["headline"]


def test_a_gain_at_one_size_is_not_said_of_both(write_seeds: Write) -> None:
    write_seeds("gru", seeds_of(2.0, 3, at=1), hidden_size=32)
    write_seeds("lstm", seeds_of(2.1, 3, at=2), hidden_size=32)
    write_seeds("gru", seeds_of(2.0, 3, at=3), hidden_size=64)
    write_seeds("lstm", seeds_of(2.0, 3, at=4), hidden_size=64)
    groups = {group["within"]["hidden_size"]: group for group in answer()["groups"]}
    assert verdicts(groups[32]["contrasts"])["gru", "lstm"] == "better"
    assert set(verdicts(groups[64]["contrasts"]).values()) == {"undecided"}


@pytest.mark.parametrize(
    ("changes", "role"),
    [({"split": {"seed": 7}}, "seed"), ({"data": {"limit": 500}}, "limit"), ({"data": {"name": "other"}}, "data")],
)
def test_runs_on_other_items_are_never_rivals(changes: dict[str, Any], role: str, write_run: Write) -> None:
    for seed in range(3):
        write_run("gru", seed, 2.0 + seed / 100)
        summary = {"data": {"name": "other", "sha256": "aa" * 32}} if role == "data" else {}
        write_run("gru", seed, 1.5 + seed / 100, summary, **changes)
    result = answer()
    assert result["question"]["by"] is None and len(result["groups"]) == 2
    assert all(len(group["levels"]) == 1 and not group["contrasts"] for group in result["groups"])
    name = result["question"]["within"][0]
    with pytest.raises(UserError, match="no rivals"):
        answer(by=name)


def test_digests_of_items_decide_where_runs_have_them(write_run: Write) -> None:
    for length, seed in itertools.product((16, 64), range(3)):
        digest = {"data": {"name": "text", "sha256": "ab" * 32, "validation_items": "same", "test_items": "other"}}
        write_run("gru", seed, 2.0 - length / 1000 + seed / 1000, digest, data={"sequence_length": length})
    assert answer()["question"]["by"] == "sequence_length", "a text is the same text in windows of any length"


def test_rates_that_are_drawn_anew_at_each_length_tune_although_the_items_differ(write_run: Write) -> None:
    rates = iter(range(1, 9))
    for length, cell, seed in itertools.product((10, 25), ("gru", "lstm"), range(2)):
        loss = 2.0 + (cell == "lstm") / 10 + seed / 1000
        digest = {"data": {"name": "signs", "sha256": "ab" * 32, "validation_items": f"of {length}"}}
        write_run(cell, seed, loss, digest, data={"sequence_length": length}, optimizer={"lr": next(rates) / 1000})
    result = answer(by="cell", tune="lr")
    assert result["question"]["tune"] == ["lr"] and result["question"]["within"] == ["sequence_length"]
    assert {group["within"]["sequence_length"]: len(group["levels"]) for group in result["groups"]} == {10: 2, 25: 2}


def test_the_best_of_twenty_is_found_with_three_seeds(write_seeds: Write) -> None:
    for size in range(1, 21):
        write_seeds("gru", seeds_of(2.0 if size == 7 else 2.08, 3, at=size), hidden_size=size)
    (group,) = answer()["groups"]
    assert group["best"] == "7" and group["candidates"] == ["7"]


def test_a_diverged_seed_is_counted_and_turns_nothing_round(write_seeds: Write) -> None:
    write_seeds("gru", [*seeds_of(2.0, 4, at=1), 9.0])
    write_seeds("lstm", seeds_of(2.1, 5, at=2))
    write_seeds("rnn", seeds_of(2.1, 5, at=3))
    result = answer()
    (group,) = result["groups"]
    levels = {level["level"]: level for level in group["levels"]}
    assert levels["gru"]["diverged"] == 1 and levels["gru"]["seeds"] == 4 and levels["gru"]["value"] < 2.05
    assert "diverged" in kinds(result)
    assert verdicts(group["contrasts"])["gru", "lstm"] == "undecided", "with the ninth seed gru is worse"


def test_a_level_that_is_worse_anyway_stays_worse_with_its_diverged_seed(write_seeds: Write) -> None:
    write_seeds("gru", seeds_of(2.0, 5, at=1))
    write_seeds("rnn", [*seeds_of(2.2, 4, at=2), 9.0])
    (group,) = answer()["groups"]
    assert verdicts(group["contrasts"])["gru", "rnn"] == "better"


def test_seeds_are_paired_where_they_begin_alike(write_seeds: Write) -> None:
    luck = np.array([0.0, 0.3, -0.2])
    for rate, loss in ((1e-3, 2.0), (6e-4, 2.02)):
        write_seeds("gru", list(loss + luck + 0.001 * np.array([1, -1, 0]) * rate * 1e3), optimizer={"lr": rate})
    (group,) = answer()["groups"]
    assert verdicts(group["contrasts"])["0.001", "0.0006"] == "better"
    for cell, loss in (("lstm", 2.0), ("rnn", 2.02)):
        write_seeds(cell, list(loss + luck))
    cells = answer(tune="lr")["groups"][0]
    assert set(verdicts(cells["contrasts"]).values()) == {"undecided"}, "cells draw other weights from the same seed"


def test_a_score_is_better_where_it_is_higher(write_run: Write) -> None:
    for seed in range(4):
        for cell, accuracy in (("gru", 0.9), ("rnn", 0.8)):
            best = {"val/loss": 2.0, "val/accuracy": accuracy + seed / 1000}
            metrics = {"best": best, "test": {"test/loss": 2.0, "test/accuracy": accuracy - 0.01 + seed / 1000}}
            write_run(cell, seed, 2.0, {"metrics": metrics})
    result = answer(metric="val/accuracy")
    assert result["question"]["direction"] == "max" and result["question"]["metric"] == "val/accuracy"
    (contrast,) = result["groups"][0]["contrasts"]
    assert contrast["verdict"] == "better" and contrast["difference"] > 0 and contrast["low"] > 0
    assert answer(metric="test/accuracy")["groups"][0]["best"] == "gru"
    with pytest.raises(UserError, match=r"metric=val/f1.*val/accuracy"):
        answer(metric="val/f1")


def test_several_keys_can_be_compared_at_once(write_seeds: Write) -> None:
    for place, (cell, size) in enumerate(itertools.product(("gru", "lstm"), (32, 64))):
        write_seeds(cell, seeds_of(2.0 + place / 10, 3, at=place), hidden_size=size)
    result = answer(by=["cell", "model.hidden_size"])
    assert result["question"]["by"] == ["cell", "hidden_size"] and result["question"]["within"] == []
    assert [level["level"] for level in result["groups"][0]["levels"]] == ["gru, 32", "gru, 64", "lstm, 32", "lstm, 64"]


def test_a_key_that_does_not_vary_is_ignored_and_one_that_is_not_there_is_refused(write_seeds: Write) -> None:
    write_seeds("gru", [2.0, 2.1])
    write_seeds("rnn", [2.2, 2.3])
    assert answer(tune="optimizer.lr", within=["model.num_layers"])["question"]["by"] == "cell"
    with pytest.raises(UserError, match=r"optimiser\.lr: no run has such a key"):
        answer(tune="optimiser.lr")
    with pytest.raises(UserError, match="a key has one role"):
        answer(by="cell", within="cell")


def test_settings_that_follow_the_cell_are_said_to_be_confounded(write_seeds: Write) -> None:
    write_seeds("gru", seeds_of(2.0, 3, at=1), hidden_size=32)
    write_seeds("rnn", seeds_of(2.2, 3, at=2), hidden_size=64)
    result = answer()
    assert len(result["groups"]) == 1 and "confounded" in kinds(result)


def test_runs_without_a_result_are_counted(write_run: Write, workplace: Path) -> None:
    for cell, seed in itertools.product(("gru", "rnn"), range(3)):
        write_run(cell, seed, 2.0 + seed / 100)
    write_run("rnn", 3, 2.0, {"status": "failed", "reason": "the machine was switched off"})
    assert "missing" in kinds(answer())
    write_run(
        "rnn",
        4,
        2.0,
        {"status": "failed", "reason": "train/loss became nan at step 3; a lower optimizer.lr may help"},
    )
    result = answer()
    levels = {level["level"]: level for level in result["groups"][0]["levels"]}
    assert levels["rnn"]["diverged"] == 1 and "diverged" in kinds(result)


def test_test_results_on_the_validation_items_are_no_check(write_run: Write) -> None:
    for cell, seed in itertools.product(("gru", "rnn"), range(3)):
        metrics = {"best": {"val/loss": 2.0 + seed / 100}, "test": {"test/loss": 2.0 + seed / 100}}
        write_run(cell, seed, 2.0 + seed / 100, {"metrics": metrics})
    assert "validation_is_test" in kinds(answer())


def test_data_sets_count_as_one_observation_each(write_run: Write) -> None:
    for number in range(7):
        data = {"name": f"set{number}", "sha256": f"{number:02d}" * 32}
        for seed, (cell, loss) in itertools.product(range(2), (("gru", 1.0), ("rnn", 1.1))):
            write_run(cell, seed, loss * (number + 1) + seed / 100, {"data": data}, data={"name": f"set{number}"})
    result = answer(across="data")
    assert result["overall"] is None, "losses on different data are in no common unit"
    (contrast,) = result["across"]["contrasts"]
    assert (contrast["wins"], contrast["sets"], contrast["verdict"]) == (7, 7, "better")
    assert contrast["p"] == pytest.approx(2 / 2**7)


def test_the_same_cell_under_two_names_wins_against_itself_in_none_of_28_pairs(
    workplace: Path, write_seeds: Write
) -> None:
    names = ("a", "b", "c", "d", "e", "f", "g", "h")
    luck = {name: seeds_of(2.0, 3, at=index) for index, name in enumerate(names)}
    for name in names:
        write_seeds(name, luck[name])
    (group,) = answer()["groups"]
    assert len(group["contrasts"]) == 28 and set(verdicts(group["contrasts"]).values()) <= {"undecided", "equal"}


def test_the_report_keeps_the_answer_and_a_table_for_papers(write_seeds: Write, rnnlab: Callable[..., Answer]) -> None:
    write_seeds("gru", seeds_of(2.0, 3, at=1))
    write_seeds("rnn", seeds_of(2.2, 3, at=2))
    assert rnnlab("compare", "sweep=first-look", "by=cell", "worth=0.01").code == 0
    written = json.loads((SWEEP / "report/answer.json").read_text())
    assert written == answer(by="cell", worth=0.01)
    table = (SWEEP / "report/table.tex").read_text()
    assert r"\toprule" in table and r"\textbf{gru}" in table and table.count(r"\\") == 3
    assert {(SWEEP / "report" / f"answer{suffix}").exists() for suffix in (".png", ".svg", ".pdf")} == {True}
    refused = rnnlab("compare", "sweep=first-look", "worth=-1")
    assert refused.code == 2 and "worth" in refused.err and len(refused.err.strip().splitlines()) == 1


def test_in_python_there_are_a_table_and_a_figure(write_seeds: Write) -> None:
    write_seeds("gru", seeds_of(2.0, 3, at=1))
    write_seeds("rnn", seeds_of(2.2, 3, at=2))
    compared = compare("first-look", by="cell")
    assert list(compared.table["level"]) == ["gru", "rnn"] and list(compared.table["candidate"]) == [True, False]
    assert len(compared.figure().data) > 0
    assert compared.answer["headline"] in repr(compared) and "<svg" in compared._repr_html_()


def test_what_a_search_varies_is_tuned_since_no_two_levels_were_tried_with_the_same(write_run: Write) -> None:
    generator = np.random.default_rng(0)
    for trial in range(12):
        cell, size, rate = (
            ("gru", "rnn")[trial % 2],
            int(generator.integers(16, 200)),
            float(generator.uniform(1e-4, 1e-2)),
        )
        write_run(cell, 0, 2.0 + rate, hidden_size=size, optimizer={"lr": rate})
    result = answer()
    assert result["question"]["by"] == "cell" and result["question"]["within"] == []
    assert set(result["question"]["tune"]) == {"lr", "hidden_size"}
    assert "one_seed" in kinds(result) and set(verdicts(result["groups"][0]["contrasts"]).values()) == {"undecided"}
