"""The folders of configuration: rnnlab's own conf/ and those of the user's plugins."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path

from rnnlab.errors import UserError

PLUGINS_VARIABLE = "RNNLAB_PLUGINS"


@cache
def conf_folder() -> Path:
    """The folder of rnnlab's YAML files: inside an installed wheel, or at the top of a checkout."""
    return _shipped("conf")


@cache
def shipped_studies() -> Path:
    """The folder of the studies that rnnlab ships, in the same places."""
    return _shipped("experiments")


def _shipped(name: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    installed, checkout = package / name, package.parents[1] / name
    return installed if installed.is_dir() else checkout


def command_file(command: str) -> Path:
    """The YAML file of a command's keys.

    Only that of `train` lies at the top of conf/, where a study names it in its defaults list and where its own
    study.yaml must not meet another file of that name.
    """
    return conf_folder() / ("" if command == "train" else "command") / f"{command}.yaml"


def plugin_modules() -> list[str]:
    """The modules that the environment variable RNNLAB_PLUGINS lists, separated by commas."""
    return [name.strip() for name in os.environ.get(PLUGINS_VARIABLE, "").split(",") if name.strip()]


def make_plugins_importable() -> None:
    """Let plugins be found in the current folder, as `python -m` would (a console script does not look there)."""
    if plugin_modules() and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))


def plugin_conf_folders() -> list[Path]:
    """The conf/ folders of the listed plugins: inside a package, beside a single-file module.

    Raises:
        UserError: A listed module cannot be found.
    """
    make_plugins_importable()
    folders = []
    for name in plugin_modules():
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            spec = None
        if spec is None:
            raise UserError(
                f"{PLUGINS_VARIABLE}: there is no module '{name}' to import;"
                " list installed modules, or ones in the current folder or on PYTHONPATH"
            )
        beside = [str(Path(spec.origin).parent)] if spec.origin else []
        folders += [Path(home) / "conf" for home in spec.submodule_search_locations or beside]
    return [folder for folder in folders if folder.is_dir()]
