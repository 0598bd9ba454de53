"""Optuna's study of a search: it chooses the next trial and stores the outcome of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GridSampler, QMCSampler, RandomSampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from rnnlab.config.plain_files import check_file
from rnnlab.errors import UserError
from rnnlab.records.folder import RUNS
from rnnlab.sweeps.search.heartbeat import heartbeat, is_alive
from rnnlab.sweeps.search.journal import CheckedJournal
from rnnlab.sweeps.search.search import Direction, Search
from rnnlab.sweeps.search.space import grid_values

# Attributes of a trial in the storage.
WORKER, REASON, DEATHS, FOLDERS = "worker", "reason", "deaths", "runs"
STOPPED: dict[str, str] = {}  # the WORKER of a trial that was interrupted
JOURNAL = "search.journal"  # in the sweep's folder
MOST_BYTES = 1 << 28  # of a journal
MAX_DEATHS = 10  # a trial whose process has died so often fails
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

optuna.logging.set_verbosity(optuna.logging.WARNING)  # a line a trial is ours


def open_study(search: Search) -> Study:
    """Open the study of a search; create it if there is none.

    Raises:
        UserError: The storage cannot be opened, or holds another search under this name.
    """
    if search.storage is not None:  # where there is no such database, no folder is made either
        _study(search.folder.absolute(), search.storage, search.name, search.direction)
    with search.lock():
        study = _study(search.folder.absolute(), search.storage, search.name, search.direction)
        fingerprint = study.user_attrs.get("search")
        if fingerprint is None:
            study.set_user_attr("search", search.fingerprint)
        elif fingerprint != search.fingerprint or study.direction.name.lower() != search.direction:
            raise UserError(
                f"hydra.sweeper.study_name={search.name}: its storage holds another search of that name, over other"
                " values or with other settings; give another name, or another sweep="
            )
    study.pruner = _pruner(search)
    return study


def check_search(search: Search) -> None:
    """Check that the sampler and the pruner of a search can be built, before its storage is created.

    Raises:
        UserError: One of them lacks a key or has a wrong value, or the sampler cannot draw from the space.
    """
    _sampler(search, 0)
    _pruner(search)


def ask(search: Search, study: Study) -> Trial | None:
    """Return the next trial, claimed by this process; None where `search.trials` have ended or are running.

    A trial whose process died or was stopped is run again under its number. Samplers and pruners depend on numbers, so
    a search that was killed goes on with the trials that it would have had.
    """
    with search.lock():
        for abandoned in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if not is_alive(abandoned.user_attrs.get(WORKER)) and (trial := _retake(search, study, abandoned)):
                return trial
        trials = study.get_trials(deepcopy=False)
        waiting = [trial.number for trial in trials if trial.state == TrialState.WAITING]
        study.sampler = _sampler(search, min(waiting, default=len(trials)))
        exhausted = isinstance(study.sampler, GridSampler) and study.sampler.is_exhausted(study)
        if exhausted or len(trials) - len(waiting) >= search.trials:
            return None
        return _claim(study, study.ask(search.space))


def _retake(search: Search, study: Study, abandoned: FrozenTrial) -> Trial | None:
    """Claim a trial whose process died, and sample its missing parameters; None where its processes die too often."""
    deaths = int(abandoned.user_attrs.get(DEATHS, 0))
    study.sampler = _sampler(search, abandoned.number)
    trial = Trial(study, abandoned._trial_id)
    if WORKER in abandoned.user_attrs and abandoned.user_attrs[WORKER] != STOPPED:
        deaths += 1
        trial.set_user_attr(DEATHS, deaths)
    if deaths >= MAX_DEATHS:
        trial.set_user_attr(REASON, f"its process died {deaths} times")
        study.tell(trial, state=TrialState.FAIL)
        return None
    for name, distribution in search.space.items():
        trial._suggest(name, distribution)
    return _claim(study, trial)


def _claim(study: Study, trial: Trial) -> Trial:
    trial.set_user_attr(WORKER, heartbeat())
    if isinstance(study.sampler, GridSampler):
        # When its last trial ends it would stop `optimize`, Optuna's own loop, which does not run here.
        study.sampler = RandomSampler()
    return trial


def release(trial: Trial) -> None:
    """Leave a trial that was stopped to whoever asks for one next."""
    trial.set_user_attr(WORKER, STOPPED)


def remaining_trials(search: Search, study: Study) -> int:
    """Return how many trials have neither ended nor are running anywhere."""
    with search.lock():
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        alive = sum(is_alive(trial.user_attrs.get(WORKER)) for trial in running)
        return search.trials - len(ended_trials(study)) - alive


def ended_trials(study: Study) -> list[FrozenTrial]:
    """Return the trials that are complete, pruned or failed."""
    return study.get_trials(deepcopy=False, states=ENDED)


@cache  # a worker does trial after trial
def _study(folder: Path, storage: str | None, name: str, direction: Direction) -> Study:
    try:
        return optuna.create_study(
            storage=_storage(folder, storage), study_name=name, direction=direction, load_if_exists=True
        )
    except UserError:
        raise
    except Exception as error:  # every database fails in a way of its own
        reason = str(error).splitlines()[0]
        if storage is None:
            file = RUNS / folder.name / JOURNAL
            raise UserError(
                f"{file}: damaged ({reason}); bring it back from a copy, or move it away to search anew"
            ) from error
        raise UserError(f"hydra.sweeper.storage={storage}: {reason}") from error


def _storage(folder: Path, url: str | None) -> BaseStorage | str:
    if url is not None:
        return url
    if (folder / JOURNAL).exists():
        _check_journal(folder / JOURNAL)
    return JournalStorage(CheckedJournal(str(folder / JOURNAL), lock_obj=_journal_lock(folder)))


def _check_journal(journal: Path) -> None:
    """Raise UserError if a journal is a pipe, a device or too large to be one."""
    try:
        check_file(journal, MOST_BYTES)
    except ValueError as error:
        raise UserError(f"{RUNS / journal.parent.name / JOURNAL}: {error}; move it away to search anew") from error


def _journal_lock(folder: Path) -> Any:
    """Return a lock that the system releases when its process dies; Optuna's own outlive it by 30 seconds."""
    file = folder / ".locks" / "journal.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(file)  # it has the methods that Optuna calls: acquire and release


def drop_truncated_line(search: Search) -> bool:
    """Drop the last line of the journal if it was cut off, by a full disk for instance; return whether it was."""
    journal = search.folder / JOURNAL
    if search.storage is not None or not journal.exists():
        return False
    _check_journal(journal)
    with _journal_lock(search.folder):
        content = journal.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole == len(content):
            return False
        with journal.open("r+b") as file:
            file.truncate(whole)
    return True


def _sampler(search: Search, number: int) -> BaseSampler:
    """Build the sampler of a trial from its number, so that a killed search goes on with the same trials."""
    keys = dict(search.sampler)
    kind = getattr(optuna.samplers, str(keys.pop("_target_")).rpartition(".")[2])
    seed = int(keys.pop("seed", None) or 0)
    if kind is GridSampler:
        keys["search_space"] = {key: grid_values(key, distribution) for key, distribution in search.space.items()}
    # All trials share one grid or sequence, and the storage records how far it is used.
    keys["seed"] = seed if kind in (GridSampler, QMCSampler) else seed + number
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # rnnlab follows changes of its interface
        sampler: BaseSampler = _build("sampler", kind, keys)
    return sampler


def _build(node: str, kind: Callable[..., Any], keys: Mapping[str, Any]) -> Any:
    try:
        return kind(**keys)
    except (TypeError, ValueError) as error:
        raise UserError(f"hydra.sweeper.{node}: {' '.join(str(error).split())}") from error


def _pruner(search: Search) -> Any:
    keys = dict(search.pruner)
    return _build("pruner", getattr(optuna.pruners, str(keys.pop("_target_")).rpartition(".")[2]), keys)
