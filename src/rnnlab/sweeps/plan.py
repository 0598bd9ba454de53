"""What a command is going to do, found out and checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.config.rules import check_run
from rnnlab.data.prepared import data_key, prepare
from rnnlab.sweeps.identity import run_name
from rnnlab.training.folder import RUNS, RunFolder


@dataclass(frozen=True)
class PlannedRun:
    """One run to be done.

    Attributes:
        config: Resolved and plain.
        folder: Where it belongs.
        label: What sets it apart in its sweep, such as `cell=gru seed=1`.
    """

    config: dict[str, Any]
    folder: RunFolder
    label: str


def plan(configs: Iterable[Mapping[str, Any]], labels: Iterable[str] = ()) -> list[PlannedRun]:
    """Check every configuration and its data, and give each its folder; a run that is asked for twice is done once.

    Raises:
        UserError: A value is out of range, or data is missing or unreadable.
    """
    hashes: dict[str, str] = {}
    planned: dict[Path, PlannedRun] = {}
    names = iter(labels)
    for config in configs:
        check_run(config)
        key = data_key(config)
        if key not in hashes:
            hashes[key] = prepare(config).sha256
        folder = RunFolder(RUNS / str(config["sweep"]) / run_name(config, hashes[key]))
        planned.setdefault(folder.path, PlannedRun(dict(config), folder, next(names, "") or folder.path.name))
    return list(planned.values())


def labels_of(overrides: Sequence[Sequence[str]]) -> list[str]:
    """For each run of a sweep, those of its overrides that not every run has."""
    common = set(overrides[0]).intersection(*overrides) if overrides else set()
    return [" ".join(_short(override) for override in run if override not in common) for run in overrides]


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{key.rpartition('.')[2]}={value}"
