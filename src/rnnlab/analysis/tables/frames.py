"""Runs and their learning curves as pandas DataFrames, for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rnnlab.analysis.configurations import configurations
from rnnlab.analysis.criterion import criterion
from rnnlab.analysis.measure import comparable
from rnnlab.analysis.tables.ranking import in_order
from rnnlab.analysis.tables.runs_table import runs_table
from rnnlab.records.reading import Run, find_runs
from rnnlab.records.sources import named_folders

Folders = str | Path | Sequence[str | Path]


def runs_frame(folders: Folders) -> pd.DataFrame:
    """Return a DataFrame with one row a run; see `rnnlab.runs`."""
    return _table(find_runs(named_folders(folders)))


def curves_frame(folders: Folders) -> pd.DataFrame:
    """Return a DataFrame with one row a validation; see `rnnlab.curves`."""
    runs = find_runs(named_folders(folders))
    by_folder = {run.folder.as_posix(): run for run in runs}
    table = _table(runs)
    described = [name for name in table.columns[: list(table.columns).index("parameters")] if name != "rank"]
    frames = [
        pd.DataFrame(rows).assign(**{name: row[name] for name in described}, folder=row["folder"])
        for row in table.to_dict("records")
        if (rows := _validations(by_folder[row["folder"]]))
    ]
    if not frames:
        return pd.DataFrame(columns=["folder", *described, "epoch", "step", "seconds", "train/loss", "val/loss"])
    joined = pd.concat(frames, ignore_index=True)
    front = ["folder", *described, "epoch", "step", "seconds"]
    return joined[[*front, *(name for name in joined.columns if name not in front)]]


def _table(runs: Sequence[Run]) -> pd.DataFrame:
    complete = comparable([run for run in runs if run.is_complete])
    ranked = in_order(configurations(complete), criterion(None, complete, ())) if complete else []
    return runs_table(ranked, runs).infer_objects()


def _validations(run: Run) -> list[dict[str, Any]]:
    """Return the rows of metrics.csv with the seconds of training that led to them."""
    rows: list[dict[str, Any]] = [*run.curves("epoch", "step")]
    clock = [(row["step"], row["seconds"]) for row in run.timing("step", "seconds")]
    steps, elapsed = zip((0.0, 0.0), *clock, strict=True)
    for row in rows:
        row["seconds"] = float(np.interp(row["step"], steps, elapsed, right=np.nan)) if clock else np.nan
    return [{**row, "epoch": int(row["epoch"]), "step": int(row["step"])} for row in rows]
