"""A search as plain values, which any worker can take up."""

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
from rnnlab.sweeps.search.space import Space

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Search:
    """What is searched, over what, how and how long.

    Attributes:
        sweep: The name of the folder under `runs/`.
        words: Of the command line: what all trials have.
        common: A fingerprint of that and of the data.
        space: What is searched over, by key.
        sampler: `_target_` and keys of one of Optuna's samplers.
        pruner: The same of a pruner.
        metric: What is optimised: a validation metric at the epoch with the lowest validation loss.
        direction: minimize or maximize.
        storage: A database's URL; None for a journal in the sweep's folder.
        name: Of the study in its storage.
        trials: How many are to have ended in all.
        seeds: How many runs, with seeds that follow each other, a trial is the mean of.
        most_parameters: A model with more is not trained; None for no limit.
    """

    sweep: str
    words: tuple[str, ...]
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

    @property
    def folder(self) -> Path:
        return RUNS / self.sweep

    @property
    def fingerprint(self) -> str:
        """Equal for searches whose trials can be compared."""
        space = {key: distribution_to_json(distribution) for key, distribution in sorted(self.space.items())}
        content = [self.common, space, self.metric, self.seeds, self.most_parameters]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def lock(self) -> FileLock:
        """Held while a trial is asked for, by whatever processes share the folder."""
        file = self.folder / ".locks" / "search.lock"
        file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(file)
