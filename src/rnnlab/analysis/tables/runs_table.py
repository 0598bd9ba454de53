"""The table of all runs: results.csv."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from rnnlab.analysis.configurations import Configuration
from rnnlab.config.keys import short_name
from rnnlab.records.reading import Run

HPARAMS = (
    *("task", "data", "cell", "hidden_size", "num_layers", "embedding_size"),
    *("sequence_length", "dropout", "lr", "batch_size", "seed", "parameters"),
)
RESULTS = ("epochs", "best_epoch", "seconds")


def runs_table(ranked: Sequence[Configuration], runs: Sequence[Run]) -> pd.DataFrame:
    """Build the table of runs: ranked runs in the order of the ranking, by seed, then runs without a result, by folder.

    Columns: `rank` and `configuration` (empty where a run is not ranked), hyperparameters and what else tells
    the configurations apart, the metrics of the best epoch (`val/…`) and of the test (`test/…`),
    losses in the unit of the runs, `epochs`, `best_epoch` (from 0, as in metrics.csv), `seconds`, `status`,
    `reason` and `folder`.
    """
    rows = [
        _row(run, {"rank": rank, "configuration": entry.label, **entry.settings})
        for rank, entry in enumerate(ranked, start=1)
        for run in sorted(entry.runs, key=_by_seed)
    ]
    shown = {run.folder for entry in ranked for run in entry.runs}
    rows += [_row(run, {}) for run in runs if run.folder not in shown]
    metrics = sorted({key for row in rows for key in row if "/" in key}, key=_by_part)
    settings = [key for entry in ranked[:1] for key in entry.settings if key not in HPARAMS]
    others = {key: None for row in rows for key in row["hparams"] if key not in HPARAMS}
    columns = dict.fromkeys(
        [
            "rank",
            "configuration",
            *HPARAMS,
            *others,
            *settings,
            *metrics,
            *RESULTS,
            "status",
            "reason",
            "folder",
        ]
    )
    return pd.DataFrame([{**row["hparams"], **row} for row in rows], columns=list(columns), dtype=object)


def _row(run: Run, place: dict[str, Any]) -> dict[str, Any]:
    return {
        **place,
        "hparams": {**_configured(run), **run.part("hparams")},
        **{key: value for part in ("best", "test") for key, value in run.metrics(part).items()},
        **{key: run.summary.get(key) for key in RESULTS},
        "status": run.status,
        "reason": run.reason,
        "folder": run.folder.as_posix(),
    }


def _configured(run: Run) -> dict[str, Any]:
    """Return the hyperparameters of a run's configuration, for a run without a summary."""
    return {name: run.config[key] for name, key in _hparams_in(tuple(run.config))}


@lru_cache(1 << 10)
def _hparams_in(keys: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the hyperparameters that a configuration with these keys has, each with the outermost key of its name."""
    outermost_last = sorted(keys, key=lambda key: -key.count("."))
    known = {short_name(key): key for key in outermost_last if not key.endswith("_target_")}
    return tuple((name, known[name]) for name in HPARAMS if name in known)


def _by_seed(run: Run) -> tuple[float, str]:
    return (run.seed if isinstance(run.seed, int) else -1, run.folder.as_posix())


def _by_part(metric: str) -> tuple[int, int, str]:
    """Return the sort key of a metric: validation before test, the loss before other metrics."""
    part, _, name = metric.partition("/")
    return (
        ("train", "val", "test").index(part) if part in ("train", "val", "test") else 3,
        name != "loss",
        metric,
    )
