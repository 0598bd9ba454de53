"""`rnnlab.train`, `rnnlab.sweep` and `rnnlab.study`: the commands as functions of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import rnnlab
from rnnlab.calls import arguments_of, full_key
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
    ("call", "line"),
    [
        (lambda: rnnlab.train(hiden_size=4), "hiden_size: unknown key"),
        (lambda: rnnlab.train(enabled=True), "enabled: callbacks"),
        (lambda: rnnlab.train("-m", cell="gru,rnn"), "use rnnlab.sweep"),
        (lambda: rnnlab.train(dry_run=True), "dry_run"),
        (lambda: rnnlab.sweep({"cell": []}), "cell: nothing to sweep over"),
        (lambda: rnnlab.study("no-such-study"), "no-such-study"),
    ],
)
def test_what_is_wrong_is_raised_in_one_line(workdir: Path, call: object, line: str) -> None:
    with pytest.raises(UserError) as error:
        call()  # type: ignore[operator]
    assert line in str(error.value) and "\n" not in str(error.value)
    assert not (workdir / "runs").exists()
