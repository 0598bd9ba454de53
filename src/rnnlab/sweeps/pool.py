"""Working off the planned runs of a sweep on this machine, with a line for each as it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rnnlab.cores import allowed_threads, available_cores
from rnnlab.errors import RunsFailedError
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.worker import execute, record_failure
from rnnlab.training.folder import COMPLETE, add_to_plan

Summary = dict[str, Any]

KILLED = "perhaps for want of memory; hydra.launcher.workers=1 needs less"


def run_all(planned: Sequence[PlannedRun], workers: int | None, console: Console) -> list[Summary]:
    """Do every planned run that is not complete yet.

    Args:
        planned: What is to be done.
        workers: Processes at a time; None for one a core.
        console: Where the lines and the overall bar go.

    Returns:
        The summary of each, in the order of `planned`.
    """
    _remember(planned)
    summaries = {run.folder.path: result for run in planned if (result := run.folder.result())}
    open_runs = [run for run in planned if run.folder.path not in summaries]
    open_runs.sort(key=lambda run: -run.work)  # the longest first, or one worker would be left alone with it at the end
    if len(open_runs) < len(planned):
        console.print(f"{len(planned) - len(open_runs)} of {len(planned)} runs are complete already")
    with _progress(console) as progress, _workers_dismissed():
        bar = progress.add_task("runs", total=len(open_runs))
        for done, (run, summary) in enumerate(_execute(open_runs, workers or available_cores()), start=1):
            summaries[run.folder.path] = summary
            progress.console.print(_line(run, summary, done, len(open_runs)), highlight=False, soft_wrap=True)
            progress.advance(bar)
    return [summaries[run.folder.path] for run in planned]


def _execute(runs: Sequence[PlannedRun], workers: int) -> Iterator[tuple[PlannedRun, Summary]]:
    """Each run with its summary, as they end.

    A worker that is killed, for want of memory for instance, takes its pool along. Those runs that had been started
    are then done again one by one, so that a run which kills its worker again is known for sure and fails alone.
    """
    left = list(runs)
    try:
        for ended in _pool(list(left), workers):
            left.remove(ended[0])
            yield ended
        return
    except TerminatedWorkerError as error:
        suspects = [run for run in left if run.folder.was_begun()]
        if not suspects:  # it was no run that killed it
            raise RunsFailedError(f"worker processes are killed before they can begin: {KILLED}") from error
    for run in suspects:
        left.remove(run)
        try:
            yield from _pool([run], workers)
        except TerminatedWorkerError:
            yield run, record_failure(run, f"its worker process was killed, {KILLED}")
    yield from _execute(left, workers)


def _pool(runs: Sequence[PlannedRun], workers: int) -> Iterator[tuple[PlannedRun, Summary]]:
    if not runs:
        return
    count = min(workers, len(runs))
    share = min(max(1, available_cores() // count), allowed_threads())
    with parallel_config(backend="loky", inner_max_num_threads=share):
        # Asked for one, joblib would work in this very process; only a person who asks for one worker gets that.
        jobs = 1 if workers == 1 else max(2, count)
        pool = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
        tasks = (delayed(_numbered)(number, Path.cwd(), run) for number, run in enumerate(runs))
        for number, summary in pool(tasks):
            yield runs[number], summary


@contextmanager
def _workers_dismissed() -> Iterator[None]:
    """Idle workers are sent away at the end; left alone they take more than a second to leave."""
    try:
        yield
    finally:
        get_reusable_executor(reuse=True).shutdown(kill_workers=True)


def _numbered(number: int, current: Path, run: PlannedRun) -> tuple[int, Summary]:
    os.chdir(current)  # a worker that is used again may have been started elsewhere
    return number, execute(run)


def _remember(planned: Sequence[PlannedRun]) -> None:
    sweeps: dict[Path, list[str]] = {}
    for run in planned:
        sweeps.setdefault(run.folder.path.parent, []).append(run.folder.path.name)
    for sweep, names in sweeps.items():
        add_to_plan(sweep, names)


def _line(run: PlannedRun, summary: Summary, done: int, total: int) -> str:
    head = escape(f"[{done:>{len(str(total))}}/{total}] {run.label}")
    if summary["status"] == COMPLETE:
        return f"{head}  val/loss {summary['objective']:.4f}  {summary['seconds']:.1f} s"
    return f"{head}  [red]{summary['status']}[/red]: {escape(summary.get('reason', ''))}"


def _progress(console: Console) -> Progress:
    """The overall bar with the time left; it is drawn in a terminal only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
