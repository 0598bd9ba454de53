"""A search as plain values, which are sent to workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock
from optuna.distributions import distribution_to_json

from rnnlab.records.folder import RUNS
from rnnlab.records.provenance import Origin
from rnnlab.sweeps.search.space import Space

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Search:
    """The settings of a search.

    Attributes:
        sweep: The name of the folder under `runs/`.
        overrides: The words of the command line that all trials have in common.
        common: A fingerprint of the overrides and of the data.
        space: The distributions of the parameters, by key.
        sampler: `_target_` and arguments of one of Optuna's samplers.
        pruner: `_target_` and arguments of one of Optuna's pruners.
        metric: The validation metric that is optimised, at the epoch with the lowest validation loss.
        direction: minimize or maximize.
        storage: A database's URL; None for a journal in the sweep's folder.
        name: The name of the study in its storage.
        trials: The number of trials in all.
        seeds: The number of runs of a trial, with consecutive seeds, whose mean is optimised.
        most_parameters: The largest number of a model's trainable parameters; None for no limit.
        origin: The command that asked for it, which its runs record.
    """

    sweep: str
    overrides: tuple[str, ...]
    common: str
    space: Space
    sampler: Mapping[str, Any]
    pruner: Mapping[str, Any]
    metric: str
    direction: Direction
    storage: str | None
    name: str
    trials: int
    seeds: int
    most_parameters: int | None
    origin: Origin

    @property
    def folder(self) -> Path:
        return RUNS / self.sweep

    @property
    def fingerprint(self) -> str:
        """A hash that is equal for searches whose trials can be compared."""
        space = {key: distribution_to_json(distribution) for key, distribution in sorted(self.space.items())}
        content = [self.common, space, self.metric, self.seeds, self.most_parameters]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def lock(self) -> FileLock:
        """Return the lock under which processes that share the folder ask for a trial."""
        file = self.folder / ".locks" / "search.lock"
        file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(file)
