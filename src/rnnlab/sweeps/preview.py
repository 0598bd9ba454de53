"""`dry_run=true`: a table of the planned runs, none of which is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.table import Table

from rnnlab.durations import duration
from rnnlab.records.folder import COMPLETE, INTERRUPTED, RUNNING
from rnnlab.records.identity import identity
from rnnlab.records.lock import is_claimed
from rnnlab.sweeps.order import in_mixed_order
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.terminal import Terminal
from rnnlab.verbosity import is_quiet

Estimate = tuple[int, float]


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
    """Estimate parameters and seconds of each run, once for runs that differ in their seed only.

    A complete run of those gives the figures; without one, a few batches are trained.
    """
    estimates: dict[str, Estimate] = {}
    keys = [_but_for_its_seed(run) for run in planned]
    for key, run in zip(keys, planned, strict=True):
        if result := run.folder.result():
            estimates[key] = int(result["parameters"]), float(result["seconds"])
    for key, run in zip(keys, planned, strict=True):
        if key not in estimates:
            from rnnlab.training.estimate import estimate  # imports torch, now that there is something to try

            assert run.prepared is not None
            estimates[key] = estimate(run.config, run.prepared)
    return [estimates[key] for key in keys]


def _but_for_its_seed(run: PlannedRun) -> str:
    leaves = {key: value for key, value in identity(run.config).items() if key != "seed"}
    return json.dumps([leaves, run.sha256], sort_keys=True)
