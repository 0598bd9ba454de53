"""What a process does with one trial of a search."""

from __future__ import annotations

from typing import Any

from optuna.study import Study
from optuna.trial import Trial, TrialState

from rnnlab.config.compose import compose_train, plain
from rnnlab.errors import UserError
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, PRUNED, add_to_plan
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.plan import PlannedRun, plan
from rnnlab.sweeps.search.liveness import signs_of_life
from rnnlab.sweeps.search.optuna_study import FOLDERS, REASON, WORKER, abandon, ask, open_study
from rnnlab.sweeps.search.search import Search
from rnnlab.sweeps.search.space import words_of
from rnnlab.sweeps.worker import execute_after_others, prepared_here

Outcome = dict[str, Any]


def do_trial(search: Search) -> Outcome | None:
    """Ask for the next trial and do it; None where there is none to be done.

    Returns:
        Its `number`, `status`, `parameters` (those searched over) and, as it ended, `value` or `reason`.
    """
    if asked_to_stop():
        return None
    study = open_study(search)
    trial = ask(search, study)
    if trial is None:
        return None
    with signs_of_life(lambda signed: trial.set_user_attr(WORKER, signed)):
        outcome = _outcome(search, trial)
    if outcome["status"] == INTERRUPTED:
        abandon(trial)
    else:
        _tell(study, trial, outcome)
    return {"number": trial.number, "parameters": trial.params, **outcome}


def _outcome(search: Search, trial: Trial) -> Outcome:
    """The mean over the seeds; what ends a run before its time ends the trial."""
    try:
        planned = _planned(search, trial)
    except UserError as error:  # a value that no run may have
        return {"status": FAILED, "reason": str(error)}
    values = []
    for number, run in enumerate(planned):
        add_to_plan(run.folder.path.parent, [run.folder.path.name])
        callbacks = _callbacks(search, trial) if number == 0 else []
        summary = execute_after_others(run, callbacks)
        if summary["status"] != COMPLETE:
            return {"status": summary["status"], "reason": summary.get("reason", "")}
        values.append(summary["metrics"]["best"].get(search.metric))
    if None in values:
        return {"status": FAILED, "reason": f"no finite {search.metric} was measured"}
    return {"status": COMPLETE, "value": sum(values) / len(values)}


def _planned(search: Search, trial: Trial) -> list[PlannedRun]:
    words = [*search.words, *words_of(trial.params)]
    config = plain(compose_train(words)[1])
    seeds = [config["seed"] + number for number in range(search.seeds)]
    planned = plan(
        [{**config, "seed": seed} for seed in seeds],
        [f"trial {trial.number} seed={seed}" for seed in seeds],
        prepared_here,
        [[*(word for word in words if not word.startswith("seed=")), f"seed={seed}"] for seed in seeds],
    )
    trial.set_user_attr(FOLDERS, [run.folder.path.name for run in planned])
    return planned


def _callbacks(search: Search, trial: Trial) -> list[Any]:
    from rnnlab.sweeps.search.pruning import LimitedParameters, Pruning  # imports Lightning

    limit = [] if search.most_parameters is None else [LimitedParameters(search.most_parameters)]
    return [*limit, Pruning(trial, search.metric)]


def _tell(study: Study, trial: Trial, outcome: Outcome) -> None:
    if reason := outcome.get("reason"):
        trial.set_user_attr(REASON, reason)
    if outcome["status"] == COMPLETE:
        study.tell(trial, outcome["value"])
    else:
        study.tell(trial, state=TrialState.PRUNED if outcome["status"] == PRUNED else TrialState.FAIL)
