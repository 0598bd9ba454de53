"""Grouping runs by configuration, over their seeds, and the few settings that tell configurations apart."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnlab.analysis.varying import HASH, varying_keys
from rnnlab.charts.number_format import ABSENT
from rnnlab.config.keys import short_name
from rnnlab.records.identity import tells_apart
from rnnlab.records.reading import Run, float_or_nan

# A setting may not pass for a figure of the ranking; `split.seed` may not pass for `seed`.
RESERVED = frozenset(
    {
        *("seed", "seeds", "label", "status", "folder", "parameters", "epochs", "seconds", "runs", "rank"),
        *("configuration", "seconds_to_target", "on_parameters_front", "on_seconds_front", "best_epoch", "reason"),
    }
)
METRICS = ("val_", "test_")  # how the columns of metrics begin

MOST_TYPED = 12  # significant digits of a number that a person has written
LONGEST_TYPED = 8  # characters of a number that a person has written
OF_A_KIND = ("seed", "model.hidden_size", "model.parameters", HASH)  # keys that `_identity` has in a way of its own
MOST_SAID = 3  # settings that a label says of every configuration
CHOICES = (".name", "._target_")  # how the keys of options end
BASE = "the base"  # the label of the configuration that the others change


@dataclass(frozen=True)
class Configuration:
    """Runs that are equal in everything but the seed.

    Attributes:
        label: Its name in sentences, such as `gru with hidden_size 128`.
        settings: The values of the settings that vary, by short name, as tables show them.
        runs: Its runs, one a seed, sorted by folder.
        base: The label of the base whose changes `label` names; empty where `label` names every setting.
        keys: The dotted key of each setting, by short name.
    """

    label: str
    settings: Mapping[str, Any]
    runs: tuple[Run, ...]
    base: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


def configurations(runs: Sequence[Run]) -> list[Configuration]:
    """Group complete runs by configuration; a configuration and seed that comes twice counts once.

    A seed counted twice would look like two that agree, and make any difference seem certain.
    """
    groups: dict[str, dict[Any, Run]] = {}
    identities: dict[str, dict[str, Any]] = {}
    for run in runs:
        identity = _identity(run)
        told_apart_by = {key: _whole(value) for key, value in identity.items() if tells_apart(key, value)}
        key = json.dumps(told_apart_by, sort_keys=True, default=str)
        identities[key] = {**identities.get(key, {}), **identity}
        groups.setdefault(key, {}).setdefault(run.folder if run.seed is None else str(run.seed), run)
    identities = _without_unused(identities)
    columns = short_names(varying_keys(list(identities.values())))
    if not columns:
        return [_only(tuple(seeds.values())) for seeds in groups.values()]
    settings = {key: {short: _shown(long, identities[key]) for long, short in columns.items()} for key in groups}
    base = common_base(list(settings.values()))
    said, keys = label(columns, base) if base else "", {short: long for long, short in columns.items()}
    return [
        Configuration(label(columns, values, base), values, tuple(groups[key].values()), said, keys)
        for key, values in settings.items()
    ]


def setting(run: Run, key: str) -> Any:
    """Return the value of a dotted key as a table shows it; a dash where the run has no such key."""
    identity = _identity(run) if key in OF_A_KIND else run.told_apart
    return _shown(key, {key: _whole(identity[key])} if key in identity else {})


def common_base(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the configuration of which the others change a setting or two, where there is one.

    In every setting it has the value that more than half of them have. Empty where no configuration does, or where
    the settings are so few that a label can say them all.
    """
    common = {name: Counter(row[name] for row in rows).most_common(1)[0] for name in rows[0]}
    base = {name: value for name, (value, _) in common.items()}
    is_base = len(base) > MOST_SAID and base in rows and all(2 * times > len(rows) for _, times in common.values())
    return base if is_base else {}


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Return a short name for each dotted key, or the key itself where a short name would be ambiguous."""
    keys = list(keys)
    uses = Counter(short_name(key) for key in keys)
    return {key: short if uses[short := short_name(key)] == 1 and not _is_column(short) else key for key in keys}


def _is_column(name: str) -> bool:
    """Return True if a setting of that name could pass for another column of the ranking."""
    return name in RESERVED or name.startswith(METRICS)


def _identity(run: Run) -> dict[str, Any]:
    identity = {key: value for key, value in run.told_apart.items() if key != "seed"}
    if run.config.get("model.parameters") is not None:  # cells of equal size have hidden sizes of their own
        identity.pop("model.hidden_size", None)
        identity["model.parameters"] = run.config["model.parameters"]
    # The same file name may hold other data: losses on different data must not be averaged.
    if sha256 := run.part("data").get("sha256"):
        identity[HASH] = str(sha256)[:8]
    return identity


def _without_unused(identities: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out keys that are neutral in every run: earlier runs may lack a key that later ones have."""
    used = {key for identity in identities.values() for key, value in identity.items() if tells_apart(key, value)}
    return {
        name: {key: _whole(value) for key, value in identity.items() if key in used}
        for name, identity in identities.items()
    }


def _whole(value: Any) -> Any:
    """Return 0 for 0.0: equal numbers are the same setting."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(key: str, identity: Mapping[str, Any]) -> Any:
    value = identity.get(key, ABSENT)
    if key.endswith("_target_"):
        return str(value).rpartition(".")[2]
    if value is None or isinstance(value, bool | list | dict):
        return json.dumps(value, default=str)
    return value


def label(columns: Mapping[str, str], settings: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> str:
    """Return a label: the chosen options and their settings, of which a base leaves only those that differ from it."""
    base = base or {}
    given = {
        long: short
        for long, short in columns.items()
        if settings[short] != ABSENT and (short not in base or settings[short] != base[short])
    }
    names = [str(settings[short]) for long, short in given.items() if long.endswith(CHOICES)]
    rest = [f"{short} {plain(settings[short])}" for long, short in given.items() if not long.endswith(CHOICES)]
    together = " + " if base else ", "  # a comma separates the keys that levels are made of
    return " with ".join(filter(None, [" ".join(names), together.join(rest)])) or (BASE if base else "the default")


def plain(value: Any) -> str:
    """Format the value of a setting for a table or label; different values that people type have different texts.

    What a product leaves behind them, as in 0.0006000000000000001, is no part of a value.
    """
    return f"{value:.{MOST_TYPED}g}" if isinstance(value, float) else str(value)


def in_short(value: Any) -> str:
    """Format the value of a setting for reading: a number that nobody typed has four significant digits."""
    exact = plain(value)
    return f"{value:.4g}" if isinstance(value, float) and len(exact) > LONGEST_TYPED else exact


def losses(configuration: Configuration) -> dict[Any, float]:
    """Return the validation losses of a configuration by seed, in the unit of its runs."""
    return {run.folder if run.seed is None else str(run.seed): run.loss for run in configuration.runs}


def number_of(value: Any) -> float | None:
    """Return the value of a setting as a number, or None."""
    number = float_or_nan(value)
    return None if math.isnan(number) else number


def _only(runs: tuple[Run, ...]) -> Configuration:
    """Build the only configuration, with the name of its cell as label."""
    run = runs[0]
    cell = str(run.config.get("cell.name") or run.part("hparams").get("cell") or "the model")
    return Configuration(cell, {"cell": cell}, runs)
