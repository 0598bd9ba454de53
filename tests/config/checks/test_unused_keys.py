"""A key that nothing reads is refused in one line, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnnlab.config import reference
from rnnlab.config.compose import Composed, compose_train
from rnnlab.config.jobs import compose_jobs
from rnnlab.errors import UserError
from support import Answer, assert_refused

ADDED = {
    "+model.hidden_sise=32": ["model.hidden_sise", "model.hidden_size?"],
    "+model.word_dropout=0.3": ["model.word_dropout", "task=sentiment"],
    "+data.foo=1": ["data.foo"],
    "+optimizer.weight_decy=2": ["optimizer.weight_decy", "AdamW", "weight_decay?"],
    "+optimizer.params=2": ["optimizer.params", "AdamW"],
    "+scheduler.final=1": ["scheduler.final", "one_cycle"],
    "+cell.window=3": ["cell.window", "GRU"],
    "+cell.hidden_size=3": ["cell.hidden_size", "GRU"],
    "+data.reader.yeer=3": ["data.reader.yeer", "us_names", "year?"],
    "+task.x=1": ["task.x"],
    "+split.y=1": ["split.y"],
    "+nonsense=1": ["nonsense"],
    "+callbacks.early_stopping.patients=1": ["callbacks.early_stopping.patients", "EarlyStopping", "patience?"],
    "+logger.tensorboard.x=1": ["logger.tensorboard.x", "RunTensorBoard"],
    "cell._target_=rnnlab.nn.cells.kernels.LSTM": ["cell._target_", "group cell"],
    "cell.name=lstm": ["cell.name", "cell="],
}
SWEPT = {
    "model.hiden_size=64,128": ["model.hiden_size", "model.hidden_size?"],
    "sed=0,1,2": ["sed", "seed?"],
    "trainer.max_epoch=2,4": ["trainer.max_epoch", "trainer.max_epochs?"],
    "+model.hidden_sise=32,64": ["model.hidden_sise", "model.hidden_size?"],
    "cell=gru,mlp_window +cell.window=2": ["cell.window", "GRU"],
    "hydra.sweeper.params={model.hiden_size:'64,128'}": ["model.hiden_size", "model.hidden_size?"],
    "hydra.sweeper.cases=[{model.hiden_size:64},{}]": ["model.hiden_size", "model.hidden_size?"],
    "hydra.sweeper.cases=[{+data.foo:64},{}]": ["data.foo"],
    "hydra/sweeper=optuna model.hiden_size=choice(64,128)": ["model.hiden_size", "model.hidden_size?"],
}


@pytest.mark.parametrize("word", ADDED)
def test_a_key_that_nothing_reads_is_refused(rnnlab: Callable[..., Answer], workdir: Path, word: str) -> None:
    assert_refused(rnnlab("train", "debug=fast", word), ADDED[word])
    assert not list(workdir.iterdir())


@pytest.mark.parametrize("words", SWEPT)
def test_a_swept_key_that_nothing_reads_is_refused(rnnlab: Callable[..., Answer], workdir: Path, words: str) -> None:
    assert_refused(rnnlab("train", "-m", "debug=fast", "hydra/launcher=basic", *words.split()), SWEPT[words])
    assert not list(workdir.iterdir())


def test_a_mistyped_key_in_the_params_of_a_study_is_found(rnnlab: Callable[..., Answer], workdir: Path) -> None:
    sweeper = "hydra: {mode: MULTIRUN, sweeper: {params: {model.hiden_size: '64,128'}}}"
    (workdir / "study.yaml").write_text(f"defaults: [train, _self_]\n{sweeper}\n")
    assert_refused(rnnlab("train", "-cd", ".", "-cn", "study", "debug=fast"), SWEPT["model.hiden_size=64,128"])
    assert not (workdir / "runs").exists()


@pytest.fixture(scope="module")
def composed() -> Composed:
    """What `rnnlab train -m` asks for."""
    return compose_train(["-m"])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_mistyped_key_is_refused_where_it_is_swept(composed: Composed, data: st.DataObject) -> None:
    known = set(reference.all_keys("train"))
    key = data.draw(st.sampled_from(sorted(key for key in known if not key.startswith("hydra"))))
    place = data.draw(st.integers(0, len(key) - 1).filter(lambda place: key[place].isalpha()))
    letter = data.draw(st.sampled_from(["", "x", key[place] * 2]))
    wrong = key[:place] + letter + key[place + 1 :]
    assume(wrong not in known and wrong.strip(".") == wrong and ".." not in wrong)
    with pytest.raises(UserError, match=re.escape(wrong.partition(".")[0])):
        compose_jobs(composed.loader, composed.config, [[f"{wrong}=1"], [f"{wrong}=2"]])


@pytest.mark.parametrize(
    "words",
    [
        ["+optimizer.betas=[0.9,0.95]"],
        ["+callbacks.early_stopping.check_finite=false"],
        ["+callbacks.x={_target_: lightning.pytorch.callbacks.EarlyStopping, monitor: val/loss, enabled: false}"],
        ["+callbacks.x={_target_: rnnlab.training.averaging.AveragedWeights, decay: 0.9, changes_result: true}"],
        ["cell=mlp_window", "cell.window=4"],
        ["model={hidden_size: 5, dropout: 0.5}"],
        ["task=sentiment", "data=file", "data.path=x.csv", "data.label_column=stars"],
        ["task=sentiment", "task.shown=[good,bad]"],
        ["probes=[{probe: saliency, text: mary}]"],
    ],
)
def test_what_something_reads_is_taken(words: list[str]) -> None:
    compose_train(words)


def test_a_plugins_option_has_keys_of_its_own(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = workdir / "unused_keys_plugin" / "conf" / "cell"
    cells.mkdir(parents=True)
    code = (
        "from rnnlab.nn import Cell\n\n\nclass Mine(Cell):\n    def __init__(self, input_size, hidden_size, a, b=2):\n"
    )
    (workdir / "unused_keys_plugin" / "__init__.py").write_text(
        f"{code}        super().__init__(input_size, hidden_size)\n"
    )
    (cells / "mine.yaml").write_text("name: mine\n_target_: unused_keys_plugin.Mine\na: 1\n")
    monkeypatch.chdir(workdir)
    monkeypatch.syspath_prepend(str(workdir))
    monkeypatch.setenv("RNNLAB_PLUGINS", "unused_keys_plugin")
    compose_train(["cell=mine", "cell.a=3", "+cell.b=5"])
    with pytest.raises(Exception, match=r"cell\.c: unused_keys_plugin\.Mine has no such argument"):
        compose_train(["cell=mine", "+cell.c=5"])
