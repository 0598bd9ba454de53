"""A sweep that proceeds in rounds: it trains what a planner asks for, until the planner is done.

All that a planner is told comes from the runs' folders, which are found by the hash of what they are. So the same
command goes on where it was killed: it plans the same rounds again and trains only what is missing. On several
machines with a common folder the same command may run at the same time, and they share the runs of every round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from rnnlab.records.folder import FAILED, INTERRUPTED, add_to_plan
from rnnlab.records.rounds import RecordedRound, RecordedRounds, write_rounds
from rnnlab.sweeps.launchers.backend import Backend
from rnnlab.sweeps.plan import PlannedRun
from rnnlab.sweeps.pool import report_failures, run_all
from rnnlab.sweeps.preview import show
from rnnlab.sweeps.rehearsal import rehearse
from rnnlab.sweeps.remarks import print_remarks, print_warnings
from rnnlab.sweeps.rounds.command import SweepCommand, diverged, has_ended
from rnnlab.sweeps.rounds.kept_open import KeptOpen
from rnnlab.sweeps.rounds.planner import Done, EndedRun, Planner, Round, Words
from rnnlab.terminal import Terminal, progress_console

Summary = dict[str, Any]


@dataclass
class RoundsSoFar:
    """The rounds of a sweep that were planned, and how their runs ended.

    Attributes:
        rounds: The rounds.
        runs: The runs of each round, in the order in which the planner asked for them.
        summaries: How runs ended, by folder.
    """

    rounds: list[Round] = field(default_factory=list)
    runs: list[list[PlannedRun]] = field(default_factory=list)
    summaries: dict[Path, Summary] = field(default_factory=dict)

    def add(self, step: Round, planned: list[PlannedRun]) -> None:
        """Add a round; a run that diverged before, or needs no training, has ended with it."""
        self.rounds.append(step)
        self.runs.append(planned)
        self.settle(planned)

    def settle(self, planned: Sequence[PlannedRun]) -> None:
        """Take over how runs ended that need no training."""
        for run in planned:
            if run.folder.path not in self.summaries and not run.rerun and has_ended(summary := _summary(run)):
                self.summaries[run.folder.path] = summary or {}

    def missing(self) -> list[PlannedRun]:
        """Return the runs of the present round that have not ended, each once."""
        return list(dict.fromkeys(run for run in self.runs[-1] if run.folder.path not in self.summaries))

    def add_ahead(self, command: SweepCommand, workers: int) -> None:
        """Add as many of the runs that later rounds may ask for as the present round would leave workers idle.

        They are no part of a round that needs no training, so that a sweep which is done trains nothing more.
        """
        step, idle = self.rounds[-1], -len(self.missing()) % max(1, workers)
        planned = list(zip(step.ahead, command.plan(step.ahead[:idle]), strict=False)) if idle else []
        ahead = [(words, run) for words, run in planned if run not in self.runs[-1]]
        self.rounds[-1] = replace(step, runs=(*step.runs, *(words for words, _ in ahead)))
        self.runs[-1] = [*self.runs[-1], *(run for _, run in ahead)]
        self.settle([run for _, run in ahead])

    def all_runs(self) -> list[PlannedRun]:
        """Return the runs of all rounds, each once."""
        return list({run.folder.path: run for planned in self.runs for run in planned}.values())

    def ended(self, command: SweepCommand) -> list[EndedRun]:
        """Return what a planner is told: the runs of all rounds, of which none is missing."""
        pairs: Iterator[tuple[Words, PlannedRun]] = (
            pair
            for step, planned in zip(self.rounds, self.runs, strict=True)
            for pair in zip(step.runs, planned, strict=True)
        )
        return [command.ended(words, run, self.summaries[run.folder.path]) for words, run in pairs]


def sweep_in_rounds(name: str, planner: Planner, command: SweepCommand, backend: Backend) -> Done | None:
    """Train the rounds that a planner asks for, with a line for each run as it ends.

    Args:
        name: Of the sweeper, such as `tune`.
        planner: Says which runs come next.
        command: Makes runs of the planner's words.
        backend: Executes the runs; it is opened once.

    Returns:
        Why the planner is done; None after `dry_run=true`, which trains nothing.

    Raises:
        UserError: Something is wrong with the first round; nothing was written.
        RunsFailedError: Runs failed, or were interrupted. Runs that diverged are a result and no failure.
        KeyboardInterrupt: The user stopped it.
    """
    step = planner(())
    if isinstance(step, Done):
        return step
    so_far = RoundsSoFar()
    so_far.add(step, command.plan(step.runs))
    if backend.shares_memory:  # else the runs are done by other machines, which may have what this one lacks
        rehearse(so_far.missing())
    print_remarks(so_far.all_runs())  # only now: a refusal is one line
    if command.config.dry_run:
        _preview(planner, command, so_far, backend.workers)
        return None
    console, log = progress_console(), _Log(name, command.sweep, backend)
    with closing(KeptOpen(backend)) as kept:
        done = _work_off(planner, command, so_far, kept, console, log)
    print_warnings(so_far.all_runs())
    _report_failures(so_far, console)
    assert done is not None  # else runs were interrupted, which was raised
    Terminal(stderr=True).print(f"done: {done.reason}", highlight=False, soft_wrap=True, markup=False)
    return done


def _work_off(
    planner: Planner, command: SweepCommand, so_far: RoundsSoFar, backend: Backend, console: Console, log: _Log
) -> Done | None:
    """Train round after round; return why the planner is done, or None where runs were interrupted."""
    while True:
        if so_far.missing():
            so_far.add_ahead(command, backend.workers)
            missing = so_far.missing()
            with backend:  # nothing is written before it is ready
                log.write(so_far)
            console.print(_heading(so_far), highlight=False, soft_wrap=True, markup=False)
            summaries = run_all(missing, backend, console, command.config.on_failure)
            so_far.summaries |= {run.folder.path: end for run, end in zip(missing, summaries, strict=True)}
            if any(end["status"] == INTERRUPTED for end in summaries):
                return None
        step = planner(so_far.ended(command))
        if isinstance(step, Done):
            log.write(so_far, step)
            return step
        so_far.add(step, command.plan(step.runs))


def _preview(planner: Planner, command: SweepCommand, so_far: RoundsSoFar, workers: int) -> None:
    """Print the runs of the first round in which some are missing; with none, why the planner is done."""
    while not so_far.missing():
        step = planner(so_far.ended(command))
        if isinstance(step, Done):
            print(f"done: {step.reason}. Nothing is left to be done")
            return
        so_far.add(step, command.plan(step.runs))
    show(so_far.runs[-1], workers)
    print(f"{_heading(so_far)}{_more(so_far.rounds[-1])}")


def _heading(so_far: RoundsSoFar) -> str:
    step = so_far.rounds[-1]
    count = len(dict.fromkeys(so_far.runs[-1]))
    return f"round {len(so_far.rounds)}, {step.name}: {count} run{'s' if count != 1 else ''}"


def _more(step: Round) -> str:
    if not step.at_most:
        return "" if step.at_most is None else "; it is the last"
    return f"; at most {step.at_most} more may follow, as its results decide"


def _report_failures(so_far: RoundsSoFar, console: Console) -> None:
    """Raise an error that names the runs that failed; print how many diverged, which is a result."""
    runs = [run for run in so_far.all_runs() if run.folder.path in so_far.summaries]
    ends = [so_far.summaries[run.folder.path] for run in runs]
    if count := sum(map(diverged, ends)):
        console.print(f"{count} of {len(runs)} runs diverged, and count as worse than all others", highlight=False)
    others = [(run, end) for run, end in zip(runs, ends, strict=True) if not diverged(end)]
    report_failures([run for run, _ in others], [end for _, end in others])


def _summary(run: PlannedRun) -> Summary | None:
    try:
        summary = run.folder.read_summary()
    except ValueError:  # damaged: it is trained anew
        return None
    if summary is None or summary.get("status") == FAILED:
        return summary
    return summary if run.folder.result() or not run.folder.is_damaged() else None


@dataclass(frozen=True)
class _Log:
    """Writes rounds.json, and which runs the sweep consists of: those of a round that is over are planned nowhere else.

    Attributes:
        sweeper: The name of the sweeper.
        sweep: The sweep's folder.
        backend: What trains the runs.
    """

    sweeper: str
    sweep: Path
    backend: Backend

    def write(self, so_far: RoundsSoFar, done: Done | None = None) -> None:
        rounds = [
            RecordedRound(
                name=step.name,
                runs=[run.folder.path.name for run in planned],
                open=step.open,
                out=step.out,
                at_most=step.at_most,
                record=_plain(step.record),
            )
            for step, planned in zip(so_far.rounds, so_far.runs, strict=True)
        ]
        ending = ("", {}) if done is None else (done.reason, _plain(done.record))
        add_to_plan(self.sweep, [run.folder.path.name for run in so_far.all_runs()])
        write_rounds(self.sweep, RecordedRounds(self.sweeper, int(self.backend.workers or 0), rounds, *ending))


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    return dict(record)
