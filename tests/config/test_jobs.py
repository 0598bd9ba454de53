"""The runs of a sweep are composed once for what they share, and are what Hydra and OmegaConf make of each."""

from __future__ import annotations

from typing import Any

import pytest
from hydra.errors import HydraException
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config import jobs as composing
from rnnlab.config.compose import Composed, compose_train
from rnnlab.config.jobs import compose_jobs
from rnnlab.errors import UserError
from rnnlab.sweeps.plan import plan_each

Jobs = list[list[str]]

BASE = ["debug=fast", "data.limit=60", "sweep=here"]


@pytest.fixture(scope="module")
def command() -> Composed:
    return compose_train(["-m", *BASE])


def test_of_five_hundred_runs_one_is_resolved_for_each_choice_of_options(
    command: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        [*BASE, f"cell={cell}", f"seed={seed}", f"data.sequence_length={length}"]
        for cell in ("rnn", "gru")
        for seed in range(50)
        for length in (8, 9, 10, 11, 12)
    ]
    resolved = []
    plain = composing.plain
    monkeypatch.setattr(composing, "plain", lambda *a, **k: resolved.append(1) or plain(*a, **k))
    configs = compose_jobs(command.loader, command.config, jobs)
    assert len(configs) == 500 and len(resolved) == 2
    last = configs[-1]
    assert (last["cell"]["name"], last["seed"], last["data"]["sequence_length"]) == ("gru", 49, 12)


def test_a_swept_value_is_handed_on_over_several_keys(command: Composed) -> None:
    jobs = [[*BASE, "model.condition=null"], [*BASE, "model.condition=sex"]]
    together = compose_jobs(command.loader, command.config, jobs)
    assert [config["task"]["file_reader"]["labels"] for config in together] == [None, "sex"]
    assert together == each_alone(command.loader, command.config, jobs)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (["seed=0", "model.hiden_size=8"], ["seed=1", "model.hiden_size=9"]),  # mistyped
        (["seed=0"], ["seed=1", "model.hiden_size=8"]),
        (["+model.hiden_size=8"], ["+model.hiden_size=9"]),
        (["cell.name=gru"], ["cell.name=lstm"]),
        (["cell._target_=rnnlab.nn.cells.kernels.GRU"], ["cell._target_=rnnlab.nn.cells.kernels.LSTM"]),
        (["model.parameters=1000"], ["model.parameters=2000", "model.hidden_size=8"]),
        (["model.parameters=null", "model.hidden_size=8"], ["model.parameters=900", "model.hidden_size=9"]),
        (["data.tokens_per_step=null", "data.batch_size=8"], ["data.tokens_per_step=64", "data.batch_size=8"]),
        (["model.embedding_size=8"], ["model.embedding_size=${no.such.key}"]),
        (["model.embedding_size=8"], ["model.embedding_size=???"]),
        (["seed=0"], ["seed=[1"]),
    ],
)
def test_what_is_refused_alone_is_refused_behind_others_in_the_same_words(
    command: Composed, first: list[str], then: list[str]
) -> None:
    jobs = [[*BASE, *first], [*BASE, *then]]
    assert isinstance(outcome(compose_jobs, command, jobs), str)
    assert outcome(compose_jobs, command, jobs) == outcome(each_alone, command, jobs)


def each_alone(loader: Any, config: Any, jobs: Jobs) -> list[dict[str, Any]]:
    """Return the configurations of runs of which OmegaConf has resolved every one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composing._Known, "with_values", lambda *_: None)
        return compose_jobs(loader, config, jobs)


def outcome(compose: Any, command: Composed, jobs: Jobs) -> list[dict[str, Any]] | str:
    """Return the configurations, or what was wrong."""
    try:
        configs: list[dict[str, Any]] = compose(command.loader, command.config, jobs)
        return configs
    except (UserError, HydraException, OmegaConfBaseException) as error:
        return f"{type(error).__name__}: {error}"


def test_values_of_one_number_and_another_kind_stay_apart(command: Composed) -> None:
    words = ["trainer.limit_train_batches=1", "trainer.limit_train_batches=1.0", "trainer.limit_train_batches=true"]
    configs = compose_jobs(command.loader, command.config, [[*BASE, word] for word in words])
    assert [repr(config["trainer"]["limit_train_batches"]) for config in configs] == ["1", "1.0", "True"]


OPTIONS = {
    "cell": ["rnn", "gru", "lstm"],
    "optimizer": ["adamw", "sgd"],
    "scheduler": ["cosine", "constant"],
    "task": ["names", "chars"],
}
VALUES = {
    "seed": ["0", "1", "2"],
    "split.seed": ["1", "123"],
    "sweep": ["here", "there"],
    "model.hidden_size": ["8", "16", "${model.embedding_size}"],
    "model.embedding_size": ["8", "12"],
    "model.dropout": ["0", "0.0", "0.25"],
    "model.parameters": ["null", "3000"],
    "optimizer.lr": ["1e-3", "0.001", "3e-3"],
    "optimizer.weight_decay": ["0.0", "${optimizer.lr}"],
    "data.sequence_length": ["8", "16"],
    "data.batch_size": ["4", "8"],
    "data.tokens_per_step": ["null", "64"],
    "data.labels": ["null", "sex"],
    "callbacks.early_stopping.patience": ["1", "2"],
    "trainer.gradient_clip_val": ["null", "1.0"],
    "+callbacks.early_stopping.check_finite": ["true", "false"],
    "++optimizer.lr": ["2e-3", "4e-3"],
    "+probes.0": ["1"],
    "probes": ["[]", "[{probe: saliency, text: ann}]"],
    "task.shown": ["[]", "[ann]", "['${sweep}']"],
    "model": ["{hidden_size: 5, dropout: 0.5}", "{hidden_size: 6}"],
    "logger.tensorboard.name": ["a"],
}


def words_of(table: dict[str, list[str]], most: int) -> st.SearchStrategy[list[tuple[str, list[str]]]]:
    return st.lists(
        st.sampled_from(sorted(table)).flatmap(
            lambda key: st.tuples(st.just(key), st.lists(st.sampled_from(table[key]), min_size=1, max_size=3))
        ),
        max_size=most,
        unique_by=lambda pair: pair[0],
    )


@st.composite
def sweeps(draw: st.DrawFn) -> Jobs:
    """The words of the runs of a sweep over a few options and values."""
    swept = [*draw(words_of(OPTIONS, 2)), *draw(words_of(VALUES, 5))]
    swept = draw(st.permutations(swept))
    runs = draw(st.integers(2, 5))
    return [[*BASE, *(f"{key}={draw(st.sampled_from(values))}" for key, values in swept)] for _ in range(runs)]


@pytest.mark.many
@settings(max_examples=25)
@given(sweeps())
def test_a_sweep_is_planned_as_if_each_of_its_runs_were_composed_alone(command: Composed, jobs: Jobs) -> None:
    together, apart = outcome(compose_jobs, command, jobs), outcome(each_alone, command, jobs)
    assert repr(together) == repr(apart)
    if not isinstance(together, str) and not isinstance(apart, str):
        assert names(together) == names(apart)


def names(configs: list[dict[str, Any]]) -> list[str]:
    """Return the folders that runs get, or what is wrong with them."""
    try:
        return [run.folder.path.as_posix() for run in plan_each(configs, data=DATA)]
    except UserError as error:
        return [str(error)]


DATA: dict[str, Any] = {}  # prepared once
