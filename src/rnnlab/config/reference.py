"""What there is to configure, read from the YAML files themselves: groups, options, keys, defaults and remarks.

Help, tab completion and the hints of error messages all come from here, so a remark beside a key in conf/ is its
documentation, and a file in a group's folder is an option.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rnnlab.config.locations import conf_folder, plugin_conf_folders

UNDOCUMENTED = ("_target_", "defaults", "hydra", "name", "package", "files", "reader", "module", "prepare")


@dataclass(frozen=True)
class Key:
    """One key that a user can set."""

    name: str
    default: str
    remark: str


def groups(command: str = "train") -> dict[str, str]:
    """The groups of a command, each with the option that it takes by default ('' where a task chooses)."""
    chosen = dict(_defaults(conf_folder() / f"{command}.yaml"))
    if command != "train":
        return chosen
    found = {folder.name: "" for folder in sorted(conf_folder().iterdir()) if folder.is_dir()}
    found.pop("hydra", None)
    task = dict(_defaults(conf_folder() / "task" / f"{chosen['task']}.yaml"))
    return {group: chosen.get(group) or task.get(group, "") for group in found}


def group_options(group: str) -> list[str]:
    """The options of a group, plugins' included."""
    folders = [folder / group for folder in (conf_folder(), *plugin_conf_folders())]
    return sorted({file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.yaml")})


def option_file(group: str, option: str) -> Path:
    """The YAML file of a group's option."""
    return next(
        file
        for folder in (conf_folder(), *plugin_conf_folders())
        if (file := folder / group / f"{option}.yaml").is_file()
    )


def summary(file: Path) -> str:
    """The comment at the head of a YAML file."""
    lines = [line[1:].strip() for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    return " ".join(line for line in lines if not line.startswith("@package"))


def keys_of(group: str, option: str) -> list[Key]:
    """The keys that one option of a group defines, in the order of its file."""
    file = option_file(group, option)
    inherited = [key for parent, name in _defaults(file) if not parent for key in keys_of(group, name)]
    prefix = "" if "@package _global_" in file.read_text(encoding="utf-8") else group
    return [*inherited, *_keys(file, prefix)]


def command_keys(command: str) -> list[Key]:
    """The keys of a command that belong to no group."""
    return _keys(conf_folder() / f"{command}.yaml", "")


def default_keys(command: str) -> dict[str, Key]:
    """Every key of a command at its default options, the last definition winning, as Hydra composes them."""
    found = {key.name: key for key in command_keys(command)}
    for group, option in groups(command).items():
        found |= {key.name: key for key in (keys_of(group, option) if option else [])}
    return found


def all_keys(command: str) -> list[str]:
    """Every key and group that a command knows under any of its options."""
    found = dict.fromkeys(key.name for key in command_keys(command))
    for group in groups(command):
        for option in group_options(group):
            found |= dict.fromkeys(key.name for key in keys_of(group, option))
    return [*found, *groups(command)]


def _defaults(file: Path) -> Iterator[tuple[str, str]]:
    """The (group, option) pairs of a file's defaults list; a sibling option has the group ''."""
    for entry in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("defaults", []):
        if isinstance(entry, dict):
            (group, option), *_ = entry.items()
            if "hydra" not in group:
                yield group.lstrip("/"), str(option)
        elif entry != "_self_":
            yield "", str(entry)


def _keys(file: Path, prefix: str) -> list[Key]:
    text = file.read_text(encoding="utf-8")
    root = yaml.compose(text)
    return list(_walk(root, prefix, text.splitlines())) if isinstance(root, yaml.MappingNode) else []


def _walk(node: Any, prefix: str, lines: list[str]) -> Iterator[Key]:
    for key_node, value_node in node.value:
        if key_node.value in UNDOCUMENTED and not (key_node.value == "name" and not prefix):
            continue
        name = f"{prefix}.{key_node.value}" if prefix else key_node.value
        if isinstance(value_node, yaml.MappingNode):
            yield from _walk(value_node, name, lines)
        elif isinstance(value_node, yaml.ScalarNode) and not value_node.value.startswith("rnnlab."):
            remark = lines[key_node.start_mark.line].partition("  #")[2].strip() or lines[
                key_node.start_mark.line
            ].partition(" # ")[2]
            default = '""' if value_node.value == "" else value_node.value
            yield Key(name, default, remark.strip())
