"""Execution of one trial of a search."""

from __future__ import annotations

import time
from typing import Any

from optuna.study import Study
from optuna.trial import Trial, TrialState

from rnnlab.config.compose import compose_train, plain
from rnnlab.errors import UserError
from rnnlab.records.folder import COMPLETE, FAILED, INTERRUPTED, PRUNED, add_to_plan
from rnnlab.records.stopping import asked_to_stop
from rnnlab.sweeps.plan import PlannedRun, plan
from rnnlab.sweeps.search.heartbeat import heartbeats
from rnnlab.sweeps.search.objective import LOSS
from rnnlab.sweeps.search.optuna_study import FOLDERS, REASON, WORKER, ask, open_study, release
from rnnlab.sweeps.search.search import Search
from rnnlab.sweeps.search.space import trial_overrides
from rnnlab.sweeps.worker import execute_or_wait, prepared_by_key

Outcome = dict[str, Any]


def do_trial(search: Search) -> Outcome | None:
    """Ask Optuna for the next trial and run it; return None where there is none.

    Returns:
        Its `number`, `status`, `parameters` (those searched over), `seconds` and, as it ended, `value` or `reason`.
    """
    if asked_to_stop():
        return None
    study = open_study(search)
    trial = ask(search, study)
    if trial is None:
        return None
    started = time.monotonic()
    with heartbeats(lambda beat: trial.set_user_attr(WORKER, beat)):
        outcome = _outcome(search, trial)
    if outcome["status"] == INTERRUPTED:
        release(trial)
    else:
        _tell(study, trial, outcome)
    return {"number": trial.number, "parameters": trial.params, "seconds": time.monotonic() - started, **outcome}


def _outcome(search: Search, trial: Trial) -> Outcome:
    """Train the runs of a trial and return their mean; a run that fails or is pruned ends the trial."""
    try:
        planned = _planned(search, trial)
    except UserError as error:  # a value that no run may have
        return {"status": FAILED, "reason": str(error)}
    values = []
    for number, run in enumerate(planned):
        add_to_plan(run.folder.path.parent, [run.folder.path.name])
        callbacks = _callbacks(search, trial) if number == 0 else []
        summary = execute_or_wait(run, callbacks)
        if summary["status"] != COMPLETE:
            return {"status": summary["status"], "reason": summary.get("reason", "")}
        values.append(summary["metrics"]["best"].get(search.metric))
    if None in values:
        return {"status": FAILED, "reason": f"no finite {search.metric} was measured"}
    return {"status": COMPLETE, "value": sum(values) / len(values)}


def _planned(search: Search, trial: Trial) -> list[PlannedRun]:
    words = [*search.overrides, *trial_overrides(trial.params)]
    config = _ranked_by(search.metric, plain(compose_train(words)[1]))
    seeds = [config["seed"] + number for number in range(search.seeds)]
    planned = plan(
        [{**config, "seed": seed} for seed in seeds],
        [f"trial {trial.number} seed={seed}" for seed in seeds],
        prepared_by_key,
        [[*(word for word in words if not word.startswith("seed=")), f"seed={seed}"] for seed in seeds],
        [key for name in search.space for key in (name, f"{name}.name", f"{name}._target_")],
        search.origin,
    )
    trial.set_user_attr(FOLDERS, [run.folder.path.name for run in planned])
    return planned


def _ranked_by(metric: str, config: dict[str, Any]) -> dict[str, Any]:
    """Let the report of a search rank its runs by what it optimises, unless `compare.metric` asks otherwise."""
    if metric == LOSS or config["compare"]["metric"] is not None:
        return config
    return {**config, "compare": {**config["compare"], "metric": metric}}


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
