"""A command composes its configuration once, and a sweep its runs together as Hydra composes each of them alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl

from rnnlab.config import compose as composing
from rnnlab.config.compose import compose_train, parse_flags, plain
from rnnlab.config.jobs import compose_jobs
from support import Answer, assert_refused

CALLBACK = "+callbacks.mine={_target_: lightning.pytorch.callbacks.EarlyStopping, monitor: val/loss}"
COMMON = ["debug=fast", CALLBACK, "~callbacks.samples"]
RUNS = [
    [*COMMON, "cell=gru", "model.hidden_size=16", "optimizer=sgd", "seed=0", "sweep=a"],
    [*COMMON, "model.hidden_size=32", "cell=gru", "optimizer=sgd", "seed=1", "sweep=a"],
    [*COMMON, "cell=lstm", "model.hidden_size=16", "optimizer.lr=1e-2", "optimizer=adamw", "data.limit=50"],
    [*COMMON, "task=chars", "data=shakespeare", "data.limit=70", "model={hidden_size: 5, dropout: 0.5}"],
]
SWEEP = ("train", "-m", "debug=fast", "dry_run=true", "hydra/launcher=basic")
HEAD = "defaults: [train, _self_]\nhydra: {mode: MULTIRUN}\nseed: 3\n"


def test_the_runs_of_a_sweep_are_what_hydra_composes_for_each_of_them() -> None:
    alone = [plain(compose_train(words).config) for words in RUNS]
    for words in ([], RUNS[0]):
        master = compose_train(["-m", *words])
        assert compose_jobs(master.loader, master.config, RUNS) == alone


@pytest.fixture
def compositions(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The primary configuration of each of Hydra's compositions, as they happen."""
    made: list[str | None] = []
    load = ConfigLoaderImpl.load_configuration

    def counted(self: Any, config_name: str | None, *arguments: Any, **keys: Any) -> Any:
        made.append(config_name)
        return load(self, config_name, *arguments, **keys)

    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", counted)
    composing.own_hydra_node.cache_clear()
    return made


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("train", "debug=fast", "dry_run=true"), 1),
        ((*SWEEP, "seed=0,1", "model.hidden_size=8,16"), 2),  # the second says what Hydra's own settings should be
        ((*SWEEP, "cell=gru,lstm", "seed=0,1"), 4),  # and one for each choice of options
    ],
)
def test_a_configuration_is_composed_once(
    rnnlab: Callable[..., Answer], compositions: list[str | None], words: tuple[str, ...], count: int
) -> None:
    assert rnnlab(*words).code == 0
    assert compositions == ["train"] * count


@pytest.mark.parametrize(("params", "count"), [("{seed: '0,1'}", 2), ("{cell: 'gru,lstm', seed: '0,1'}", 4)])
def test_a_study_is_composed_once_beside_what_its_check_needs(
    rnnlab: Callable[..., Answer], compositions: list[str | None], workdir: Path, params: str, count: int
) -> None:
    (workdir / "study.yaml").write_text(f"{HEAD}dry_run: true\n".replace("}", f", sweeper: {{params: {params}}}}}", 1))
    answer = rnnlab("train", "-cd", ".", "-cn", "study", "debug=fast", "hydra/launcher=basic")
    assert answer.code == 0, answer.err
    assert sorted(filter(None, compositions)) == ["study"] * (count - 1) + ["train"]


@pytest.mark.parametrize(
    "words",
    ["-cd x -cn y -m", "--config-dir=x --config-name=y --multirun", "-cd=x -cn=y -m", "--config-dir x -cn y -m"],
)
def test_flags_are_taken_in_every_form(words: str) -> None:
    assert parse_flags([*words.split(), "seed=1,2"]) == ("x", "y", True, ["seed=1,2"])


def test_a_folder_of_a_study_adds_options_and_replaces_none(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    (workdir / "cell").mkdir()
    (workdir / "cell" / "mine.yaml").write_text("name: mine\n_target_: rnnlab.nn.cells.kernels.GRU\n")
    (workdir / "train.yaml").write_text("nonsense: true\n")
    (workdir / "study.yaml").write_text(HEAD.replace("MULTIRUN", "RUN"))
    answer = rnnlab("train", "-cd", ".", "-cn", "study", "cell=mine", "debug=fast", "dry_run=true")
    assert answer.code == 0 and "mine-h96-l1-seed3" in answer.out, answer.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("seed=0,1", ["seed", "-m"]),
        ("-m hydra.launcher.workers=1,2 seed=0,1", ["hydra.launcher.workers", "one value"]),
        ("-m model.dropout=interval(0,0.5)", ["model.dropout", "hydra/sweeper=optuna"]),
        ("-cd nowhere -cn study", ["nowhere"]),
        ("-cn study", ["study"]),
    ],
)
def test_what_does_not_compose_is_said(
    rnnlab: Callable[..., Answer], workdir: Path, words: str, named: list[str]
) -> None:
    assert_refused(rnnlab("train", *words.split()), named)
    assert not (workdir / "runs").exists()
