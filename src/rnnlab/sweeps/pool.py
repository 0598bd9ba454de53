"""Execution of the planned runs of a sweep, with a line for each as it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from rnnlab.errors import RunsFailedError
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, RUNNING, add_to_plan
from rnnlab.records.reading import read_run
from rnnlab.records.stopping import asked_to_stop, stopping_on_signals
from rnnlab.sweeps.closing import result_of
from rnnlab.sweeps.display import Display
from rnnlab.sweeps.launchers.backend import Backend, WorkerFailure
from rnnlab.sweeps.order import in_mixed_order
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.progress import SweepProgress
from rnnlab.sweeps.worker import execute, execute_or_wait, record_failure
from rnnlab.verbosity import is_verbose

Summary = dict[str, Any]

CONTINUE, STOP = "continue", "stop"


def run_all(
    planned: Sequence[PlannedRun], backend: Backend, console: Console, on_failure: str = CONTINUE
) -> list[Summary]:
    """Execute every planned run that is not complete yet, in the order of `sweeps.order`.

    Args:
        planned: The runs.
        backend: Executes the runs.
        console: Prints the lines, and in a terminal the bar.
        on_failure: `stop` ends the sweep when the first run fails; running ones write a checkpoint.

    Returns:
        The summaries, in the order of `planned`; the status of a run that was not executed is `interrupted`.

    Raises:
        KeyboardInterrupt: The user stopped it.
    """
    complete = {run.folder.path: result for run in planned if not run.rerun and (result := run.folder.result())}
    summaries = {run.folder.path: complete.get(run.folder.path, {"status": INTERRUPTED}) for run in planned}
    order = in_mixed_order(planned)
    open_runs = [run for run in order if run.folder.path not in complete]
    if complete:
        console.print(f"{len(complete)} of {len(planned)} runs are complete already")
    if not open_runs:  # no cluster is started
        _remember(planned)
        return list(summaries.values())
    progress, done, gave_up = SweepProgress(order, complete, backend.workers), 0, False
    display = Display(console, len(open_runs), "runs", progress.snapshot)
    with backend, stopping_on_signals(backend.stop), display:
        _remember(planned)  # now that the backend is ready
        for run, summary in _work_off(open_runs, backend, console):
            summaries[run.folder.path] = summary
            if summary["status"] == INTERRUPTED:
                continue
            done += 1
            progress.end(run, summary)
            display.advance()
            console.print(_lines(run, summary, done, len(open_runs)), highlight=False, soft_wrap=True)
            if done == 1 or done == len(open_runs):
                _describe(planned)
            if summary["status"] == FAILED and on_failure == STOP:
                gave_up = True
                backend.stop()
        if asked_to_stop() and not gave_up:
            raise KeyboardInterrupt
    return list(summaries.values())


def report_failures(planned: Sequence[PlannedRun], summaries: Sequence[Summary]) -> None:
    """Raise an error with a table of the runs that failed, if any did.

    Raises:
        RunsFailedError: Runs failed, and the message names their reasons and logs; or runs were interrupted.
    """
    failed = [(run, end) for run, end in zip(planned, summaries, strict=True) if end["status"] == FAILED]
    interrupted = sum(end["status"] == INTERRUPTED for end in summaries)
    if interrupted and not failed:  # a user has ended a worker
        raise RunsFailedError(
            f"{interrupted} of {len(planned)} runs were interrupted; the same command again goes on with them"
        )
    if not failed:
        return
    stopped = f"; {interrupted} more were not done, the same command again goes on with them" if interrupted else ""
    width = max(len(run.label) for run, _ in failed)
    lines = [
        f"  {run.label:<{width}}  {end.get('reason')}\n  {'':<{width}}  see {run.folder.log}" for run, end in failed
    ]
    raise RunsFailedError(f"{len(failed)} of {len(planned)} runs failed{stopped}:\n" + "\n".join(lines))


def _work_off(runs: Sequence[PlannedRun], backend: Backend, console: Console) -> Iterator[tuple[PlannedRun, Summary]]:
    """Yield runs with their summaries as they end; those that other processes train come last."""
    elsewhere = []
    items = runs if backend.shares_memory else [replace(run, prepared=None) for run in runs]
    for number, result in backend.map(execute, items):
        summary = _summary(runs[number], result)
        if summary["status"] == RUNNING:
            elsewhere.append(items[number])
        else:
            yield runs[number], summary
    if elsewhere:
        console.print(f"{len(elsewhere)} of the runs are being trained by another process; waiting for it")
        for number, result in backend.map(execute_or_wait, elsewhere):
            yield elsewhere[number], _summary(elsewhere[number], result)


def _summary(run: PlannedRun, result: Summary | WorkerFailure) -> Summary:
    return record_failure(run, result.reason) if isinstance(result, WorkerFailure) else result


def _remember(planned: Sequence[PlannedRun]) -> None:
    sweeps: dict[Path, list[str]] = {}
    for run in planned:
        sweeps.setdefault(run.folder.path.parent, []).append(run.folder.path.name)
    for sweep, names in sweeps.items():
        add_to_plan(sweep, names)


def _describe(planned: Sequence[PlannedRun]) -> None:
    """Tell TensorBoard what the sweep varies."""
    from rnnlab.tensorboard.overview.experiment import (
        describe_sweep,  # imports TensorBoard, once there is something to see
    )

    configs = {run.folder.path: run.config for run in planned}
    for sweep in dict.fromkeys(path.parent for path in configs):
        describe_sweep(sweep, configs)


def _lines(run: PlannedRun, summary: Summary, done: int, total: int) -> str:
    """Return how a run ended in a line; in a verbose command two more have its test and its folder."""
    head = escape(f"[{done:>{len(str(total))}}/{total}] {run.label}")
    if summary["status"] == COMPLETE:
        more = [result_of(read_run(run.folder.path)), f"in {run.folder.path.absolute()}"] if is_verbose() else []
        end = f"val/loss {summary['metrics']['best']['val/loss']:.4f}  {summary['seconds']:.1f} s"
        return "\n  ".join([f"{head}  {end}", *map(escape, more)])
    return f"{head}  [red]{summary['status']}[/red]: {escape(summary.get('reason', ''))}"
