"""Execution of the trials of a search, with a line for each as it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.markup import escape

from rnnlab.errors import RunsFailedError
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, RunFolder, add_to_plan
from rnnlab.records.reading import read_run
from rnnlab.records.stopping import asked_to_stop, stopping_on_signals
from rnnlab.sweeps.display import Display
from rnnlab.sweeps.launchers.backend import Backend, WorkerFailure
from rnnlab.sweeps.search.optuna_study import (
    FOLDERS,
    JOURNAL,
    REASON,
    drop_truncated_line,
    ended_trials,
    open_study,
    remaining_trials,
)
from rnnlab.sweeps.search.progress import SearchProgress
from rnnlab.sweeps.search.search import Search
from rnnlab.sweeps.search.space import trial_overrides
from rnnlab.sweeps.search.trial import Outcome, do_trial
from rnnlab.terminal import Terminal

LEAST = 0.005  # the share of chance by which a trial that has learned something is better


def run_search(search: Search, backend: Backend, console: Console, on_failure: str = "continue") -> Study:
    """Run trials until `search.trials` of them have ended.

    Args:
        search: The search.
        backend: Executes the trials.
        console: Prints the lines.
        on_failure: `stop` ends the search when the first trial fails.

    Raises:
        KeyboardInterrupt: The user stopped it.
        UserError: The storage holds another search.
    """
    gave_up = False
    with backend, stopping_on_signals(backend.stop), ExitStack() as shown:
        study = _open(search, console)
        left = remaining_trials(search, study)
        progress = SearchProgress(search, backend.workers, left)
        display = shown.enter_context(Display(console, left, "trials", progress.snapshot))
        while not asked_to_stop() and (count := remaining_trials(search, study)) > 0:
            outcomes = 0
            for outcome in _outcomes(search, backend, count):
                outcomes += 1
                if outcome["status"] != INTERRUPTED:
                    progress.end(outcome["seconds"])
                    display.advance()
                    console.print(_line(search, outcome), highlight=False, soft_wrap=True)
                if outcome["status"] == FAILED and on_failure == "stop":
                    gave_up = True
                    backend.stop()
            if not outcomes:  # nothing is left to choose, or every process that tried was killed
                break
        if asked_to_stop() and not gave_up:
            raise KeyboardInterrupt
    return study


def _open(search: Search, console: Console) -> Study:
    """Open the study of a search; print how many trials have ended, and a line of the journal that is dropped."""
    if drop_truncated_line(search):
        console.print(f"{search.folder / JOURNAL}: its last line was cut off and is dropped", soft_wrap=True)
    study = open_study(search)
    add_to_plan(search.folder, [name for trial in ended_trials(study) for name in trial.user_attrs.get(FOLDERS, ())])
    if done := len(ended_trials(study)):
        console.print(f"{min(done, search.trials)} of {search.trials} trials have ended already")
    return study


def _outcomes(search: Search, backend: Backend, count: int) -> Iterator[Outcome]:
    """Run so many trials, and yield the outcome of each that began and whose process lived."""
    for _, outcome in backend.map(do_trial, [search] * count):
        if outcome is not None and not isinstance(outcome, WorkerFailure):
            yield outcome


def preview_search(search: Search) -> None:
    """Print the space of a search, and how many of its trials have ended."""
    console = Terminal(highlight=False, markup=False)
    for key, distribution in search.space.items():
        console.print(f"{key}: {distribution}", soft_wrap=True)
    done = len(ended_trials(open_study(search))) if search.folder.is_dir() else 0
    runs = f", each the mean of {search.seeds} runs" if search.seeds > 1 else ""
    console.print(f"\n{done} of {search.trials} trials have ended{runs}. Nothing was trained: dry_run=true")


def best_trial(study: Study) -> FrozenTrial | None:
    """Return the best of the complete trials; None where none is complete."""
    return study.best_trial if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)) else None


def conclude(search: Search, study: Study, console: Console) -> None:
    """Print the best trial and the command that trains it.

    Raises:
        RunsFailedError: Trials failed; the message names each and its reason.
    """
    trials = ended_trials(study)
    counts = Counter(trial.state.name.lower() for trial in trials)
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    if (best := best_trial(study)) is not None:
        words = " ".join([*search.overrides, *trial_overrides(best.params)])
        console.print(
            f"{len(trials)} trials ({states}). The best is trial {best.number}: {search.metric}"
            f" {best.value:.4f} with {_short(best.params)}:",
            highlight=False,
            soft_wrap=True,
        )
        console.print(f"  rnnlab train {words}", highlight=False, soft_wrap=True, markup=False)
        if chance := _not_reached(search, trials):
            console.print(f"no trial is better than chance: {chance}", highlight=False, soft_wrap=True, markup=False)
    failed = [trial for trial in trials if trial.state == TrialState.FAIL]
    if failed:
        lines = [f"  trial {trial.number}  {trial.user_attrs.get(REASON)}{_logs(search, trial)}" for trial in failed]
        raise RunsFailedError(f"{len(failed)} of {len(trials)} trials failed:\n" + "\n".join(lines))


def _not_reached(search: Search, trials: Iterable[FrozenTrial]) -> str:
    """Return chance in words if no complete trial is clearly better than its own; '' if one is or it is unknown."""
    words = ""
    for trial in trials:
        folders = trial.user_attrs.get(FOLDERS)
        if trial.state != TrialState.COMPLETE or trial.value is None or not folders:
            continue
        run = read_run(search.folder / folders[0])
        chance = run.chance(search.metric)
        gain = chance - trial.value if search.direction == "minimize" else trial.value - chance
        if not gain <= LEAST * abs(chance):  # also where chance is unknown
            return ""
        words = f"{search.metric} {chance:.4f} ({run.summary.get('chance_model')})"
    return words


def _short(parameters: Mapping[str, Any]) -> str:
    """Return parameters with short keys, such as `cell=gru hidden_size=25 lr=0.0123`."""
    values = {key.rpartition(".")[2]: value for key, value in parameters.items()}
    return " ".join(f"{key}={f'{value:.4g}' if isinstance(value, float) else value}" for key, value in values.items())


def logs_of(search: Search, study: Study) -> list[Path]:
    """Return the logs of the runs of all trials that have ended, each once."""
    folders = dict.fromkeys(name for trial in ended_trials(study) for name in trial.user_attrs.get(FOLDERS, ()))
    return [log for name in folders if (log := RunFolder(search.folder / name).log).is_file()]


def _logs(search: Search, trial: FrozenTrial) -> str:
    folders = trial.user_attrs.get(FOLDERS, [])
    return f"\n    see {RunFolder(search.folder / folders[0]).log}" if folders else ""


def _line(search: Search, outcome: Outcome) -> str:
    head = escape(f"trial {outcome['number']}: {_short(outcome['parameters'])}")
    if outcome["status"] == COMPLETE:
        return f"{head}  {search.metric} {outcome['value']:.4f}"
    return f"{head}  {outcome['status']}: {escape(outcome.get('reason', ''))}"
