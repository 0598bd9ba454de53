"""What a command is going to do, found out and checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.config.rules import check_run
from rnnlab.data.prepared import Prepared, data_key, prepare
from rnnlab.sweeps.identity import run_name
from rnnlab.training.folder import RUNS, RunFolder


@dataclass(frozen=True, eq=False)
class PlannedRun:
    """One run to be done.

    Attributes:
        config: Resolved and plain.
        prepared: The data that it names; the runs of a sweep share it.
        folder: Where it belongs.
        label: What sets it apart in its sweep, such as `cell=gru seed=1`.
    """

    config: dict[str, Any]
    prepared: Prepared
    folder: RunFolder
    label: str

    @property
    def work(self) -> int:
        """About how long it takes beside the others of its sweep: passes over the data times recurrent weights."""
        model, training = self.config["model"], self.config["trainer"]
        return int(training["max_epochs"] * model["num_layers"] * model["hidden_size"] ** 2)


def plan(configs: Iterable[Mapping[str, Any]], labels: Iterable[str] = ()) -> list[PlannedRun]:
    """Check every configuration, prepare its data, and give it its folder; what is asked for twice is done once.

    The same data is prepared once, however many runs there are. Worker processes get it mapped into their memory,
    which is what joblib does with arrays of a megabyte and more.

    Raises:
        UserError: A value is out of range, or data is missing or unreadable.
    """
    data: dict[str, Prepared] = {}
    planned: dict[Path, PlannedRun] = {}
    names = iter(labels)
    for config in configs:
        check_run(config)
        key = data_key(config)
        if key not in data:
            data[key] = prepare(config)
        folder = RunFolder(RUNS / str(config["sweep"]) / run_name(config, data[key].sha256))
        label = next(names, "") or folder.path.name
        planned.setdefault(folder.path, PlannedRun(dict(config), data[key], folder, label))
    return list(planned.values())


def labels_of(overrides: Sequence[Sequence[str]]) -> list[str]:
    """For each run of a sweep, those of its overrides that not every run has."""
    common = set(overrides[0]).intersection(*overrides) if overrides else set()
    return [" ".join(_short(override) for override in run if override not in common) for run in overrides]


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    return f"{key.rpartition('.')[2]}={value}"
