"""Searches with Optuna, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState

from forked import PATIENCE, Command, command
from rnnlab.records.provenance import Origin
from rnnlab.records.reading import read_run
from rnnlab.sweeps.search import optuna_study
from rnnlab.sweeps.search.search import Search
from support import ROOT, Answer, assert_refused

pytestmark = pytest.mark.search

TRAIN = (
    "train",
    "-m",
    "hydra/sweeper=optuna",
    "hydra/launcher=basic",
    "debug=fast",
    "sweep=hunt",
    "data.limit=300",
    "trainer.max_epochs=1",
)
SPACE = ("model.hidden_size=range(4,9)", "optimizer.lr=tag(log,interval(1e-3,1e-1))", "cell=rnn,gru")
SAMPLERS = sorted(file.stem for file in (ROOT / "conf" / "hydra" / "sweeper" / "sampler").glob("*.yaml"))


def trials(folder: Path, storage: object = None) -> list[optuna.trial.FrozenTrial]:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    where = storage or JournalStorage(JournalFileBackend(str(folder / "runs" / "hunt" / "search.journal")))
    return optuna.load_study(study_name="hunt", storage=where).trials  # type: ignore[arg-type]


def test_a_search_finds_goes_on_and_says_what_is_best(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, *SPACE, "hydra.sweeper.n_trials=3")
    assert answer.code == 0, answer.err
    assert "3 trials (3 complete). The best is trial" in answer.out
    before = [trial.params for trial in trials(workdir)]
    answer = rnnlab(*TRAIN, *SPACE, "hydra.sweeper.n_trials=5")
    assert answer.code == 0 and "3 of 5 trials have ended already" in answer.err
    finished = trials(workdir)
    assert [trial.params for trial in finished][:3] == before and len(finished) == 5
    for trial in finished:
        (name,) = trial.user_attrs["runs"]
        summary = json.loads((workdir / "runs" / "hunt" / name / "summary.json").read_text())
        assert summary["objective"] == trial.value
        assert summary["hparams"]["hidden_size"] == trial.params["model.hidden_size"]
        assert summary["hparams"]["lr"] == trial.params["optimizer.lr"]
    assert "5 of 5 trials have ended already" in rnnlab(*TRAIN, *SPACE, "hydra.sweeper.n_trials=5").err


def test_a_search_in_which_nothing_learned_says_so(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, "model.hidden_size=4,5", "optimizer.lr=1e-9", "hydra.sweeper.n_trials=2")
    assert answer.code == 0, answer.err
    (chance,) = {read_run(folder).chance("val/loss") for folder in (workdir / "runs/hunt").glob("gru*")}
    assert min(trial.value for trial in trials(workdir)) > chance
    last = answer.out.splitlines()[-1]
    model = "symbol frequencies of the training part"
    assert last == f"no trial is better than chance: val/loss {chance:.4f} ({model})"

    longer = ("sweep=longer", "model.hidden_size=64,65", "data.limit=2000", "trainer.max_epochs=4")
    learned = rnnlab(*TRAIN, *longer, "hydra.sweeper.n_trials=1")
    assert learned.code == 0 and "no trial is better" not in learned.err


def test_a_search_says_what_was_read_and_warned_once(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    names = "".join(f"{a}{b}{c}{d}\n" for a in "abc" for b in "ei" for c in "lmn" for d in "aoux")
    (workdir / "names.txt").write_text(names, encoding="utf-8")
    data = ("data=file", "data.path=names.txt", "data.sequence_length=3,20")
    words = (*data, "hydra/sweeper/sampler=grid", "hydra.sweeper.n_trials=2", "sweep=said")
    for _ in range(2):  # the second time everything is complete
        err = rnnlab(*TRAIN, *words).err
        assert err.count("72 items, the first 'aela'") == 1, err
        assert err.count("warning: the longest items were cut to data.sequence_length=3") == 1, err
        assert err.count("(1 of 2 runs)") == 1, err


def test_a_trial_is_the_mean_over_seeds(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("hydra.sweeper.n_trials=1", "hydra.sweeper.seeds=2", "seed=5")
    assert rnnlab(*TRAIN, "model.hidden_size=4,5", *words).code == 0
    (trial,) = trials(workdir)
    summaries = [json.loads(file.read_text()) for file in workdir.glob("runs/hunt/*/summary.json")]
    assert sorted(summary["hparams"]["seed"] for summary in summaries) == [5, 6]
    assert trial.value == pytest.approx(sum(summary["objective"] for summary in summaries) / 2, rel=1e-12)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_that_ships(rnnlab: Callable[..., Answer], workdir: Path, sampler: str) -> None:
    space = SPACE[:2] if sampler != "grid" else (SPACE[0], SPACE[2])
    answer = rnnlab(*TRAIN, *space, f"hydra/sweeper/sampler={sampler}", "hydra.sweeper.n_trials=2")
    assert answer.code == 0, answer.err
    first, second = trials(workdir)
    assert first.params != second.params


def test_a_grid_ends_when_it_has_been_through(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, "model.hidden_size=4,5", "hydra/sweeper/sampler=grid", "hydra.sweeper.n_trials=9")
    assert answer.code == 0, answer.err
    assert sorted(trial.params["model.hidden_size"] for trial in trials(workdir)) == [4, 5]


def test_a_database_keeps_the_trials(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    url = "sqlite:///search.db"
    for count in (1, 2):
        words = (f"hydra.sweeper.n_trials={count}", f"hydra.sweeper.storage={url}")
        assert rnnlab(*TRAIN, "model.hidden_size=4,5,6", *words).code == 0
        assert len(trials(workdir, url)) == count


def test_failed_trials_do_not_end_a_search(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    wild = ("optimizer=sgd", "scheduler=constant", "trainer.gradient_clip_val=null", "optimizer.lr=1e38,0.1")
    answer = rnnlab(*TRAIN, *wild, "hydra/sweeper/sampler=grid", "hydra.sweeper.n_trials=2")
    assert answer.code == 1 and "1 of 2 trials failed" in answer.err and "FloatingPointError" in answer.err
    assert {trial.state for trial in trials(workdir)} == {TrialState.COMPLETE, TrialState.FAIL}


def test_pruning_ends_trials_before_their_time(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = (
        "hydra/sweeper/pruner=median",
        "hydra.sweeper.pruner.n_startup_trials=1",
        "trainer.max_epochs=4",
        "optimizer.lr=0.02,1e-7",
        "hydra/sweeper/sampler=grid",
        "hydra.sweeper.sampler.seed=1",
    )
    answer = rnnlab(*TRAIN, *words, "hydra.sweeper.n_trials=2")
    assert answer.code == 0, answer.err
    states = {trial.params["optimizer.lr"]: trial.state for trial in trials(workdir)}
    if list(states) == [0.02, 1e-7]:
        assert states[1e-7] == TrialState.PRUNED and "pruned after epoch" in answer.err
        pruned = [file for file in workdir.glob("runs/hunt/*/summary.json") if '"pruned"' in file.read_text()]
        assert len(pruned) == 1
    else:
        pytest.fail("the grid begins with the bad one: choose another seed")


@pytest.mark.parametrize("sampler", SAMPLERS)
@settings(max_examples=3, deadline=None)
@given(deaths=st.lists(st.sampled_from(["", "ended", "reported", "stopped"]), min_size=6, max_size=6))
def test_whoever_dies_the_same_trials_follow_in_the_same_order(sampler: str, deaths: list[str]) -> None:
    with TemporaryDirectory() as alive, TemporaryDirectory() as killed:
        expected = trials_of(search_in(Path(alive), sampler), [""] * 6)
        assert trials_of(search_in(Path(killed), sampler), deaths) == expected
        assert len(expected) == 6 and len({str(parameters) for parameters, *_ in expected}) > 1


def search_in(folder: Path, sampler: str) -> Search:
    """A search over a function, whose trials Hyperband's and the median's rule may end."""
    keys = yaml.safe_load((ROOT / "conf" / "hydra" / "sweeper" / "sampler" / f"{sampler}.yaml").read_text())
    pruner = {"_target_": "optuna.pruners.HyperbandPruner", "min_resource": 1, "max_resource": 3}
    size = IntDistribution(4, 9) if sampler == "grid" else IntDistribution(4, 64, log=True)
    second = IntDistribution(0, 3) if sampler == "grid" else FloatDistribution(1e-3, 1e-1, log=True)
    space = {"size": size, "rate": second}
    settings = {
        "overrides": (),
        "common": "",
        "metric": "val/loss",
        "direction": "minimize",
        "name": "hunt",
        "trials": 6,
    }
    return Search(
        sweep=str(folder),
        space=space,
        sampler={**{k: v for k, v in keys.items() if k != "defaults"}, "seed": 3},
        pruner=pruner,
        storage=None,
        seeds=1,
        most_parameters=None,
        origin=Origin("rnnlab train -m"),
        **settings,
    )


def trials_of(search: Search, deaths: list[str]) -> list[tuple[object, ...]]:
    """What the trials of a search come to where a process dies at those moments, one moment for each trial."""
    optuna_study._study.cache_clear()
    study = optuna_study.open_study(search)
    for death in deaths:
        while (trial := optuna_study.ask(search, study)) is not None:
            number = trial.number
            rate, size = trial.params["rate"], trial.params["size"]
            for step in range(3):
                if step not in study.get_trials(deepcopy=False)[number].intermediate_values:
                    trial.report((size - 20) ** 2 / 400 + abs(rate - 0.01) + 1 / (step + 1), step)
                if death == "reported":
                    break
            if death:
                trial.set_user_attr("worker", {} if death == "stopped" else DEAD)
                death = ""
                optuna_study._study.cache_clear()
                study = optuna_study.open_study(search)
                continue
            pruned = trial.should_prune()
            study.tell(trial, None if pruned else rate + size, state=TrialState.PRUNED if pruned else None)
            break
    return [(t.params, t.state, t.value, t.intermediate_values) for t in study.get_trials(deepcopy=False)]


DEAD = {"place": "", "pid": 1, "born": "", "seen": 0.0}  # what a process has signed that is no more


@pytest.mark.slow
def test_hyperband_gives_up_some_of_many(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("hydra/sweeper/pruner=hyperband", "hydra/sweeper/sampler=random", "trainer.max_epochs=4", SPACE[1])
    answer = rnnlab(*TRAIN, *words, "hydra.sweeper.n_trials=8", "hydra.sweeper.pruner.max_resource=4")
    assert answer.code == 0, answer.err
    assert {trial.state for trial in trials(workdir)} == {TrialState.COMPLETE, TrialState.PRUNED}


@pytest.mark.slow
@pytest.mark.launchers
def test_two_commands_share_a_search(tmp_path: Path) -> None:
    both = [Command(*TRAIN, *SPACE, "hydra.sweeper.n_trials=7", cwd=tmp_path) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    finished = trials(tmp_path)
    assert [trial.state for trial in finished] == [TrialState.COMPLETE] * 7
    assert len({trial.user_attrs["worker"]["pid"] for trial in finished}) == 2


def test_a_model_with_too_many_parameters_is_not_trained(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    words = ("model.hidden_size=4,400", "hydra/sweeper/sampler=grid", "hydra.sweeper.most_parameters=20000")
    answer = rnnlab(*TRAIN, *words, "hydra.sweeper.n_trials=2")
    assert answer.code == 0, answer.err
    states = {trial.params["model.hidden_size"]: trial.state for trial in trials(workdir)}
    assert states == {4: TrialState.COMPLETE, 400: TrialState.PRUNED}
    assert "parameters are more than 20,000" in answer.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["hydra.sweeper.n_trials=0"], ["hydra.sweeper.n_trials"]),
        (["hydra.sweeper.seeds=0"], ["hydra.sweeper.seeds"]),
        (["hydra.sweeper.direction=up"], ["hydra.sweeper.direction"]),
        (["hydra.sweeper.metric=loss"], ["hydra.sweeper.metric"]),
        (["hydra.sweeper.metric=val/acuracy"], ["hydra.sweeper.metric", "val/acuracy", "val/loss", "val/accuracy"]),
        (["hydra.sweeper.metric=val/accuracy", "hydra.sweeper.direction=minimize"], ["direction", "maximize"]),
        (["hydra.sweeper.direction=maximize"], ["hydra.sweeper.direction", "minimize"]),
        (["+hydra.sweeper.sampler.n_trials=3"], ["hydra.sweeper.sampler", "n_trials"]),
        (["hydra/sweeper/pruner=median", "hydra.sweeper.pruner.interval_steps=0"], ["hydra.sweeper.pruner"]),
        (["hydra.sweeper.storage=nonsense"], ["hydra.sweeper.storage", "nonsense"]),
        (["seed=0,1"], ["seed", "hydra.sweeper.seeds"]),
        (["optimizer.lr=interval(1,1e-3)"], ["optimizer.lr"]),
        (["optimizer.lr=interval(1e-3,1)", "hydra/sweeper/sampler=grid"], ["optimizer.lr", "grid"]),
        (["hydra/sweeper/sampler=best"], ["hydra/sweeper/sampler"]),
    ],
)
def test_what_no_search_can_do_is_refused(
    rnnlab: Callable[..., Answer], workdir: Path, words: list[str], named: list[str]
) -> None:
    assert_refused(rnnlab(*TRAIN, "model.hidden_size=4,5", *words), named)
    assert not (workdir / "runs").exists()


def test_a_metric_knows_that_higher_is_better(rnnlab: Callable[..., Answer], workdir: Path, reviews: Path) -> None:
    words = ("hydra.sweeper.metric=val/accuracy", "hydra/sweeper/sampler=grid", "optimizer.lr=1e-6,0.03")
    data = ("task=sentiment", "data=file", f"data.path={reviews}", "data.limit=60", "trainer.max_epochs=2")
    answer = rnnlab(*TRAIN, *data, *words, "hydra.sweeper.n_trials=2")
    assert answer.code == 0, answer.err
    values = {trial.number: trial.value for trial in trials(workdir)}
    best = int(re.search(r"best is trial (\d+)", answer.out)[1])  # type: ignore[index]
    assert values[best] == max(values.values()) > min(values.values())


def test_a_journal_that_was_cut_off_loses_a_line_and_says_so(
    rnnlab: Callable[..., Answer], workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*TRAIN, "model.hidden_size=range(4,12)")
    assert rnnlab(*words, "hydra.sweeper.n_trials=2").code == 0
    before = [trial.params for trial in trials(workdir)]
    optuna_study._study.cache_clear()  # as if the first command had been another process, which is no more
    monkeypatch.setattr(optuna_study, "is_alive", lambda _: False)
    journal = workdir / "runs" / "hunt" / "search.journal"
    journal.write_bytes(journal.read_bytes()[:-5])
    answer = rnnlab(*words, "hydra.sweeper.n_trials=3")
    assert answer.code == 0 and "search.journal: its last line was cut off" in answer.err
    assert [trial.params for trial in trials(workdir)][:2] == before
    assert [trial.state for trial in trials(workdir)] == [TrialState.COMPLETE] * 3
    content = journal.read_bytes()
    optuna_study._study.cache_clear()
    last = content.rindex(b'{"op_code":4')  # the third trial's beginning
    journal.write_bytes(content[:last])
    files = {file: file.stat().st_mtime_ns for file in (workdir / "runs").rglob("summary.json")}
    answer = rnnlab(*words, "hydra.sweeper.n_trials=3")  # what is missing at the end is asked again, not trained again
    assert answer.code == 0 and len(trials(workdir)) == 3
    assert {file: file.stat().st_mtime_ns for file in (workdir / "runs").rglob("summary.json")} == files
    optuna_study._study.cache_clear()
    journal.write_bytes(content[:10] + content[30:])
    assert_refused(rnnlab(*words, "hydra.sweeper.n_trials=3"), ["search.journal", "damaged"])


def test_nothing_to_search_over_is_refused(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert_refused(rnnlab(*TRAIN), ["hydra.sweeper.params"])


def test_another_search_of_the_same_name_is_refused(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    assert rnnlab(*TRAIN, "model.hidden_size=4,5", "hydra.sweeper.n_trials=1").code == 0
    answer = rnnlab(*TRAIN, "model.hidden_size=4,5", "model.dropout=0.2", "hydra.sweeper.n_trials=2")
    assert_refused(answer, ["hydra.sweeper.study_name", "another"])


def test_a_dry_run_shows_the_space(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    answer = rnnlab(*TRAIN, *SPACE, "dry_run=true")
    assert answer.code == 0 and "optimizer.lr" in answer.out and "0 of 20 trials" in answer.out
    assert not (workdir / "runs").exists()


def ended(folder: Path) -> list[Path]:
    """The runs of the search that have a summary."""
    return [file.parent for file in folder.glob("runs/hunt/*/summary.json")]


def unfinished(folder: Path) -> list[Path]:
    """The runs of the search with a checkpoint and without a summary."""
    runs = [file.parents[1] for file in folder.glob("runs/hunt/*/checkpoints/last.ckpt")]
    return [run for run in runs if run not in ended(folder)]


@pytest.mark.launchers
def test_a_killed_search_goes_on_with_the_trials_it_had(tmp_path: Path) -> None:
    """Killed in the middle, nothing that ended is lost, and what did not is tried again."""
    words = [
        "train",
        "-m",
        "hydra/sweeper=optuna",
        "sweep=hunt",
        "data.limit=4000",
        "trainer.max_epochs=4",
        "data.batch_size=8",
        "model.hidden_size=range(8,32)",
        "hydra.sweeper.n_trials=6",
    ]
    process = Command(*words, "hydra.sweeper.n_jobs=2", cwd=tmp_path)
    deadline = time.monotonic() + PATIENCE
    while not (ended(tmp_path) and unfinished(tmp_path)):  # one trial has ended, and another is in its training
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = {trial.number: trial.params for trial in trials(tmp_path) if trial.params}
    done = command(*words, "hydra.sweeper.n_jobs=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    finished = trials(tmp_path)
    assert [trial.state for trial in finished] == [TrialState.COMPLETE] * 6
    assert before.items() <= {trial.number: trial.params for trial in finished}.items()
