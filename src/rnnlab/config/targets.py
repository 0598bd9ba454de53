"""The one place where a name in a configuration becomes an object: an allow-list, then a call.

A study, a configuration or a checkpoint may come from a stranger, so a `_target_` reaches only public names in the
rooms of rnnlab that are made to be configured, a few named classes of torch and Lightning, and the modules that the
user of this machine lists in the environment variable RNNLAB_PLUGINS.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from rnnlab.config.locations import PLUGINS_VARIABLE, make_plugins_importable, plugin_modules
from rnnlab.errors import UserError

ROOMS = (
    "rnnlab.data.preparation",
    "rnnlab.data.sources",
    "rnnlab.nn",
    "rnnlab.probes",
    "rnnlab.reference",
    "rnnlab.report.figures",
    "rnnlab.tasks",
    "rnnlab.tensorboard",
    "rnnlab.training.callbacks",
    "rnnlab.training.loggers",
    "rnnlab.training.schedules",
)
SCALARS = (str, int, float, type(None))
OWN = "rnnlab."  # what the names of our own classes begin with
CLASSES = frozenset(
    {
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "torch.optim.SGD",
        "lightning.pytorch.callbacks.EarlyStopping",
        "lightning.pytorch.loggers.MLFlowLogger",
        "lightning.pytorch.loggers.WandbLogger",
        "rnnlab.training.averaging.AveragedWeights",
        "rnnlab.training.resuming.LastCheckpoint",
    }
)


def build(node: Mapping[str, Any], **arguments: Any) -> Any:
    """Call what `node["_target_"]` names with the node's other keys and `arguments`; nested nodes are built first.

    Raises:
        UserError: The target is not allowed, does not exist, or does not take these keys.
    """
    name = str(node["_target_"])
    target = locate(name)
    settings = {key: _build_nested(value) for key, value in node.items() if key != "_target_"}
    given = {**settings, **arguments}
    try:
        inspect.signature(target).bind(**given)
    except TypeError as error:
        raise UserError(f"{name} cannot be called with the keys {', '.join(settings) or '(none)'}: {error}") from error
    return target(**given)


def _build_nested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return build(value) if "_target_" in value else {k: _build_nested(v) for k, v in value.items()}
    return [_build_nested(item) for item in value] if isinstance(value, list) else value


def locate(target: str) -> Any:
    """The object of that dotted name, if it is allowed and lives where its name says (no walking through imports)."""
    check(target)
    module_name, _, attribute = target.rpartition(".")
    try:
        located = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"_target_: there is no '{target}' ({error})") from error
    home = getattr(located, "__module__", None)
    if not callable(located) or not (target in CLASSES or (home and _in_rooms(f"{home}.{attribute}"))):
        raise UserError(f"_target_: '{target}' is {home}.{attribute}, which a configuration may not call")
    return located


def check(target: str, key: str = "_target_") -> None:
    """Refuse a name outside the allow-list, without importing anything.

    Raises:
        UserError: The target is not allowed; the line names `key`.
    """
    make_plugins_importable()
    if target not in CLASSES and not _in_rooms(target):
        raise UserError(
            f"{key}: '{target}' is not something a configuration may call; allowed are rnnlab's own classes and the"
            f" modules listed in the environment variable {PLUGINS_VARIABLE}"
        )


def targets(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every (dotted key, target) below a plain configuration node."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            inner = f"{key}.{name}" if key else str(name)
            if name == "_target_":
                yield inner, str(value)
            elif not isinstance(value, SCALARS):
                yield from targets(value, inner)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from targets(value, f"{key}.{index}")


def _in_rooms(target: str) -> bool:
    """Return whether a target is a public name of a room, or anything in a plugin."""
    if target.startswith(OWN) and any(name.startswith("_") for name in target.split(".")):
        return False
    return any(target.startswith(f"{room}.") for room in (*ROOMS, *plugin_modules()))
