"""A race: its planner gives seeds by what is shown so far, and its report judges by the same looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretended import KilledError, PretendingBackend
from rnnlab.analysis.comparison import compare, compare_runs
from rnnlab.commands.status import main as status
from rnnlab.config.compose import compose_train
from rnnlab.records.reading import find_runs
from rnnlab.records.recording import Recording, read_recording, write_recording
from rnnlab.records.rounds import read_rounds
from rnnlab.report.answer.document import document
from rnnlab.report.answer.sentences import sentences
from rnnlab.sweeps.race.command import RaceSettings, race_of
from rnnlab.sweeps.race.planner import Entrant, RacePlanner
from rnnlab.sweeps.rounds.command import SweepCommand
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Round, Words
from rnnlab.sweeps.rounds.sweep import sweep_in_rounds

FIRST, MOST = 2, 5


def planner(levels: int, groups: int = 1, **more: Any) -> RacePlanner:
    entrants = tuple(
        Entrant((f"cell={level}", f"data={group}"), (f"data={group}",) if groups > 1 else ())
        for group in range(groups)
        for level in range(levels)
    )
    seeds = tuple(range(5, 5 + MOST))
    return RacePlanner(entrants, FIRST, seeds, worth=0.05, by=("cell",), **more)


def world(seed: int, spread: float) -> Callable[[Words], EndedRun]:
    """What a run ends with depends on what it is, and not on when it was trained."""

    def ended(words: Words) -> EndedRun:
        random = np.random.default_rng([seed, *"".join(words).encode()])
        level = int(words[0].partition("=")[2])
        value = float(spread * level + random.standard_normal())
        return EndedRun(words=words, seed=int(words[-1].partition("=")[2]), value=value)

    return ended


def raced(
    plan: RacePlanner, end: Callable[[Words], EndedRun], known: Sequence[EndedRun] = (), idle: int = 0
) -> tuple[str, list[EndedRun], list[Round]]:
    """Hold a race, with some of the runs that are likely to come next in every round."""
    ended, rounds = list(known), list[Round]()
    while not isinstance(step := plan(ended), Done):
        rounds.append(step)
        words = [run for run in (*step.runs, *step.ahead[:idle]) if run not in {one.words for one in ended}]
        ended += [end(run) for run in words]
    return step.reason, ended, rounds


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.0, 1.0, 8.0]),
    levels=st.integers(2, 3),
    groups=st.integers(1, 2),
    idle=st.integers(1, 4),
    data=st.data(),
)
def test_every_way_to_the_end_of_a_race_is_the_same_race(
    seed: int, spread: float, levels: int, groups: int, idle: int, data: st.DataObject
) -> None:
    plan, end = planner(levels, groups), world(seed, spread)
    reason, ended, rounds = raced(plan, end)
    words = [run for step in rounds for run in step.runs]
    assert len(words) == len(set(words)) == len(ended) <= levels * groups * MOST, "no run is asked for twice"
    assert len(rounds[0].runs) == levels * groups * FIRST
    for step in rounds:
        assert len(step.open) + len(step.out) == levels * groups
        before = words[: words.index(step.runs[0])]
        assert step.at_most == len(step.ahead) and not set(step.ahead) & {*step.runs, *before}
    cut = data.draw(st.integers(0, len(ended)))
    assert raced(plan, end, ended[:cut])[0] == reason, "killed and begun again"
    with_idle_workers, more, _ = raced(plan, end, idle=idle)
    assert with_idle_workers == reason and {run.words for run in more} >= {run.words for run in ended}


def test_a_planner_passes_over_runs_that_are_no_part_of_its_race() -> None:
    plan, end = planner(2), world(0, 9.0)
    trials = [EndedRun((f"cell={level}", f"optimizer.lr={rate}"), value=0.1) for level in (0, 1) for rate in (1, 2)]
    assert raced(plan, end, trials)[0] == raced(plan, end)[0]


def test_a_configuration_whose_run_failed_gets_no_more_and_the_others_race_on() -> None:
    plan, end = planner(3), world(1, 0.0)

    def failing(words: Words) -> EndedRun:
        return (
            EndedRun(words, seed=6, status="failed") if words[0] == "cell=0" and words[-1] == "seed=6" else end(words)
        )

    reason, _, rounds = raced(plan, failing)
    assert all(run[0] != "cell=0" for step in rounds[1:] for run in step.runs) and len(rounds) == MOST - FIRST + 1
    assert "cell=0" in reason or "3 configurations" in reason, "nothing shows that it is worse"
    everything = raced(plan, lambda words: EndedRun(words, seed=int(words[-1][5:]), status="failed"))[0]
    assert "every configuration had a run that failed" in everything


SMALL = ("debug=fast", "sweep=raced")


@cache
def command(*more: str) -> tuple[RacePlanner, SweepCommand]:
    """The race of three sizes, whose data is prepared once."""
    composed = compose_train(["-m", *SMALL, *more])
    sizes = {"model.hidden_size": [f"model.hidden_size={size}" for size in (4, 8, 12)]}
    chosen = RaceSettings(FIRST, MOST, seed=3, question="best", worth=0.01, within=(), metric="val/loss")
    fixed = {word.partition("=")[0]: [word] for word in (*SMALL, *more)}
    return race_of([{**fixed, **sizes}], chosen, composed.loader, composed.config)


def loss(config: dict[str, Any]) -> float | str:
    luck = np.random.default_rng([config["seed"], config["model"]["hidden_size"]]).standard_normal()
    return 1.0 + (config["model"]["hidden_size"] == 12) * 2.0 + 0.1 * float(luck)


def race(backend: PretendingBackend, *more: str) -> Done | None:
    plan, made = command(*more)
    return sweep_in_rounds("race", plan, made, backend)


def answered() -> dict[str, Any]:
    return document(compare([Path("runs/raced")]).answer)


def test_a_race_gives_seeds_to_what_could_be_best_and_its_report_judges_by_the_looks(
    workdir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    backend = PretendingBackend(loss)
    done = race(backend)
    assert done is not None and "model.hidden_size" not in done.reason and "hidden_size=4" in done.reason
    assert len(backend.trained) == 2 * MOST + 2 < 3 * MOST
    answer = compare([Path("runs/raced")]).answer
    (standing,) = answer.raced.standings if answer.raced else ()
    assert standing.counted == {"4": MOST, "8": MOST, "12": 2} and standing.looks == MOST - FIRST + 1
    values = answered()
    assert values["question"]["by"] == "hidden_size" and values["question"]["worth"] == 0.01
    assert values["race"]["groups"][0]["ending"] == "most" and values["groups"][0]["candidates"] == ["8", "4"]
    assert any("Raced on 2 to 5 seeds" in line and "4 looks" in line for line in sentences(answer))
    assert "hydra/sweeper=race" in (values["next"] or "hydra/sweeper=race")
    status(["sweep=raced"])
    assert "race: done after 4 rounds" in capfd.readouterr().out


@pytest.mark.parametrize("moment", [3, 7])
def test_killed_at_any_moment_the_same_command_comes_to_the_same_answer(workdir: Path, moment: int) -> None:
    killed = PretendingBackend(loss, most=moment)
    with suppress(KilledError):
        race(killed)
    half = answered()
    assert half["race"]["groups"][0]["looks"] == max(0, (moment - 4) // 2)
    rest = PretendingBackend(loss)
    assert race(rest) is not None
    assert len({*killed.trained, *rest.trained}) == 2 * MOST + 2 == moment + len(rest.trained)
    again = PretendingBackend(loss)
    again.workers = 7
    assert race(again) is not None and not again.trained, "what is done is done, however many workers there are"


def test_a_recorded_race_is_judged_by_its_looks_as_well(workdir: Path) -> None:
    race(PretendingBackend(loss))
    runs, rounds = find_runs([Path("runs/raced")]), read_rounds(Path("runs/raced"))
    write_recording(workdir / "runs.jsonl.gz", Recording("raced", runs, rounds=rounds))
    recorded = read_recording(workdir / "runs.jsonl.gz")
    assert document(compare_runs("raced", recorded.runs, rounds=recorded.rounds).answer) == answered()
