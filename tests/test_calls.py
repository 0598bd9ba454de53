"""`rnnlab.train`, `rnnlab.sweep` and `rnnlab.study`: the commands as functions of Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rnnlab
from rnnlab.calls import _listed, arguments_of, full_key
from rnnlab.cli import main
from rnnlab.errors import UserError

SMALL = ("debug=fast", "data.limit=300")


def test_a_call_and_a_command_are_one_run(workdir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    namer = rnnlab.train("task=names", *SMALL, cell="gru", hidden_size=8, sweep="mine", quiet=True)
    assert len(namer.generate(samples=2)) == 2
    (folder,) = (workdir / "runs/mine").glob("gru-*")
    capfd.readouterr()
    assert main(["train", "task=names", *SMALL, "cell=gru", "model.hidden_size=8", "sweep=mine"]) == 0
    assert "is complete already" in capfd.readouterr().out
    assert [*(workdir / "runs/mine").glob("gru-*")] == [folder]


def test_a_sweep_compares_what_it_has_trained(workdir: Path) -> None:
    swept = {"cell": ["rnn", "gru"], "hidden_size": [4, 8]}
    compared = rnnlab.sweep(swept, *SMALL, seeds=2, workers=1, sweep="both", quiet=True)
    assert compared.answer["question"]["by"] == "cell" and len(compared.table) == 4
    assert set(compared.table["seeds"]) == {2}
    assert len(rnnlab.runs(workdir / "runs/both")) == 8


@pytest.mark.parametrize(
    ("name", "key"),
    [("hidden_size", "model.hidden_size"), ("lr", "optimizer.lr"), ("cell", "cell"), ("seed", "seed"), ("odd", "odd")],
)
def test_a_short_name_stands_for_the_one_key_that_ends_in_it(name: str, key: str) -> None:
    assert full_key(name) == key


def test_values_are_written_as_a_command_line_has_them() -> None:
    words = arguments_of(["task=chars", {"model.dropout": 0.1}], {"path": Path("a b.txt"), "tie_weights": True})
    assert words == ["task=chars", "model.dropout=0.1", "data.path='a b.txt'", "model.tie_weights=true"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": np.float64(0.01), "hidden_size": np.int64(8)}, ["optimizer.lr=0.01", "model.hidden_size=8"]),
        ({"model": {"hidden_size": 8, "dropout": 0.1}}, ["model.hidden_size=8", "model.dropout=0.1"]),
        ({"gradient_clip_val": None, "path": Path("a.txt")}, ["trainer.gradient_clip_val=null", "data.path='a.txt'"]),
        (
            {"task": "forecasting", "data": "file", "value_column": ["a", "b"]},
            ["task=forecasting", "data=file", "data.value_column=['a','b']"],
        ),
    ],
)
def test_values_of_notebooks_are_plain_ones(settings: dict[str, object], words: list[str]) -> None:
    assert arguments_of([], settings) == words
    assert arguments_of([settings], {}) == words


@pytest.mark.parametrize(
    "values", [["rnn", "gru"], ("rnn", "gru"), {"gru", "rnn"}, np.array(["rnn", "gru"]), pd.Series(["rnn", "gru"])]
)
def test_any_collection_of_values_is_swept(values: object) -> None:
    assert sorted(_listed("cell", values)) == ["gru", "rnn"]
    assert _listed("lr", (rate / 10 for rate in (1, 2))) == [0.1, 0.2]
    assert _listed("path", Path("a")) == [Path("a")]


def test_names_of_sweeps_stand_for_their_folders(sweep_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sweep_folder)
    assert len(rnnlab.runs("small")) == len(rnnlab.runs("runs/small")) == 4
    assert rnnlab.curves("small").equals(rnnlab.curves("runs/small"))
    assert rnnlab.load("small").checkpoint == rnnlab.load("runs/small").checkpoint
    for call in (rnnlab.runs, rnnlab.curves, rnnlab.compare):
        with pytest.raises(UserError, match="smal: there is no such folder"):
            call("smal")
        with pytest.raises(UserError, match="no folder is given"):
            call([])


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: rnnlab.train(hiden_size=4), "hiden_size: unknown key"),
        (lambda: rnnlab.train(enabled=True), "enabled: callbacks"),
        (lambda: rnnlab.train("-m", cell="gru,rnn"), "use rnnlab.sweep"),
        (lambda: rnnlab.train(dry_run=True), "dry_run"),
        (lambda: rnnlab.train(3), "3: a word such as 'task=names'"),
        (lambda: rnnlab.train(lr=object()), "optimizer.lr: <object"),
        (lambda: rnnlab.train(cell=["gru", "rnn"]), "cell takes one option; a sweep takes several: -m cell=gru,rnn"),
        (lambda: rnnlab.modules("-m", cell="gru"), "rnnlab.modules takes one run"),
        (lambda: rnnlab.sweep(["cell=gru,rnn"]), "swept: a dict"),
        (lambda: rnnlab.sweep({"cell": ["gru"], "seed": [7]}, seeds=2), "seed: given twice"),
        (lambda: rnnlab.sweep({"cell": ["gru"]}, cell="rnn"), "cell: given twice"),
        *((lambda n=n: rnnlab.sweep({"cell": ["gru"]}, seeds=n), "seeds must be") for n in (0, -1, True, 1.5, "a")),
        (lambda: rnnlab.sweep({"cell": []}), "cell: nothing to sweep over"),
        (lambda: rnnlab.study("no-such-study"), "no-such-study"),
    ],
)
def test_what_is_wrong_is_raised_in_one_line(workdir: Path, call: object, line: str) -> None:
    with pytest.raises(UserError) as error:
        call()  # type: ignore[operator]
    assert line in str(error.value) and "\n" not in str(error.value)
    assert not (workdir / "runs").exists()
