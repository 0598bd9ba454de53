"""Optuna says which trial is next, and keeps what became of each."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GridSampler, QMCSampler, RandomSampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from rnnlab.errors import UserError
from rnnlab.sweeps.search.liveness import is_alive, signature
from rnnlab.sweeps.search.search import Direction, Search

# What a trial says of itself in the storage.
WORKER, REASON, DIED, DEATHS, FOLDERS = "worker", "reason", "died", "deaths", "runs"
MOST_DEATHS = 10  # a trial whose process dies so often is left alone
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

optuna.logging.set_verbosity(optuna.logging.WARNING)  # a line a trial is ours


def open_study(search: Search) -> Study:
    """The search's study, created where it does not exist yet.

    Raises:
        UserError: The storage cannot be opened, or holds another search under this name.
    """
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


def ask(search: Search, study: Study) -> Trial | None:
    """The next trial, marked as this process's; None where as many as were wished for have ended or are running."""
    with search.lock():
        for running in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if not is_alive(running.user_attrs.get(WORKER)):
                give_back(study, running)
        trials = study.get_trials(deepcopy=False)
        study.sampler = _sampler(search, len(trials))
        exhausted = isinstance(study.sampler, GridSampler) and study.sampler.is_exhausted(study)
        if exhausted or sum(map(_counts, trials)) >= search.trials:
            return None
        trial = study.ask(search.space)
        trial.set_user_attr(WORKER, signature())
        if isinstance(study.sampler, GridSampler):
            # When its last trial ends it would stop `optimize`, Optuna's own loop, which does not run here.
            study.sampler = RandomSampler()
        return trial


def give_back(study: Study, trial: FrozenTrial | Trial) -> None:
    """A trial that was not brought to an end fails, and is tried again as another one."""
    parameters, attributes = trial.params, trial.user_attrs
    deaths = int(attributes.get(DEATHS, 0)) + 1
    retried = bool(parameters) and deaths < MOST_DEATHS
    live = Trial(study, trial._trial_id)
    live.set_user_attr(REASON, "its process died")
    live.set_user_attr(DIED, retried or not parameters)
    study.tell(trial.number, state=TrialState.FAIL)
    if retried:
        study.enqueue_trial(parameters, user_attrs={DEATHS: deaths})


def left(search: Search, study: Study) -> int:
    """How many trials have neither ended nor are running anywhere."""
    with search.lock():
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        alive = sum(is_alive(trial.user_attrs.get(WORKER)) for trial in running)
        return search.trials - len(ended(study)) - alive


def ended(study: Study) -> list[FrozenTrial]:
    """The trials that came to an end of their own."""
    return [trial for trial in study.get_trials(deepcopy=False, states=ENDED) if _counts(trial)]


def _counts(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.RUNNING or (trial.state in ENDED and not trial.user_attrs.get(DIED))


@cache  # a worker does trial after trial
def _study(folder: Path, storage: str | None, name: str, direction: Direction) -> Study:
    try:
        return optuna.create_study(
            storage=_storage(folder, storage), study_name=name, direction=direction, load_if_exists=True
        )
    except Exception as error:  # every database fails in a way of its own
        raise UserError(f"hydra.sweeper.storage={storage}: {str(error).splitlines()[0]}") from error


def _storage(folder: Path, url: str | None) -> BaseStorage | str:
    if url is not None:
        return url
    return JournalStorage(JournalFileBackend(str(folder / "search.journal")))


def _sampler(search: Search, number: int) -> BaseSampler:
    """The sampler for a trial; new for each, so that a search which was killed goes on as if it had not been."""
    keys = dict(search.sampler)
    kind = getattr(optuna.samplers, str(keys.pop("_target_")).rpartition(".")[2])
    seed = int(keys.pop("seed", None) or 0)
    if kind is GridSampler:
        keys["search_space"] = {key: _values(key, distribution) for key, distribution in search.space.items()}
    # A grid and a sequence are the same for all trials, and the storage says how far through them it is.
    keys["seed"] = seed if kind in (GridSampler, QMCSampler) else seed + number
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # that its interface may change is ours to follow
        sampler: BaseSampler = kind(**keys)
    return sampler


def _values(key: str, distribution: Any) -> list[Any]:
    if hasattr(distribution, "choices"):
        return list(distribution.choices)
    if getattr(distribution, "step", None) is None:
        raise UserError(f"{key}: the sampler grid needs choices or a range, not an interval")
    return list(range(distribution.low, distribution.high + 1, distribution.step))


def _pruner(search: Search) -> Any:
    keys = dict(search.pruner)
    return getattr(optuna.pruners, str(keys.pop("_target_")).rpartition(".")[2])(**keys)
