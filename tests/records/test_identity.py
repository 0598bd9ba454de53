"""A run's name: the same for the same work in every later version, another for other work, and safe."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.config.compose import compose_train, plain
from rnnlab.config.keys import flatten
from rnnlab.config.schema import SCHEMA
from rnnlab.errors import UserError
from rnnlab.records.identity import folders_by_hash, hash_in, identity, run_name

SHA = "0" * 64

# For good: people's run folders have these names. A change of the code or of conf/ that changes one of them makes
# everybody train everything again. Declare the neutral value of a new key in `rnnlab.config.schema` instead.
FROZEN = {
    "task=names": "gru-h96-l1-seed0-2cb3068b",
    "task=chars": "lstm-h256-l1-seed0-ff923648",
    "task=sentiment": "gru-h64-l1-seed0-1bd6291d",
    "task=tagging": "lstm-h128-l1-seed0-9af6dd5c",
    "task=forecasting": "gru-h64-l1-seed0-7c9d5ff7",
    "task=signals": "gru-h64-l1-seed0-439c0dd1",
    "task=names data=file data.path=mine.txt": "gru-h96-l1-seed0-7b2179b2",
    "task=sentiment data=file data.path=mine.csv data.label_column=stars": "gru-h64-l1-seed0-347ba507",
    "cell=lstm cell.weight_dropout=0.5 model.num_layers=2 model.dropout=0.2 seed=3": "lstm-h96-l2-seed3-93be7c28",
    "task=chars data=shakespeare data.windows=sliding data.stride=3 scheduler=cosine": "lstm-h256-l1-seed0-dccbaf6b",
    "task=chars data.level=bpe model.tie_weights=true callbacks.averaging.enabled=true": "lstm-h256-l1-seed0-5c5312ed",
    "task=signals data=adding cell=lru cell.r_min=0.5 model.num_layers=2": "lru-h64-l2-seed0-073bc7de",
    "task=forecasting data=sines model.teacher_forcing=0.5 optimizer=sgd": "gru-h64-l1-seed0-03c2b040",
    "task=names model.condition=sex debug=fast split.seed=1 trainer.max_steps=100": "gru-h96-l1-seed0-2f952a78",
    "task=sentiment data=word_order data.gap=7 cell=mlp_window cell.window=5": "mlp_window-h64-l1-seed0-7e189001",
    "cell=transformer trainer.precision=bf16-mixed trainer.accelerator=cpu": "transformer-h96-l1-seed0-0d6a9477",
    "callbacks.early_stopping.enabled=true callbacks.early_stopping.patience=5": "gru-h96-l1-seed0-6a8aba4b",
}


@cache  # nobody changes what it gives
def config(*arguments: str) -> dict[str, Any]:
    return plain(compose_train(list(arguments))[1])


@pytest.fixture(scope="module")
def default() -> dict[str, Any]:
    return config()


@pytest.mark.parametrize("command", FROZEN)
def test_names_never_change(command: str) -> None:
    assert run_name(config(*command.split()), SHA) == FROZEN[command]


def test_names_with_files_and_plugins_never_change(default: dict[str, Any]) -> None:
    begun = {**default, "init_from": "somewhere/best.ckpt"}
    assert run_name(begun, SHA, {"init_from": "1" * 64}) == "gru-h96-l1-seed0-bb1651db"
    mine = {**default, "cell": {"_target_": "mine.Forgetful", "openness": 1.0}}
    assert run_name(mine, SHA) == "Forgetful-h96-l1-seed0-3e6df27d"
    callback = {**default, "callbacks": {**default["callbacks"], "x": {"_target_": "mine.Noise"}}}
    assert run_name(callback, SHA) == "gru-h96-l1-seed0-84655891"


def test_moving_and_renaming_our_own_classes_renames_no_run() -> None:
    for words in (["callbacks.averaging.enabled=true"], ["task=chars", "scheduler=cosine"], ["task=signals"]):
        now = config(*words)
        later = copy.deepcopy(now)
        for node in nodes_with_a_target(later):
            if node["_target_"].startswith("rnnlab."):
                node["_target_"] = "rnnlab.elsewhere.Renamed"
        assert later != now and run_name(later, SHA) == run_name(now, SHA)


def nodes_with_a_target(node: Any) -> list[dict[str, Any]]:
    if not isinstance(node, dict):
        return []
    below = [inner for value in node.values() for inner in nodes_with_a_target(value)]
    return [node, *below] if "_target_" in node else below


@pytest.mark.parametrize("key", [key for key, kind in SCHEMA.items() if kind.neutral])
def test_a_key_at_its_neutral_value_is_as_if_it_were_not_there(default: dict[str, Any], key: str) -> None:
    """So that a key of a later version renames no run that does not use it."""
    assert all(SCHEMA[key].holds(value) for value in SCHEMA[key].neutral)
    without = changed(default, key, None)
    del node_of(without, key)[key.rpartition(".")[2]]
    for value in SCHEMA[key].neutral:
        assert run_name(changed(default, key, value), SHA) == run_name(without, SHA)
    assert not [leaf for leaf, value in identity(default).items() if leaf in SCHEMA and value in SCHEMA[leaf].neutral]


def test_one_batch_is_not_all_of_them(default: dict[str, Any]) -> None:
    one, every = (changed(default, "trainer.limit_train_batches", limit) for limit in (1, 1.0))
    assert run_name(one, SHA) != run_name(every, SHA) == run_name(default, SHA)


def test_a_new_group_whose_option_is_empty_renames_no_run(default: dict[str, Any]) -> None:
    assert run_name({**default, "augmentation": {}}, SHA) == run_name(default, SHA)


def changed(original: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(original)
    node_of(copied, key)[key.rpartition(".")[2]] = value
    return copied


def node_of(configuration: dict[str, Any], key: str) -> dict[str, Any]:
    node = configuration
    for name in key.split(".")[:-1]:
        node = node[name]
    return node


@pytest.mark.parametrize(
    "argument",
    [
        *("sweep=other", "trainer.log_every_n_steps=7", "callbacks.samples.count=3", "rerun=true", "logger=wandb"),
        *("trainer.threads=1", "trainer.block_size=1", "+trainer.profiler=simple"),
        *("callbacks.last_checkpoint.minutes=1", "callbacks=probes", "holds='test/accuracy>=0.9'"),
    ],
)
def test_what_cannot_change_a_result_does_not_change_the_name(default: dict[str, Any], argument: str) -> None:
    assert run_name(config(argument), SHA) == run_name(default, SHA)


@pytest.mark.parametrize("key", ["block_size", "threads", "devices", "num_nodes", "strategy"])
def test_how_a_training_is_carried_out_does_not_change_the_name(default: dict[str, Any], key: str) -> None:
    assert run_name(changed(default, f"trainer.{key}", 2), SHA) == run_name(default, SHA)


def test_a_callback_that_declares_to_change_no_result_changes_no_name(default: dict[str, Any]) -> None:
    def with_callback(**keys: Any) -> dict[str, Any]:
        return {**default, "callbacks": {**default["callbacks"], "mine": {"_target_": "mine.View", **keys}}}

    assert run_name(with_callback(changes_result=False, colour="red"), SHA) == run_name(default, SHA)
    assert run_name(with_callback(colour="red"), SHA) != run_name(default, SHA)
    assert run_name(with_callback(changes_result=True), SHA) != run_name(default, SHA)


@pytest.mark.parametrize(
    "argument",
    [
        *("seed=1", "cell=lstm", "model.hidden_size=97", "model.dropout=0.1", "optimizer.lr=0.004", "optimizer=adam"),
        *("scheduler=cosine", "scheduler=constant", "split.seed=1", "data.batch_size=63", "data.bucketing=false"),
        *("trainer.max_epochs=9", "trainer.gradient_clip_val=null", "callbacks.averaging.enabled=true"),
    ],
)
def test_what_can_change_a_result_changes_the_name(default: dict[str, Any], argument: str) -> None:
    assert run_name(config(argument), SHA) != run_name(default, SHA)


def test_a_class_of_a_plugin_tells_runs_apart(default: dict[str, Any]) -> None:
    cells = [{"_target_": "mine.A"}, {"_target_": "mine.B"}, {"_target_": "mine.A", "name": "a"}]
    assert len({run_name({**default, "cell": cell}, SHA) for cell in cells}) == 3
    assert run_name({**default, "cell": cells[0]}, SHA).startswith("A-h96-")


def test_a_callback_of_ours_that_was_added_by_hand_tells_runs_apart(default: dict[str, Any]) -> None:
    added = {"_target_": "rnnlab.training.averaging.AveragedWeights", "decay": 0.9}
    assert run_name({**default, "callbacks": {"x": added}}, SHA) != run_name({**default, "callbacks": {}}, SHA)
    one, other = ({"_target_": f"rnnlab.training.{name}"} for name in ("averaging.AveragedWeights", "other.Other"))
    assert run_name({**default, "callbacks": {"x": one}}, SHA) != run_name({**default, "callbacks": {"x": other}}, SHA)


def test_the_texts_that_a_study_shows_do_not_change_the_name() -> None:
    shown = config("task=sentiment", "task.shown=['very good']")
    assert shown["task"]["shown"] == ["very good"]
    assert run_name(shown, SHA) == run_name(config("task=sentiment"), SHA)


def test_other_data_are_another_run_and_the_same_data_elsewhere_the_same(default: dict[str, Any]) -> None:
    assert run_name(default, "1" * 64) != run_name(default, SHA)
    here, there = config("data=file", "data.path=a.txt"), config("data=file", "data.path=b/c.txt")
    assert run_name(here, SHA) == run_name(there, SHA)


def test_files_beside_the_data_count_by_what_they_hold(default: dict[str, Any]) -> None:
    begun = {**default, "init_from": "a/best.ckpt"}
    moved = {**default, "init_from": "b/copy.ckpt"}
    assert run_name(begun, SHA, {"init_from": "1" * 64}) == run_name(moved, SHA, {"init_from": "1" * 64})
    assert run_name(begun, SHA, {"init_from": "1" * 64}) != run_name(begun, SHA, {"init_from": "2" * 64})


@given(st.text(min_size=1, max_size=200))
def test_any_cells_name_gives_a_name_that_every_file_system_takes(cell: str) -> None:
    name = run_name({"cell": {"name": cell}, "model": {"hidden_size": 1, "num_layers": 1}, "seed": 0}, SHA)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name) and hash_in(name) == name[-8:]


def test_a_folder_is_known_by_its_hash(tmp_path: Path) -> None:
    for name in ("gru-h8-l1-seed0-0123abcd", "renamed-by_hand-89abcdef", "00000000", ".locks", "report", "other-name"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes-11111111").write_text("no folder")
    assert {key: folder.name for key, folder in folders_by_hash(tmp_path).items()} == {
        "0123abcd": "gru-h8-l1-seed0-0123abcd",
        "89abcdef": "renamed-by_hand-89abcdef",
        "00000000": "00000000",
    }
    assert folders_by_hash(tmp_path / "nothing") == {}
    (tmp_path / "copy-0123abcd").mkdir()
    with pytest.raises(UserError, match="copy-0123abcd and gru-h8-l1-seed0-0123abcd"):
        folders_by_hash(tmp_path)


def test_every_setting_of_every_task_is_a_plain_value() -> None:
    for task in ("names", "chars", "sentiment", "tagging", "forecasting", "signals"):
        leaves = dict(flatten(config(f"task={task}")))
        assert not [key for key, value in identity(leaves).items() if "rnnlab" in str(value)]


@pytest.mark.parametrize(
    ("varied", "readable"),
    [
        ((), "gru-h96-l1-seed0"),
        (("cell.name", "seed"), "gru-h96-l1-seed0"),
        (("model.hidden_size", "data.sequence_length"), "gru-h96-len64-seed0"),
        (("optimizer._target_", "optimizer.lr", "data.name"), "gru-AdamW-lr0.007-names-seed0"),
        (("model.bidirectional", "trainer.gradient_clip_val", "a.key.there.is.not"), "gru-no_bidirectional-"),
    ],
)
def test_a_name_tells_what_its_sweep_varies_and_keeps_its_hash(
    default: dict[str, Any], varied: tuple[str, ...], readable: str
) -> None:
    name = run_name(default, SHA, varied=varied)
    assert name.startswith(readable) and hash_in(name) == hash_in(run_name(default, SHA))


def test_a_name_has_whole_settings_as_long_as_there_is_room(default: dict[str, Any]) -> None:
    varied = [key for key, _ in flatten(default)]
    name = run_name(default, SHA, varied=varied)
    assert re.fullmatch(r"gru-[A-Za-z0-9._-]+-seed0-[0-9a-f]{8}", name) and len(name) <= 80
