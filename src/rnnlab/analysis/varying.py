"""The settings that tell configurations apart, without those that follow from another."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rnnlab.charts.number_format import ABSENT
from rnnlab.config.keys import short_name

# A group's choice is named by one of these; they head whatever else in the group follows from the choice.
HEADS = ("name", "enabled", "_target_", "path")
FIRST = ("task", "data", "cell")
HASH = "data.sha256"  # of the data, beside the keys of the configuration


def varying_keys(identities: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the dotted keys that tell configurations apart, without those that follow from the option of a group.

    With `data.name` in names and file, `data.reader._target_` differs as well, but says nothing new; nor does a key
    that hands on the value of another, or the hash of data that was generated as other keys say.
    """
    keys = dict.fromkeys(key for identity in identities for key in identity)
    columns = {key: _column(key, identities) for key in keys}
    partial = {key for key in keys if any(key not in identity for identity in identities)}
    varying = {key: values for key, values in columns.items() if len(set(values)) > 1}
    for head in sorted(varying, key=lambda key: (key.count("."), _rank(key))):
        if head in varying and head.count(".") and _rank(head) < len(HEADS):
            implied = {
                key for key in varying if _comes_with(key, head, partial) and _follows(columns[key], columns[head])
            }
            varying = {key: values for key, values in varying.items() if key not in implied}
    implied = {key for key in varying if (_is_inner(key) or key in partial) and _repeats(key, varying, identities)}
    if _follows_all(
        columns.get(HASH, ()), [columns[key] for key in varying if _is_of_data(key) and key not in implied]
    ):
        implied.add(HASH)
    return sorted((key for key in varying if key not in implied), key=lambda key: _place(short_name(key)))


def _column(key: str, identities: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the values of a key as JSON, in which 1 is not 1.0."""
    known: dict[str, str] = {}
    return tuple(_as_json(identity.get(key), known) for identity in identities)


def _as_json(value: Any, known: dict[str, str]) -> str:
    if (text := repr(value)) not in known:
        known[text] = json.dumps(value, default=str)
    return known[text]


def _comes_with(key: str, head: str, partial: Collection[str]) -> bool:
    """Return True if a key belongs to the option that the head names, rather than being set for every option.

    `optimizer.momentum` comes with sgd alone; `optimizer.lr` is a setting in its own right.
    """
    group = head.rpartition(".")[0] + "."
    if key == head or not key.startswith(group):
        return False
    nested = "." in key.removeprefix(group)
    return nested or key in partial or key.rpartition(".")[2] in (*HEADS, "sha256")


def _follows(values: tuple[str, ...], heads: tuple[str, ...]) -> bool:
    """Return True if each value of the head goes with one value only."""
    return len(set(zip(heads, values, strict=True))) == len(set(heads))


def _is_inner(key: str) -> bool:
    return key.count(".") > 1


def _is_of_data(key: str) -> bool:
    return key.startswith("data.") and key != HASH


def _repeats(key: str, others: Iterable[str], identities: Sequence[Mapping[str, Any]]) -> bool:
    """Return True if a key always has the value of another, shallower one; a single value may be chance."""
    having = [identity for identity in identities if key in identity]
    several = len({json.dumps(identity[key], default=str) for identity in having}) > 1
    return several and any(
        not _is_inner(other)
        and other != key
        and all(identity.get(other, ABSENT) == identity[key] for identity in having)
        for other in others
    )


def _follows_all(values: Sequence[str], heads: Sequence[tuple[str, ...]]) -> bool:
    """Return True if each combination of the heads' values goes with one value only."""
    combined = tuple(map(str, zip(*heads, strict=True)))
    return bool(values) and bool(combined) and _follows(tuple(values), combined)


def _rank(key: str) -> int:
    last = key.rpartition(".")[2]
    return HEADS.index(last) if last in HEADS else len(HEADS)


def _place(short: str) -> int:
    return FIRST.index(short) if short in FIRST else len(FIRST)
