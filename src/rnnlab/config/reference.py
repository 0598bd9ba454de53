"""The reference of all that can be configured, read from the YAML files: commands, groups, options and keys.

Help, tab completion and the hints of error messages all come from here. conf/train.yaml and each file in
conf/command/ is a command, a file in a group's folder is an option; the comments in it are its documentation
(see `remarks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rnnlab.config import yaml_docs as remarks
from rnnlab.config.locations import command_file, conf_folder, plugin_conf_folders
from rnnlab.config.yaml_docs import Key


def commands() -> dict[str, str]:
    """Every command with the line that says what it does; training, the most used, first."""
    files = [command_file("train"), *sorted((conf_folder() / "command").glob("*.yaml"))]
    summaries = {file.stem: remarks.summary(file) for file in files}
    return {**summaries, "completion": "Set up tab completion of bash or zsh."}


def groups(command: str = "train", words: Iterable[str] = ()) -> dict[str, str]:
    """The groups of a command, in the order in which Hydra composes them: the last to set a key wins.

    Args:
        command: The command's name.
        words: Arguments; a `group=option` among them takes the place of the default.

    Returns:
        Each group with its option.
    """
    chosen = {group: options[0] for group, options in choices(words).items()}
    chosen_groups: dict[str, str] = {}
    for group, default in remarks.defaults(command_file(command)):
        option = chosen.get(group, default)
        file = option_file(group, option)
        inner = {name: chosen.get(name, usual) for name, usual in remarks.defaults(file) if name} if file else {}
        wins = remarks.behind_itself(file) if file else set()
        chosen_groups |= {name: option for name, option in inner.items() if name not in wins}
        chosen_groups[group] = option
        chosen_groups |= inner  # what the file names behind `_self_` is composed after it
    return chosen_groups


def choices(words: Iterable[str]) -> dict[str, list[str]]:
    """The options that arguments choose, several where they are swept; what does not exist is left out."""
    chosen: dict[str, list[str]] = {}
    for word in words:
        group, _, value = word.partition("=")
        if options := [option for option in value.split(",") if option in group_options(group)]:
            chosen[group] = options
    return chosen


def group_options(group: str) -> list[str]:
    """The options of a group, plugins' included."""
    if not group:
        return []
    folders = [folder / group for folder in (conf_folder(), *plugin_conf_folders())]
    return sorted({file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.yaml")})


def option_file(group: str, option: str) -> Path | None:
    """The YAML file of a group's option, if there is one."""
    files = (folder / group / f"{option}.yaml" for folder in (conf_folder(), *plugin_conf_folders()))
    return next((file for file in files if file.is_file()), None)


def examples(command: str) -> list[str]:
    """The example lines at the head of a command's file."""
    return remarks.examples(command_file(command))


def keys_of(group: str, option: str) -> list[Key]:
    """The keys that one option of a group defines, in the order of its file, wiring included."""
    file = option_file(group, option)
    if file is None:
        return []
    inherited = [key for parent, name in remarks.defaults(file) if not parent for key in keys_of(group, name)]
    prefix = "" if "@package _global_" in remarks.head(file) else group.replace("/", ".")
    return [*inherited, *remarks.keys(file, prefix)]


def command_keys(command: str) -> list[Key]:
    """The keys of a command that belong to no group."""
    return remarks.keys(command_file(command), "")


def default_keys(command: str, words: Iterable[str] = ()) -> dict[str, Key]:
    """Every key of a command at its default options, or at those that the words choose, wiring included."""
    keys: dict[str, Key] = {}
    chosen = groups(command, words)
    for group, option in chosen.items():
        _merge(keys, keys_of(group, option))
        for other, name in _defaults_by_choice(group, option, chosen):
            _merge(keys, keys_of(other, name))
    _merge(keys, command_keys(command))
    return keys


def sweep_groups(words: Iterable[str] = ()) -> dict[str, str]:
    """The groups of `rnnlab train -m`, launcher and sweeper and what belongs to one of those, each with its option."""
    chosen = {group: options[0] for group, options in choices(words).items()}
    defaults = remarks.defaults(command_file("train"), hydra=True)
    outer = {group: chosen.get(group, option) for group, option in defaults if group_options(group)}
    inner = {name: usual for group in outer for option in group_options(group) for name, usual in _inner(group, option)}
    return {**outer, **{name: chosen.get(name, usual) for name, usual in inner.items()}}


def sweep_keys(words: Iterable[str] = ()) -> list[Key]:
    """The keys of the launcher and the sweeper; those of what belongs to another sweeper only where it is chosen."""
    words = list(words)
    swept, picked = sweep_groups(words), choices(words)
    apply = {name for group, option in swept.items() for name, _ in _inner(group, option)}
    chosen = {group: option for group, option in swept.items() if group.count("/") == 1 or group in {*apply, *picked}}
    return [key for group, option in chosen.items() for key in keys_of(group, option) if key.shown]


def _defaults_by_choice(group: str, option: str, chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the options that an option takes by what was chosen of another group, such as `file_defaults: ${task}`."""
    file = option_file(group, option)
    for other, name in remarks.defaults(file) if file else ():
        if name.startswith("${") and (picked := chosen.get(name[2:-1])) in group_options(other):
            yield other, str(picked)


def _inner(group: str, option: str) -> list[tuple[str, str]]:
    """The groups below a group of which an option takes one option each."""
    file = option_file(group, option)
    return [(f"{group}/{name}", usual) for name, usual in (remarks.defaults(file) if file else ()) if name]


def all_keys(command: str) -> list[str]:
    """Every key and group that a command knows under any of its options."""
    every = [*groups(command), *(sweep_groups() if command == "train" else ())]
    options = [(group, option) for group in every for option in group_options(group)]
    keys = [*command_keys(command), *(key for choice in options for key in keys_of(*choice))]
    names = dict.fromkeys(key.name for key in keys if key.shown)
    return [*names, *groups(command)]


def options_with(key: str, command: str) -> list[str]:
    """The options, as `group=option`, that define a key."""
    pairs = [(group, option) for group in groups(command) for option in group_options(group)]
    return [f"{group}={option}" for group, option in pairs if key in {k.name for k in keys_of(group, option)}]


def _merge(merged: dict[str, Key], keys: Iterable[Key]) -> None:
    """A later key takes an earlier one's place, and its remark too where it has none of its own."""
    for key in keys:
        earlier = merged.get(key.name, key)
        merged[key.name] = replace(key, remark=key.remark or earlier.remark)
