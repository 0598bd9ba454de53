"""Dotted keys: the leaves of a nested configuration, and what a key is called where there is room for a word only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SCALARS = (str, int, float, list, type(None))
NAMED_BY_PARENT = frozenset({"name", "_target_", "enabled"})


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a nested configuration as (dotted key, value)."""
    leaves: list[tuple[str, Any]] = []
    _flatten(config, f"{prefix}." if prefix else "", leaves)
    return iter(leaves)


def _flatten(config: Mapping[str, Any], prefix: str, leaves: list[tuple[str, Any]]) -> None:
    for name, value in config.items():
        if isinstance(value, SCALARS) or not (isinstance(value, Mapping) and value):  # to ask for a Mapping is slow
            leaves.append((f"{prefix}{name}", value))
        else:
            _flatten(value, f"{prefix}{name}.", leaves)


def short_name(key: str) -> str:
    """The last part of a dotted key; `cell.name` and `optimizer._target_` are called by their group."""
    parts = key.split(".")
    return parts[-2] if len(parts) > 1 and parts[-1] in NAMED_BY_PARENT else parts[-1]
