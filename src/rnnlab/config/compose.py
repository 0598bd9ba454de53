"""Composing a command's configuration with Hydra, and saying in one line what is wrong with it."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config import safety as strangers
from rnnlab.config.locations import conf_folder, plugin_conf_folders
from rnnlab.config.messages import explain
from rnnlab.errors import UserError


class PluginConfFolders(SearchPathPlugin):
    """Lets the conf/ folders of RNNLAB_PLUGINS add options to every group."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in plugin_conf_folders():
            search_path.append("rnnlab-plugin", f"file://{folder}")


def use_hydra() -> None:
    """Prepare Hydra once per process: plugins' folders, and errors that reach us instead of ending the process."""
    os.environ["HYDRA_FULL_ERROR"] = "1"
    Plugins.instance().register(PluginConfFolders)
    # Hydra's own launcher and the official plugins, where installed, would claim our options of the same names.
    for group in ("launcher", "sweeper"):
        theirs: Any = ConfigStore.instance().repo.get("hydra", {}).get(group, {})
        for option in [name for name in theirs if (conf_folder() / "hydra" / group / name).is_file()]:
            del theirs[option]


@contextmanager
def readable_errors(command: str) -> Iterator[None]:
    """Turn whatever Hydra and OmegaConf raise inside into one line for the user.

    Raises:
        UserError: In place of any of their errors.
    """
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(explain(error, command)) from error
    except yaml.YAMLError as error:
        raise UserError(f"not YAML: {' '.join(str(error).split())}") from error


@contextmanager
def hydra_in(command: str) -> Iterator[GlobalHydra]:
    """Hydra, initialised on rnnlab's conf/ and cleared afterwards."""
    use_hydra()
    GlobalHydra.instance().clear()
    with (
        readable_errors(command),
        initialize_config_dir(str(conf_folder()), job_name="rnnlab", version_base="1.3"),
    ):
        yield GlobalHydra.instance()


def compose(command: str, arguments: list[str]) -> dict[str, Any]:
    """The resolved configuration of a command that runs once, such as `generate`.

    Raises:
        UserError: An argument is not `key=value`, a key is unknown or a value is missing.
    """
    with hydra_in(command) as hydra:
        return plain(_compose(hydra, f"command/{command}", arguments, RunMode.RUN))


def compose_train(arguments: list[str]) -> tuple[RunMode, DictConfig]:
    """What `rnnlab train ARGUMENTS` asks for, checked for targets that it may not name, before Hydra acts on it.

    Returns:
        The mode (one run or a sweep) and the composed configuration, `hydra` included. In a sweep the values
        that are swept stand at their defaults.

    Raises:
        UserError: The arguments do not compose, or a target is not allowed.
    """
    flags = get_args_parser().parse_args(arguments)
    name = flags.config_name or "train"
    strangers.check_before_composing(flags.config_dir, name, flags.overrides)
    with hydra_in("train") as hydra:
        usual = _compose(hydra, "train", [], RunMode.RUN)
        if flags.config_dir:
            _search_first(hydra, flags.config_dir)
        mode = RunMode.MULTIRUN if flags.multirun else _mode(hydra, name, flags.overrides)
        config = _compose(hydra, name, flags.overrides, mode)
    strangers.check_composed(config, usual, flags.overrides)
    strangers.check_keys(config, flags.overrides)
    return mode, config


def compose_jobs(loader: ConfigLoader, master: DictConfig, jobs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The resolved configurations of a sweep's runs.

    Hydra takes a tenth of a second to compose one. Runs that choose the same options differ in values alone, so the
    options are composed once, and each run's values are set in a copy as Hydra itself sets them.

    Raises:
        HydraException: A run's arguments do not compose.
        OmegaConfBaseException: A value is missing or an interpolation leads nowhere.
    """
    parser = OverridesParser.create(config_loader=loader)
    is_group = cache(lambda name: bool(loader.get_group_options(name)))
    composed: dict[tuple[str, ...], DictConfig] = {}
    configs = []
    for words in jobs:
        choices, values = [], []
        for word, override in zip(words, parser.parse_overrides(list(words)), strict=True):
            if override.is_hydra_override() or override.package is not None or is_group(override.key_or_group):
                choices.append(word)
            else:
                values.append(override)
        if tuple(choices) not in composed:
            composed[tuple(choices)] = _ours(loader.load_sweep_config(master, choices))
        config = copy.deepcopy(composed[tuple(choices)])
        ConfigLoaderImpl._apply_overrides_to_config(values, config)
        configs.append(plain(config))
    return configs


def flags_of(config: DictConfig) -> list[str]:
    """Where the primary configuration lies, as the command line says it; nothing for rnnlab's own."""
    sources = config.hydra.runtime.config_sources
    folders = [source.path for source in sources if source.provider == "command-line"]
    name = str(config.hydra.job.config_name)
    return [
        *(word for folder in folders for word in ("-cd", os.path.relpath(folder))),
        *([] if name == "train" else ["-cn", name]),
    ]


def _search_first(hydra: GlobalHydra, folder: str) -> None:
    """What Hydra's flag --config-dir does."""
    if not Path(folder).is_dir():
        raise UserError(f"--config-dir: there is no folder {folder}")
    assert hydra.hydra is not None
    loader: Any = hydra.hydra.config_loader
    loader.get_search_path().prepend("command-line", f"file://{Path(folder).absolute()}")
    loader.repository.initialize_sources(loader.get_search_path())


def plain(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain, resolved values.

    Raises:
        OmegaConfBaseException: A value is missing or an interpolation leads nowhere.
    """
    container = OmegaConf.to_container(_ours(config), resolve=True, throw_on_missing=True)
    assert isinstance(container, dict)
    return {str(key): value for key, value in container.items()}


def _ours(config: DictConfig) -> DictConfig:
    """Without what is Hydra's own."""
    return OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])


def _compose(hydra: GlobalHydra, name: str, overrides: list[str], mode: RunMode) -> DictConfig:
    assert hydra.hydra is not None
    return hydra.hydra.compose_config(
        config_name=name,
        overrides=overrides,
        run_mode=mode,
        from_shell=False,
        with_log_configuration=False,
    )


def _mode(hydra: GlobalHydra, name: str, overrides: list[str]) -> RunMode:
    assert hydra.hydra is not None
    return hydra.hydra.get_mode(config_name=name, overrides=overrides) or RunMode.RUN
