"""`dry_run=true`: a table of the planned runs, none of which is trained."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from rnnlab.durations import duration
from rnnlab.records.folder import COMPLETE, INTERRUPTED, RUNNING
from rnnlab.records.identity import identity
from rnnlab.records.lock import is_claimed
from rnnlab.sweeps.order import in_mixed_order, levels_of
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.terminal import Terminal
from rnnlab.verbosity import is_quiet

Estimate = tuple[int, float]

MOST_TRIED = 24  # kinds of runs of which a few batches are trained, each for about a second
SEEDS = ("seed", "split.seed")
OF_STEPS = ("optimizer.", "scheduler.")  # keys that say how far a step goes and not what it computes


def show(planned: Sequence[PlannedRun], workers: int = 1) -> None:
    """Print a line for each planned run, in the order of `sweeps.order`: state, parameters, estimated duration here.

    Args:
        planned: The runs.
        workers: The number of processes that would share the work.
    """
    planned = in_mixed_order(planned)
    estimates = _estimates(planned)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("about", justify="right", no_wrap=True)
    left = []
    for run, (parameters, seconds) in zip(planned, estimates, strict=True):
        state = _state(run)
        if state != COMPLETE:
            left.append(seconds)
        table.add_row(run.label, state, f"{parameters:,}", "" if state == COMPLETE else duration(seconds))
    console = Terminal(highlight=False)
    if not is_quiet():
        console.print(table, "")
    console.print(_sentence(len(planned), left, workers), soft_wrap=True)


def _sentence(runs: int, left: Sequence[float], workers: int) -> str:
    head = f"{runs} run{'s' if runs != 1 else ''} in all, {runs - len(left)} complete"
    if not left:
        return f"{head}; nothing is left to be done"
    together = max(sum(left) / min(workers, len(left)), max(left))
    return f"{head}; the rest takes about {duration(together)} here. Nothing was trained: dry_run=true"


def _state(run: PlannedRun) -> str:
    if is_claimed(run.folder):
        return RUNNING
    if run.rerun:
        return "to be done again"
    try:
        summary = run.folder.read_summary() or {}
    except ValueError:  # damaged: it is trained anew, or gone on with
        summary = {}
    return str(summary.get("status") or (INTERRUPTED if run.folder.config.is_file() else "to be done"))


def _estimates(planned: Sequence[PlannedRun]) -> list[Estimate]:
    """Estimate parameters and seconds of each run, once for runs whose trainings do the same work.

    A complete run of those gives the figures; without one, a few batches are trained. Of many kinds of runs the first
    `MOST_TRIED` are tried, in which every level has its turn, and those tell the seconds of the others.
    """
    known: dict[str, Estimate] = {}
    keys = [_work(run) for run in planned]
    for key, run in zip(keys, planned, strict=True):
        if key not in known and (result := run.folder.result()):
            known[key] = int(result["parameters"]), float(result["seconds"])
    untold = [place for place, key in enumerate(keys) if key not in known]
    if not untold:
        return [known[key] for key in keys]
    from rnnlab.training.estimate import estimate  # imports torch, now that there is something to try

    tried = {keys[place]: planned[place] for place in reversed(untold)}
    for key, run in list(reversed(tried.items()))[:MOST_TRIED]:
        assert run.prepared is not None
        known[key] = estimate(run.config, run.prepared)
    return [known[key] for key in keys] if len(tried) <= MOST_TRIED else _told_by(known, keys, planned)


def _told_by(known: Mapping[str, Estimate], keys: Sequence[str], planned: Sequence[PlannedRun]) -> list[Estimate]:
    """Return what is known of runs, and of the others the size of their models and the seconds that follow."""
    from rnnlab.sweeps.time_left import LEAST, DurationModel, Measured
    from rnnlab.training.size import size_of_run

    model = DurationModel([run.config for run in planned], levels_of(planned))
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    measured = {first[key]: Measured(max(LEAST, seconds)) for key, (_, seconds) in known.items()}
    estimates = dict(known)
    for key, place in first.items():
        if key not in known:
            run = planned[place]
            assert run.prepared is not None
            estimates[key] = size_of_run(run.config, run.prepared), math.nan
    seconds = model.seconds(measured)
    return [
        estimates[key] if key in known else (estimates[key][0], float(seconds[place])) for place, key in enumerate(keys)
    ]


def _work(run: PlannedRun) -> str:
    """Return a key that is equal for runs whose trainings take as long: neither a seed nor how far a step goes does."""
    leaves = {key: _as_work(key, value) for key, value in identity(run.config).items() if key not in SEEDS}
    return json.dumps([leaves, run.sha256], sort_keys=True)


def _as_work(key: str, value: Any) -> Any:
    """Return whether there is a momentum, a decay or a dropout in place of how large it is."""
    of_steps = key.startswith(OF_STEPS) or key.endswith("dropout")
    return value != 0 if of_steps and isinstance(value, float) else value
