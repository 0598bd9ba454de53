"""What help and completion know is what Hydra composes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from rnnlab.config import reference
from rnnlab.config import yaml_docs as remarks
from rnnlab.config.compose import compose_train
from rnnlab.config.locations import conf_folder
from rnnlab.errors import UserError

OPTIONS = [f"{group}={option}" for group in reference.groups() for option in reference.group_options(group)]

PLUGIN_CELL = """\
# A cell from outside,
# in two lines.
# $ rnnlab train cell=outside
# Where it starts.
name: outside
_target_: my_plugin.Outside
taps: [1, 2]   # how far back, in steps
sizes:         # one a layer
  - 3
  - 4
# what the gate
# begins with
bias: -1.0
quoted: "a # b"  # a value with a hash
empty: ""
missing:
nested: {}
texts:
  - not good
  - bad, or worse
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's package with one cell; returns the folder of its cells."""
    cells = tmp_path / "my_plugin" / "conf" / "cell"
    cells.mkdir(parents=True)
    (tmp_path / "my_plugin" / "__init__.py").touch()
    (cells / "outside.yaml").write_text(PLUGIN_CELL, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RNNLAB_PLUGINS", "my_plugin")
    return cells


@pytest.mark.parametrize("choice", OPTIONS)
def test_defaults_shown_are_those_that_hydra_composes(choice: str) -> None:
    config = compose_train([choice]).config
    composed = OmegaConf.to_container(config, resolve=False)
    for name, key in reference.default_keys("train", [choice]).items():
        value = composed
        for part in name.split("."):
            assert isinstance(value, dict), name
            value = value[part]
        if not name.startswith("hydra."):
            assert yaml.safe_load(key.default) == value, name


def test_a_tasks_own_default_for_a_group_is_the_one_shown() -> None:
    assert reference.groups()["data"] == "names"
    task = conf_folder() / "task" / "names.yaml"
    epochs = yaml.safe_load(task.read_text(encoding="utf-8"))["trainer"]["max_epochs"]
    assert reference.default_keys("train")["trainer.max_epochs"].default == str(epochs)


def test_an_option_that_only_changes_a_default_keeps_the_keys_remark() -> None:
    usual = reference.default_keys("train")["data.limit"]
    shrunk = reference.default_keys("train", ["debug=fast"])["data.limit"]
    assert shrunk.default != usual.default
    assert shrunk.remark == usual.remark != ""


def test_a_chosen_option_brings_its_keys() -> None:
    assert "data.path" not in reference.default_keys("train")
    assert reference.default_keys("train", ["data=file"])["data.path"].default == "null"


def test_an_option_inherits_the_keys_of_its_sibling() -> None:
    inherited = {key.name for key in reference.keys_of("logger", "default")}
    assert inherited < {key.name for key in reference.keys_of("logger", "wandb")}


def test_a_year_is_a_key_and_a_reader_is_not() -> None:
    keys = {key.name: key for key in reference.keys_of("data", "names")}
    assert keys["data.reader.year"].shown
    assert not keys["data.reader._target_"].shown
    assert not keys["data.name"].shown
    assert "data.reader.year" in reference.all_keys("train")
    assert "data.name" not in reference.all_keys("train")


def test_hints_know_the_launchers_keys_where_they_apply() -> None:
    assert "hydra.launcher.workers" in reference.all_keys("train")
    assert "hydra.launcher.workers" not in reference.all_keys("generate")


def test_every_key_that_is_shown_says_what_it_is() -> None:
    silent = [
        key.name
        for command in ("train", "compare", "generate", "study", "tensorboard")
        for key in (*reference.default_keys(command).values(), *reference.sweep_keys())
        if key.shown and not key.remark
    ]
    assert silent == []


def test_every_option_and_command_says_what_it_is() -> None:
    silent = [str(file) for file in conf_folder().rglob("*.yaml") if not remarks.summary(file)]
    assert silent == []


def test_plugins_add_options(plugin: Path) -> None:
    assert "outside" in reference.group_options("cell")
    assert reference.groups("train", ["cell=outside"])["cell"] == "outside"


def test_the_head_of_a_file_is_its_summary(plugin: Path) -> None:
    assert remarks.summary(plugin / "outside.yaml") == "A cell from outside, in two lines. Where it starts."


def test_remarks_stand_beside_a_key_or_above_it(plugin: Path) -> None:
    keys = {key.name.removeprefix("cell."): key for key in reference.keys_of("cell", "outside") if key.shown}
    assert {name: (key.default, key.remark) for name, key in keys.items()} == {
        "taps": ("[1,2]", "how far back, in steps"),
        "sizes": ("[3,4]", "one a layer"),
        "bias": ("-1.0", "what the gate begins with"),
        "quoted": ("a # b", "a value with a hash"),
        "empty": ('""', ""),
        "missing": ("null", ""),
        "nested": ("{}", ""),
        "texts": ("['not good','bad, or worse']", ""),
    }


@pytest.mark.parametrize("text", [b"a: [1", b"a: \xff"])
def test_a_broken_plugin_file_is_named(plugin: Path, text: bytes) -> None:
    (plugin / "outside.yaml").write_bytes(text)
    with pytest.raises(UserError, match=r"outside\.yaml"):
        reference.default_keys("train", ["cell=outside"])


def test_choices_leave_out_what_does_not_exist() -> None:
    words = ["cell=gru,elman,rnn", "cells=gru", "data.path=x", "-m", "=gru", "task=nothing"]
    assert reference.choices(words) == {"cell": ["gru", "rnn"]}
