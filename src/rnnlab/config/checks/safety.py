"""A study may come from a stranger: what it may not say, refused before Hydra acts on it.

Hydra calls what its own node names (callbacks, loggers, plugins), imports what `hydra.searchpath` points at and writes
where `hydra.run.dir` says. So of that node a study may set the mode, the launcher and the sweeper, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from rnnlab.config import targets
from rnnlab.config.checks.strangers import check_defaults
from rnnlab.config.keys import flatten
from rnnlab.config.locations import conf_folder
from rnnlab.config.plain_files import check_options, checked_yaml
from rnnlab.config.reference import group_options, groups
from rnnlab.config.yaml_docs import LOADER
from rnnlab.errors import UserError

PLUGINS = frozenset(
    {
        "hydra_plugins.rnnlab_plugins.BasicLauncher",
        "hydra_plugins.rnnlab_plugins.GridSweeper",
        "hydra_plugins.rnnlab_plugins.JoblibLauncher",
        "hydra_plugins.rnnlab_plugins.OptunaSweeper",
        "hydra_plugins.rnnlab_plugins.RaceSweeper",
        "hydra_plugins.rnnlab_plugins.RayLauncher",
        "hydra_plugins.rnnlab_plugins.SubmititLauncher",
        "hydra_plugins.rnnlab_plugins.TuneSweeper",
    }
)
# How Hydra calls a plugin: as our options have it, with plain values that nothing was made of yet.
OF_INSTANTIATE = {"_recursive_": False, "_convert_": "all", "_partial_": False, "_args_": []}
PLAIN = re.compile(r"[A-Za-z0-9_.:,@/=+-]*")
NO_OPTION = re.compile(r"null|true|false|[-+.\d]*")
# What a search may be told to choose with; only these keys may name them.
CHOOSERS = {
    "sampler._target_": tuple(
        f"optuna.samplers.{name}Sampler" for name in ("TPE", "Random", "Grid", "CmaEs", "GP", "QMC")
    ),
    "pruner._target_": tuple(f"optuna.pruners.{name}Pruner" for name in ("Median", "Hyperband", "Nop")),
}
# Where data and results would go to, or where a file would be written: what the person at the keyboard alone may say.
BY_HAND = ("hydra.launcher.address", "hydra.sweeper.storage")
# What Hydra fills in by itself, and what is checked on its own.
VARIABLE = ("mode", "launcher", "sweeper", "overrides", "runtime", "job", "verbose")


def check_before_composing(folder: str | None, name: str, overrides: Sequence[str]) -> None:
    """Refuse what Hydra could not compose with or would import while it does: no option, a search path.

    Raises:
        UserError: The primary configuration or an argument has one.
    """
    for word in overrides:
        group, _, option = word.partition("=")
        if group in groups() and NO_OPTION.fullmatch(option):
            raise UserError(f"{word}: choose an option of this group: {', '.join(group_options(group))}")
    named = any(word.lstrip("+~").startswith("hydra.searchpath") for word in overrides)
    file = Path(folder or ".") / f"{name}.yaml"
    if folder and file.is_file():
        content = checked_yaml(file)
        check_options(Path(folder))
        if isinstance(content, dict) and "reference" in content:
            raise UserError(f"{file} trains nothing; `rnnlab study name={file.absolute().parent.name}` shows it")
        check_defaults(content.get("defaults") if isinstance(content, dict) else None)
        hydra = content.get("hydra") if isinstance(content, dict) else None
        named = named or "searchpath" in (hydra or {}) or any("searchpath" in str(key) for key in content or {})
    if named:
        raise UserError("hydra.searchpath: folders of options are listed in RNNLAB_PLUGINS, not in a configuration")


def check_hydra_node(config: DictConfig, own: Mapping[str, Any]) -> None:
    """Check that nothing but rnnlab's own files sets folders, logs and callbacks of Hydra.

    Args:
        config: As it was composed.
        own: Hydra's node as rnnlab's own primary configuration has it.

    Raises:
        UserError: Something does; the line names its key.
    """
    node = hydra_node(config)
    for key in {*node, *own} - set(VARIABLE):
        if node.get(key) != own.get(key):
            raise UserError(f"hydra.{key}: leave it as it is; rnnlab takes care of folders, logs and callbacks")
    for key in ("chdir", "env_set", "env_copy"):
        if node["job"].get(key) != own["job"].get(key):
            raise UserError(f"hydra.job.{key}: leave it as it is")


def check_targets(config: DictConfig, overrides: Sequence[str]) -> None:
    """Check what the launcher and the sweeper are told, and every target.

    Args:
        config: As it was composed.
        overrides: The words of the command line.

    Raises:
        UserError: A setting or a target is not allowed; the line names its key.
    """
    node = hydra_node(config)
    for key in ("launcher", "sweeper"):
        _check_plugin(node[key], f"hydra.{key}")
    typed = {word.partition("=")[0].lstrip("+") for word in overrides}
    for key in set(node["launcher"]) - launcher_keys():
        if f"hydra.launcher.{key}" not in typed:  # submitit would write it into a script
            raise UserError(f"hydra.launcher.{key}: unknown key; the options of hydra/launcher list what there is")
    for key in BY_HAND:
        _, group, name = key.split(".")
        if node[group].get(name) is not None and key not in typed:
            raise UserError(f"{key}: say it on the command line; a configuration may not")
    for key, target in targets.targets(unresolved(config)):
        if "${" not in target:  # resolved and checked with the run that it belongs to
            targets.check(target, key)


def hydra_node(config: DictConfig) -> dict[str, Any]:
    """Hydra's own node of a configuration, with its interpolations."""
    node = OmegaConf.to_container(config.hydra, resolve=False)
    assert isinstance(node, dict)
    return {str(key): value for key, value in node.items()}


def unresolved(config: DictConfig) -> dict[str, Any]:
    """A configuration without Hydra's node, as plain values with their interpolations."""
    container = OmegaConf.to_container(config, resolve=False)
    assert isinstance(container, dict)
    return {str(key): value for key, value in container.items() if key != "hydra"}


@cache
def launcher_keys() -> frozenset[str]:
    """The keys that rnnlab's own launchers have."""
    files = (conf_folder() / "hydra" / "launcher").glob("*.yaml")
    return frozenset(key for file in files for key in yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER))


def _check_plugin(node: Any, key: str) -> None:
    if not isinstance(node, Mapping):
        raise UserError(f"{key}: choose an option of the group {key.replace('.', '/')}")
    for name, value in flatten(node):
        if key == "hydra.launcher" and isinstance(value, str) and not PLAIN.fullmatch(value):
            raise UserError(f"{key}.{name}: '{value}' is more than a name")
        if (name == "_target_" and value in PLUGINS) or value in CHOOSERS.get(name, ()):
            continue
        if OF_INSTANTIATE.get(name.rpartition(".")[2], value) != value or "_target_" in name or "${" in str(value):
            raise UserError(f"{key}.{name}: '{value}' is not something a configuration may call")
