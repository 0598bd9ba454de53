"""Checks of what a study's files may not say: the environment, files elsewhere and addresses.

A study is shared, and so are its runs: their names, config.yaml, checkpoints and reports. So what is read from the
environment, which file outside the study's and the current folder is read, and which server hears of a run stands
on the command line, in rnnlab's own options or in those of a plugin, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rnnlab.errors import UserError

# An interpolation that only takes another value of the configuration; a logger's may be an address of the user's.
PLAIN_INTERPOLATION = re.compile(r"\$\{(?!(?:logger|hydra)\b)[A-Za-z_][\w.]*\}")
OPENS = re.compile(r"\$\\*\{")  # also as Hydra's grammar writes it inside a word
# Keys whose value is a path, whatever reads it.
PATHS = frozenset(
    (
        *("path", "paths", "file", "files", "folder", "folders", "dir", "dirpath", "save_dir", "root", "tokenizer"),
        *("init_from", "checkpoint", "filename", "artifact_location", "train", "validation", "test"),
    )
)
SERVICES = "lightning.pytorch.loggers."  # what the classes begin with that tell a server of a run
NAMES_AT_A_SERVICE = frozenset(
    ("_target_", "package", "experiment_name", "run_name", "project", "name", "group", "tags", "offline", "log_model")
)
ADDRESSES = frozenset(("uri", "tracking_uri", "address", "host", "entity", "base_url"))
ON_THE_COMMAND_LINE = "say it on the command line; a study may not"


class Origin(NamedTuple):
    """The sources of a configuration's values.

    Attributes:
        folder: Of `-cd`, in which the study's files lie.
        known: The values of rnnlab's own and of plugins' options, by dotted key, as they are written there.
        typed: The keys that the command line names.
    """

    folder: Path
    known: Mapping[str, str]
    typed: Collection[str]

    def is_trusted(self, key: str, value: Any) -> bool:
        """Return whether an installed option or the person at the keyboard says this."""
        parts = key.split(".")
        nodes = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
        return self.known.get(key) == str(value) or not nodes.isdisjoint(self.typed)


def check_strangers(config: Mapping[str, Any], origin: Origin) -> None:
    """Check every value that comes from the files of a study's folder.

    Args:
        config: Plain, with its interpolations.
        origin: Where its values come from.

    Raises:
        UserError: One reads the environment, a file elsewhere, or names a server; the line names its key.
    """
    for key, value in leaves(config):
        if origin.is_trusted(key, value):
            continue
        if key.rpartition(".")[2] in ADDRESSES:
            raise UserError(f"{key}={value}: {ON_THE_COMMAND_LINE} choose a server")
        if isinstance(value, str):
            _check_text(key, value, origin.folder)
    for key, value in _settings_of_services(config):
        if key.rpartition(".")[2] not in NAMES_AT_A_SERVICE and not origin.is_trusted(key, value):
            raise UserError(f"{key}: {ON_THE_COMMAND_LINE} say where a run is logged")


def check_defaults(node: Any) -> None:
    """Check the defaults list of a study, which Hydra resolves while it composes.

    Raises:
        UserError: It reads the environment.
    """
    for key, value in leaves(node, "defaults"):
        _check_interpolation(key, str(value))


def _check_interpolation(key: str, value: str) -> None:
    swept = key.startswith("hydra.")  # what is swept is read once more, as words of the command line
    rest = value if swept else PLAIN_INTERPOLATION.sub("", value)
    if OPENS.search(rest):
        raise UserError(f"{key}={value}: {ON_THE_COMMAND_LINE} read the environment or compute a value")


def _check_text(key: str, value: str, folder: Path) -> None:
    _check_interpolation(key, value)
    if not PATHS.isdisjoint(key.split(".")):
        check_path(key, value, folder)


def check_path(key: str, value: str, folder: Path) -> None:
    """Check that a path of a study leads into its own or the current folder, with all links in it.

    Raises:
        UserError: It leads elsewhere or to something hidden.
    """
    roots = (Path.cwd().resolve(), folder.resolve())
    try:
        path = Path(value)
        places = [path, *(inner for inner in path.rglob("*") if inner.is_symlink())] if path.is_dir() else [path]
        outside = next((place for place in places if not _lies_in(place.resolve(), roots)), None)
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name with a null byte
        raise UserError(f"{key}: {value!r} is no path ({error})") from error
    if outside is not None:
        raise UserError(
            f"{key}: {outside} is hidden, or outside the study's and the current folder; {ON_THE_COMMAND_LINE} read it"
        )


def _lies_in(path: Path, roots: Collection[Path]) -> bool:
    below = [path.relative_to(root).parts for root in roots if path.is_relative_to(root)]
    return any(not any(part.startswith(".") for part in parts) for parts in below)


def leaves(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every (dotted key, value) below a plain node; items of lists are counted from 0."""
    if isinstance(node, Mapping):
        items: Iterator[tuple[Any, Any]] = iter(node.items())
    elif isinstance(node, list):
        items = enumerate(node)
    else:
        yield key, node
        return
    for name, value in items:
        yield from leaves(value, f"{key}.{name}" if key else str(name))


def _settings_of_services(node: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """The (dotted key, value) of everything that a logger of a service is told."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, Mapping):
        return
    if str(node.get("_target_")).startswith(SERVICES):
        yield from ((f"{key}.{name}", value) for name, value in node.items())
    for name, value in node.items():
        yield from _settings_of_services(value, f"{key}.{name}" if key else str(name))
