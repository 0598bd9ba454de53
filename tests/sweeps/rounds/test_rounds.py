"""A sweep in rounds: everything is planned from the runs' folders, so that it goes on exactly where it was."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pretended import KilledError, PretendingBackend
from rnnlab.commands.status import main as status
from rnnlab.config.compose import compose_train
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Round, Words
from rnnlab.sweeps.rounds.sweep import sweep_in_rounds

SMALL = ("debug=fast", "sweep=rounds")


@dataclass(frozen=True)
class BestTwice:
    """Train some configurations, and the best of them once more with another seed."""

    words: tuple[Words, ...]
    asked: list[tuple[EndedRun, ...]] = field(default_factory=list)

    def __call__(self, ended: Sequence[EndedRun]) -> Round | Done:
        self.asked.append(tuple(ended))
        if not ended:
            return Round("look", self.words, open=tuple(map(" ".join, self.words)), at_most=1)
        best = min((run for run in ended if run.seed == 0 and run.value == run.value), key=lambda run: run.value)
        if all(run.seed == 0 for run in ended):
            return Round("again", ((*best.words, "seed=1"),), open=(" ".join(best.words),), at_most=0)
        return Done(f"{' '.join(best.words)} has two seeds")


@cache
def command(*more: str) -> SweepCommand:
    """The command of a sweep, whose data is prepared once."""
    composed = compose_train(["-m", *SMALL, *more])
    return SweepCommand(composed.loader, composed.config, (*SMALL, *more), ("model.hidden_size",))


def loss(config: dict[str, Any]) -> float | str:
    return {4: 2.0, 8: 1.0}[config["model"]["hidden_size"]] + 0.1 * float(config["seed"])


def sweep(planner: BestTwice, backend: PretendingBackend, *more: str) -> Done | None:
    return sweep_in_rounds("twice", planner, command(*more), backend)


@pytest.fixture
def cells(workdir: Path) -> BestTwice:
    return BestTwice((("model.hidden_size=4",), ("model.hidden_size=8",)))


def test_rounds_are_trained_until_the_planner_is_done(
    cells: BestTwice, workdir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = sweep(cells, PretendingBackend(loss))
    assert done == Done("model.hidden_size=8 has two seeds")
    assert [[(*run.words, run.value) for run in asked] for asked in cells.asked] == [
        [],
        [("model.hidden_size=4", 2.0), ("model.hidden_size=8", 1.0)],
        [("model.hidden_size=4", 2.0), ("model.hidden_size=8", 1.0), ("model.hidden_size=8", "seed=1", 1.1)],
    ]
    assert cells.asked[1][0].config["model.hidden_size"] == 4 and cells.asked[1][0].parameters == 100
    said = capfd.readouterr().err
    assert "round 1, look: 2 runs" in said and "round 2, again: 1 run" in said and "[2/2]" in said

    status(["sweep=rounds"])
    assert "twice: done after 2 rounds: model.hidden_size=8 has two seeds" in capfd.readouterr().out


@pytest.mark.parametrize("moment", range(4))
def test_killed_at_any_moment_the_same_command_goes_on_to_the_same_runs(
    cells: BestTwice, workdir: Path, moment: int
) -> None:
    killed = PretendingBackend(loss, most=moment)
    with suppress(KilledError):
        sweep(cells, killed)
    again, rest = BestTwice(cells.words), PretendingBackend(loss)
    assert sweep(again, rest) == Done("model.hidden_size=8 has two seeds")
    assert len(killed.trained) == moment and len({*killed.trained, *rest.trained}) == 3 == moment + len(rest.trained)
    assert again.asked[: len(cells.asked)] == cells.asked


def test_a_run_that_fails_blocks_no_round_and_is_trained_again_by_the_same_command(
    cells: BestTwice, workdir: Path
) -> None:
    def without_memory(config: dict[str, Any]) -> float | str:
        return "out of memory" if config["model"]["hidden_size"] == 4 else loss(config)

    with pytest.raises(RunsFailedError, match="1 of 3 runs failed"):
        sweep(cells, PretendingBackend(without_memory))
    assert [run.status for run in cells.asked[-1]] == ["failed", "complete", "complete"]
    rest = PretendingBackend(loss)
    assert sweep(BestTwice(cells.words), rest) is not None
    assert len(rest.trained) == 1 and "h4-" in rest.trained[0]


def test_a_run_that_diverged_is_a_result_and_is_not_trained_again(
    cells: BestTwice, workdir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def diverging(config: dict[str, Any]) -> float | str:
        reason = "FloatingPointError: train/loss became nan at step 3"
        return reason if config["model"]["hidden_size"] == 4 else loss(config)

    for trained in (3, 0):
        backend = PretendingBackend(diverging)
        assert sweep(BestTwice(cells.words), backend) is not None
        assert "1 of 3 runs diverged" in capfd.readouterr().err
        assert len(backend.trained) == trained


def test_a_plan_shows_the_round_that_comes_next_and_writes_nothing(
    cells: BestTwice, workdir: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with suppress(KilledError):
        sweep(cells, PretendingBackend(loss, most=2))
    without_torch = SimpleNamespace(estimate=lambda *_: (100, 2.0))
    monkeypatch.setitem(sys.modules, "rnnlab.training.estimate", without_torch)
    before = sorted(workdir.rglob("*"))
    assert sweep(cells, PretendingBackend(loss), "dry_run=true") is None
    said = capfd.readouterr().out
    assert "hidden_size=8 seed=1" in said and "model.hidden_size=4" not in said
    assert "1 run in all, 0 complete" in said and "round 2, again: 1 run; it is the last" in said
    assert sorted(workdir.rglob("*")) == before


def test_what_is_wrong_with_the_first_round_is_said_before_anything_is_written(workdir: Path) -> None:
    with pytest.raises(UserError, match="hidden_size"):
        sweep(BestTwice((("model.hidden_size=0",),)), PretendingBackend(loss))
    assert not (workdir / "runs").exists()


def test_status_says_which_round_it_is_and_what_is_open(
    cells: BestTwice, workdir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with suppress(KilledError):
        sweep(cells, PretendingBackend(loss, most=1))
    status(["sweep=rounds"])
    said = capfd.readouterr().out
    assert "twice: round 1, look: 1 of 2 runs have ended" in said and "at most 1 more may follow" in said
    assert "still open: model.hidden_size=4, model.hidden_size=8" in said
    (workdir / "runs" / "rounds" / "rounds.json").write_text('{"rounds": 3}')
    with pytest.raises(UserError, match=r"rounds\.json: damaged"):
        status(["sweep=rounds"])
