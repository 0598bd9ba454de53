"""Keys that nothing reads, such as a mistyped one that was added with `+`: a run with one differs in name alone."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rnnlab.config import reference, targets
from rnnlab.config.keys import flatten
from rnnlab.config.locations import plugin_conf_folders
from rnnlab.config.messages import unknown_key
from rnnlab.errors import UserError

# Read by rnnlab itself and not by the callback or logger that they stand beside.
BESIDE_TARGETS = {"callbacks": ("enabled", "changes_result"), "logger": ("package",)}
# What rnnlab hands to the target of a node or of a group, which a configuration cannot.
HANDED_OVER = {
    "callbacks": (),
    "cell": ("input_size", "hidden_size", "num_layers", "dropout", "bidirectional"),
    "data": (),
    "data.reader": ("files",),
    "logger": ("save_dir",),
    "optimizer": ("params",),
    "scheduler": ("optimizer", "steps"),
    "task": ("source", "split", "data", "known"),
}
SIZE = "model.hidden_size"
ASKED_FOR = "???"  # the value of a key that a user has to give, such as which set of an archive
NAMES = ("cell.name", "data.name", "scheduler.name", "task.name")


def check_keys(config: Mapping[str, Any], choices: Mapping[str, Any], words: Iterable[str]) -> None:
    """Check that every key is one of the chosen options or an argument of what its node names.

    Args:
        config: Plain, with its interpolations, without Hydra's node.
        choices: The option of every group.
        words: The words of the command line.

    Raises:
        UserError: Nothing reads a key, or an option is made into another one by hand.
    """
    words = list(words)
    known = defaults_of(choices)
    for word in words:
        if (name := word.partition("=")[0]) in NAMES and known.get(name) != ASKED_FOR:
            raise UserError(f"{name}: an option has the name of its file; choose one with {name.partition('.')[0]}=")
    check_one_size(config, choices, words)
    _check_of_files(config, choices, words)
    for key, value in flatten(config):
        if key in known:
            _check_own_target(key, str(value), known[key])
        elif not (key in NAMES or value == {} or key.startswith("trainer.") or known.keys() & _parents(key)):
            _check_argument(key, config)


def defaults_of(choices: Mapping[str, Any]) -> dict[str, str]:
    """The defaults of every key of the chosen options and of `rnnlab train`, as they are written."""
    chosen = tuple((group, option) for group, option in choices.items() if isinstance(option, str))
    return _keys_of(chosen, tuple(plugin_conf_folders()))


def check_one_size(config: Mapping[str, Any], choices: Mapping[str, Any], words: Iterable[str]) -> None:
    """Check that not both keys say how large a model is.

    The arguments are those of `check_keys`.

    Raises:
        UserError: Both do.
    """
    model = config.get("model")
    if not isinstance(model, Mapping) or model.get("parameters") is None:
        return
    typed = any(word.partition("=")[0].lstrip("+") == SIZE for word in words)
    chosen = [reference.keys_of(group, option) for group, option in choices.items() if isinstance(option, str)]
    defaults = {key.default for keys in chosen for key in keys if key.name == SIZE}  # tasks have their own
    if typed or str(model.get("hidden_size")) not in defaults:
        raise UserError(f"model.parameters: it chooses {SIZE} for each cell; give one of the two")


@cache
def _keys_of(choices: tuple[tuple[str, str], ...], folders: tuple[Path, ...]) -> dict[str, str]:  # noqa: ARG001
    """The defaults of the keys of the chosen options in those folders of plugins and in ours, wiring included."""
    groups = [key for group, option in choices for key in reference.keys_of(group, option)]
    return {key.name: key.default for key in (*groups, *reference.command_keys("train"))}


def _check_of_files(config: Mapping[str, Any], choices: Mapping[str, Any], words: Iterable[str]) -> None:
    """Check that no key says how the user's own files are read where the data is none of these."""
    if (data := choices.get("data")) == "file":
        return
    typed = {word.partition("=")[0].lstrip("+") for word in words}
    values = [(key, value) for key, value in flatten(config) if isinstance(value, str) and "${" in value]
    for name in sorted(name for name in typed if name.startswith("data.")):
        readers = {key for key, value in values if re.search(rf"[{{:]{re.escape(name)}[}},]", value)}
        if readers and all(key.startswith("task.file_reader.") for key in readers):
            raise UserError(f"{name}: data={data} has nothing that it would be read by; it is a key of data=file")


def _parents(key: str) -> set[str]:
    parts = key.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts))}


def _check_own_target(key: str, value: str, default: str) -> None:
    """An option's name stands for its class in the name of a run, so the two must not come apart."""
    if key.endswith("._target_") and value != default and value.startswith(targets.OWN):
        raise UserError(f"{key}: leave it as it is, and choose another option of the group {key.partition('.')[0]}")


def _check_argument(key: str, config: Mapping[str, Any]) -> None:
    """Check a key of no option: it may be an argument of the target that the nearest node around it names."""
    group, _, inner = key.partition(".")
    if group in HANDED_OVER and key.endswith("._target_"):  # of an option that lies beside the study's own file
        return
    if group in BESIDE_TARGETS and inner.partition(".")[2] in ("", *BESIDE_TARGETS[group]):
        return
    node = next((node for node in _nodes_around(key, config) if "_target_" in node[1]), None)
    if node is None:
        if group not in BESIDE_TARGETS:  # there, that the target is missing is said later
            raise UserError(unknown_key(key, "train"))
        return
    name = key.removeprefix(f"{node[0]}.").partition(".")[0]
    target = str(node[1]["_target_"])
    arguments = _arguments(targets.locate(target))
    handed_over = HANDED_OVER.get(node[0], HANDED_OVER.get(group, ()))
    if arguments is not None and name not in arguments - set(handed_over):
        near = difflib.get_close_matches(name, arguments, n=1)
        raise UserError(f"{key}: {target} has no such argument{f'; did you mean {near[0]}?' if near else ''}")


def _nodes_around(key: str, config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The nodes that a key is in, with their own keys, the innermost first."""
    nodes: list[tuple[str, Mapping[str, Any]]] = []
    node: Any = config
    parts = key.split(".")[:-1]
    for end, part in enumerate(parts, start=1):
        node = node[part]
        nodes.insert(0, (".".join(parts[:end]), node))
    return iter(nodes)


def _arguments(target: Any) -> set[str] | None:
    """The names of the arguments that a class or function takes; None where it takes any."""
    if not inspect.isclass(target):
        return _named(target)
    names: set[str] = set()
    for kind in target.__mro__[:-1]:
        if "__init__" in vars(kind):
            inherited = _named(vars(kind)["__init__"])
            if inherited is not None:
                return names | inherited
            names |= set(inspect.signature(vars(kind)["__init__"]).parameters)
    return None


def _named(function: Any) -> set[str] | None:
    """The names of a function's arguments; None where it takes further ones and hands them on."""
    parameters = inspect.signature(function).parameters.values()
    hands_on = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    return None if hands_on else {parameter.name for parameter in parameters}
