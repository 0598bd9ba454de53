"""Composing a command's configuration with Hydra, and saying in one line what is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.config.checks import safety
from rnnlab.config.checks.strangers import Origin, check_strangers
from rnnlab.config.checks.unused_keys import check_keys, defaults_of
from rnnlab.config.environment import with_references
from rnnlab.config.locations import conf_folder, plugin_conf_folders
from rnnlab.config.messages import explain
from rnnlab.config.reference import groups
from rnnlab.config.tokens_per_step import check_alone, with_batch_size
from rnnlab.errors import UserError

NAMED = re.compile(r"[+~]*[^+~=.@\s]")  # how a word begins that has a key
LONGEST_REASON = 200  # characters that are shown of a reason which may quote a whole file
ADDING_UP = {"callbacks", "logger"}  # groups of which a run may have several options
MISSING_OPTION = "???"  # what Hydra calls an option that a defaults list leaves open


class ConfFolders(SearchPathPlugin):
    """Lets the folder of -cd and the conf/ folders of RNNLAB_PLUGINS add options to every group."""

    of_the_command: Path | None = None

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in plugin_conf_folders():
            search_path.append("rnnlab-plugin", f"file://{folder}")
        if self.of_the_command is not None:
            search_path.append("command-line", f"file://{self.of_the_command.absolute()}")


class Flags(NamedTuple):
    """The command line of `rnnlab train`, its flags beside its overrides.

    Attributes:
        folder: Of `-cd`, where the primary configuration lies; None for rnnlab's own.
        name: Of `-cn`, the primary configuration.
        multirun: Whether `-m` is there.
        overrides: The other words.
    """

    folder: str | None
    name: str
    multirun: bool
    overrides: list[str]


class Composed(NamedTuple):
    """A composed configuration of `rnnlab train`, and what composes those of a sweep.

    Attributes:
        mode: One run or a sweep.
        config: The configuration, `hydra` included. In a sweep the values that are swept stand at their defaults.
        loader: What composes the configurations of a sweep's runs.
        overrides: The words that are swept and those that are not.
    """

    mode: RunMode
    config: DictConfig
    loader: ConfigLoader
    overrides: list[str]


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
def hydra_in(command: str, folder: str | None = None) -> Iterator[GlobalHydra]:
    """Hydra, initialised on rnnlab's conf/ and a folder of the user's, and cleared afterwards."""
    if folder is not None and not Path(folder).is_dir():
        raise UserError(f"--config-dir: there is no folder {folder}")
    Plugins.instance().register(ConfFolders)
    _drop_options_of_other_packages()
    GlobalHydra.instance().clear()
    ConfFolders.of_the_command = None if folder is None else Path(folder)
    try:
        with (
            readable_errors(command),
            initialize_config_dir(str(conf_folder()), job_name="rnnlab", version_base="1.3"),
        ):
            yield GlobalHydra.instance()
    finally:
        ConfFolders.of_the_command = None


def compose(command: str, arguments: list[str]) -> dict[str, Any]:
    """The resolved configuration of a command that runs once, such as `generate`.

    Raises:
        UserError: An argument is not `key=value`, a key is unknown or a value is missing.
    """
    with hydra_in(command) as hydra:
        config = _compose(hydra, f"command/{command}", arguments)
        _refuse_sweeps(_parser(hydra).parse_overrides(arguments))
        return plain(config)


def compose_train(arguments: list[str]) -> Composed:
    """Compose the configuration of `rnnlab train ARGUMENTS`, and check it before anything acts on it.

    Raises:
        UserError: The arguments do not compose, a target is not allowed or nothing reads a key.
    """
    flags = parse_flags(arguments)
    safety.check_before_composing(flags.folder, flags.name, flags.overrides)
    with hydra_in("train", flags.folder) as hydra:
        assert hydra.hydra is not None
        config = _compose(hydra, flags.name, flags.overrides)
        overrides = _parser(hydra).parse_overrides(flags.overrides)
        loader: ConfigLoader = hydra.hydra.config_loader
    if _may_be_a_strangers(flags):
        safety.check_hydra_node(config, own_hydra_node())
    safety.check_targets(config, flags.overrides)
    _check_strangers(config, safety.hydra_node(config))
    mode = RunMode.MULTIRUN if flags.multirun else config.hydra.mode or RunMode.RUN
    if mode is RunMode.RUN:
        _refuse_sweeps(overrides)
        _refuse_missing_options(config)
    else:
        _refuse_swept_settings_of_hydra(overrides)
    _refuse_several_options(overrides)
    check_keys(safety.unresolved(config), config.hydra.runtime.choices, flags.overrides)
    check_alone(safety.unresolved(config), config.hydra.runtime.choices, flags.overrides)
    return Composed(mode, config, loader, flags.overrides)


@cache
def own_hydra_node() -> Mapping[str, Any]:
    """Hydra's own settings in rnnlab's primary configuration, with which those of other files are compared."""
    with hydra_in("train") as hydra:
        return safety.hydra_node(_compose(hydra, "train", []))


def flags_of(config: DictConfig) -> list[str]:
    """Return the flags that name the primary configuration on the command line; none for rnnlab's own."""
    folder = _folder_of_the_command(config)
    name = str(config.hydra.job.config_name)
    return [
        *(() if folder is None else ("-cd", os.path.relpath(folder))),
        *([] if name == "train" else ["-cn", name]),
    ]


def words_of(config: DictConfig, part: str = "task") -> list[str]:
    """The words of the command line as they were typed, with their interpolations: the configuration's or `hydra`'s."""
    words = OmegaConf.to_container(config.hydra.overrides[part], resolve=False)
    assert isinstance(words, list)
    return [str(word) for word in words]


def _folder_of_the_command(config: DictConfig) -> Path | None:
    """The folder of `-cd`."""
    sources = config.hydra.runtime.config_sources
    return next((Path(source.path) for source in sources if source.provider == "command-line"), None)


def parse_flags(arguments: Sequence[str]) -> Flags:
    """Take apart the words of `rnnlab train`, in which every flag that has a value is followed by it or by `=`."""
    values: dict[str, str] = {}
    multirun, overrides = False, []
    words = iter(arguments)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag in ("-cd", "--config-dir", "-cn", "--config-name"):
            values[flag.replace("--config-", "-c")[:3]] = value if equals else next(words)
        elif word in ("-m", "--multirun"):
            multirun = True
        else:
            overrides.append(word)
    return Flags(values.get("-cd"), values.get("-cn", "train"), multirun, overrides)


def plain(config: DictConfig, with_its_batch_size: bool = True) -> dict[str, Any]:
    """A configuration as plain, resolved values; loggers refer to the environment, which is no part of it.

    Args:
        config: As it was composed.
        with_its_batch_size: Have the batch size that `data.tokens_per_step` sets.

    Raises:
        OmegaConfBaseException: A value is missing or an interpolation leads nowhere.
        UserError: A text of a logger looks like a reference to the environment and is none.
    """
    ours = without_hydra(config)
    container = OmegaConf.to_container(ours, resolve=True, throw_on_missing=True)
    assert isinstance(container, dict)
    referring = with_references(ours, {str(key): value for key, value in container.items()})
    return with_batch_size(referring) if with_its_batch_size else referring


def without_hydra(config: DictConfig) -> DictConfig:
    """Return a configuration without Hydra's node; like the whole, it takes no key that it does not have."""
    ours = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    OmegaConf.set_struct(ours, True)
    return ours


def origin_of(composed: DictConfig, typed: Iterable[str]) -> Origin | None:
    """Return where values come from that the folder of `-cd` may say; None where there is no such folder.

    Args:
        composed: With Hydra's own node, which knows the folder and the chosen options.
        typed: The words of the command line.
    """
    folder = _folder_of_the_command(composed)
    if folder is None:
        return None
    keys = {word.partition("=")[0].lstrip("+") for word in typed}
    return Origin(folder, defaults_of(composed.hydra.runtime.choices), keys - set(groups()))


def _check_strangers(config: DictConfig, hydra: Mapping[str, Any]) -> None:
    """Check what the files of the folder of `-cd` say of a command.

    Args:
        config: As it was composed.
        hydra: Hydra's own node.

    Raises:
        UserError: They say what only the person at the keyboard may.
    """
    if origin := origin_of(config, [*words_of(config), *words_of(config, "hydra")]):
        swept = {f"hydra.{key}": hydra[key] for key in ("launcher", "sweeper") if key in hydra}
        check_strangers({**safety.unresolved(config), **swept}, origin)


def _compose(hydra: GlobalHydra, name: str, overrides: list[str]) -> DictConfig:
    """Compose as for a sweep, whose words Hydra's public `compose` refuses; whether there may be any is seen later."""
    assert hydra.hydra is not None
    for word in overrides:
        if not NAMED.match(word):
            raise UserError(f"{word!r}: a key is missing; write key=value, or ~key to leave one out")
    try:
        return hydra.hydra.compose_config(
            config_name=name,
            overrides=overrides,
            run_mode=RunMode.MULTIRUN,
            from_shell=False,
            with_log_configuration=False,
            validate_sweep_overrides=False,
        )
    except (
        ValueError,
        RecursionError,
    ) as error:  # of a YAML file that says what Python's numbers and dates do not hold
        raise UserError(f"the configuration cannot be read ({str(error)[:LONGEST_REASON]})") from error


def _parser(hydra: GlobalHydra) -> OverridesParser:
    assert hydra.hydra is not None
    return OverridesParser.create(config_loader=hydra.hydra.config_loader)


def _may_be_a_strangers(flags: Flags) -> bool:
    """Return whether anything but rnnlab's own files says something about Hydra."""
    return flags.folder is not None or flags.name != "train" or any("hydra" in word for word in flags.overrides)


def _refuse_sweeps(overrides: Sequence[Override]) -> None:
    for override in overrides:
        if override.is_sweep_override():
            hint = "several values need -m (or quotes, if the comma belongs to the value)"
            raise UserError(f"{override.input_line}: {hint}")


def _refuse_several_options(overrides: Sequence[Override]) -> None:
    """Refuse a list of options where the last would silently replace the others; loggers and callbacks add up."""
    for override in overrides:
        group, options = override.key_or_group, override.value()
        if isinstance(options, list) and group in set(groups()) - ADDING_UP:
            swept = f"-m {group}={','.join(map(str, options))}"
            raise UserError(f"{override.input_line}: {group} takes one option; a sweep takes several: {swept}")


def _refuse_swept_settings_of_hydra(overrides: Sequence[Override]) -> None:
    for override in overrides:
        if override.is_sweep_override() and override.is_hydra_override():
            raise UserError(f"{override.key_or_group}: one value for the whole sweep, not {override.input_line}")


def _refuse_missing_options(config: DictConfig) -> None:
    for group, option in config.hydra.runtime.choices.items():
        if option == MISSING_OPTION:
            raise UserError(f"{group}: no option was chosen; add {group}=OPTION")


def _drop_options_of_other_packages() -> None:
    """Hydra's own launcher and the official plugins, where installed, would claim our options of the same names."""
    for group in ("launcher", "sweeper"):
        registered: Any = ConfigStore.instance().repo.get("hydra", {}).get(group, {})
        for option in [name for name in registered if (conf_folder() / "hydra" / group / name).is_file()]:
            del registered[option]
