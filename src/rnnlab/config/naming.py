"""What a dotted key is called where there is room for a word only."""

from __future__ import annotations

NAMED_BY_PARENT = frozenset({"name", "_target_", "enabled"})


def short_name(key: str) -> str:
    """The last part of a dotted key; `cell.name` and `optimizer._target_` are called by their group."""
    parts = key.split(".")
    return parts[-2] if len(parts) > 1 and parts[-1] in NAMED_BY_PARENT else parts[-1]
