"""Passwords in addresses, which a run's folder does not keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LOGGER = "logger"  # the key of all loggers
# The user's name and password in an address.
PASSWORD = re.compile(r"(?<=://)[^\s/'\"<>]+@")
HIDDEN = "***@"


def without_passwords(text: str) -> str:
    """Return a text whose addresses have no user's name and password any more."""
    return PASSWORD.sub(HIDDEN, text)


def recorded(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain configuration as a run's folder keeps it: without passwords in the settings of its loggers."""
    return {**config, LOGGER: _clean(config.get(LOGGER))} if LOGGER in config else dict(config)


def _clean(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {name: _clean(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_clean(value) for value in node]
    return without_passwords(node) if isinstance(node, str) else node
