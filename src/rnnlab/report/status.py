"""The progress of a sweep, read from its folder alone, wherever it is trained."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnnlab.analysis.configurations import plain, short_names
from rnnlab.analysis.varying import varying_keys
from rnnlab.durations import duration
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, PRUNED, RUNNING, RunFolder
from rnnlab.records.identity import identifying
from rnnlab.records.progress import Progress, progress_in
from rnnlab.records.reading import NOT_STARTED, Run, find_runs
from rnnlab.verbosity import is_quiet, is_verbose

ORDER = (RUNNING, FAILED, INTERRUPTED, NOT_STARTED, PRUNED, COMPLETE)
STYLES = {RUNNING: "cyan", FAILED: "red", INTERRUPTED: "yellow", COMPLETE: "green"}


def progress_of(folders: Iterable[Path]) -> list[Progress]:
    """Return the progress of every run, planned ones included: running ones first, complete ones last."""
    progress = [progress_in(run) for run in find_runs(folders)]
    return sorted(progress, key=lambda run: ORDER.index(run.state) if run.state in ORDER else len(ORDER))


def show(progress: Sequence[Progress], console: Console) -> None:
    """Print a line for each run and one for all; the reasons of failures stand between them.

    A run is called by the settings that vary now, whatever its folder is called, and by its folder where the command
    is verbose. A quiet command prints the last line alone.
    """
    if is_quiet():
        console.print(summary(progress))
        return
    labels = _labels([entry.run for entry in progress])
    if is_verbose():
        labels = {folder: folder.as_posix() for folder in labels}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, justify in (
        ("run", "left"),
        ("state", "left"),
        ("epoch", "right"),
        ("best", "right"),
        ("left", "right"),
    ):
        table.add_column(heading, justify=justify, no_wrap=heading != "run", overflow="fold")  # type: ignore[arg-type]
    for entry in progress:
        table.add_row(
            Text(labels[entry.run.folder]),
            Text(entry.state, STYLES.get(entry.state, "")),
            f"{entry.epochs}/{entry.planned_epochs}" if entry.epochs or entry.state == RUNNING else "",
            "" if math.isnan(entry.best) else f"{entry.best:.4f}",
            duration(entry.seconds_left),
        )
    console.print(table)
    for entry in progress:
        if entry.state == FAILED:
            console.print(Text(f"{labels[entry.run.folder]} failed: {entry.run.reason}", "red"), soft_wrap=True)
            console.print(Text(f"  see {RunFolder(entry.run.folder).log.as_posix()}"), soft_wrap=True)
    console.print(f"\n{summary(progress)}")


def _labels(runs: Sequence[Run]) -> dict[Path, str]:
    """Return a label such as `cell=gru seed=1` by folder; the folder's name where no setting varies or is known."""
    known = {run.folder: run.effects for run in runs if run.config}
    keys = short_names(varying_keys([identifying(run.effects) for run in runs if run.config]))
    labels = {
        folder: " ".join(f"{short}={_value(long, settings)}" for long, short in keys.items() if long in settings)
        for folder, settings in known.items()
    }
    uses = Counter(labels.values())  # two sweeps may have the same run
    return {
        run.folder: label if (label := labels.get(run.folder, "")) and uses[label] == 1 else run.folder.name
        for run in runs
    }


def _value(key: str, settings: Mapping[str, Any]) -> str:
    value = settings[key]
    return str(value).rpartition(".")[2] if key.endswith("._target_") else plain(value)


def summary(progress: Sequence[Progress]) -> str:
    """Count runs by state, such as `18 runs: 2 running, 4 not started, 12 complete`."""
    counts = Counter(entry.state for entry in progress)
    parts = ", ".join(
        f"{counts[state]} {state}" for state in (*ORDER, *sorted(set(counts) - set(ORDER))) if counts[state]
    )
    return f"{len(progress)} run{'s' if len(progress) != 1 else ''}: {parts}"
