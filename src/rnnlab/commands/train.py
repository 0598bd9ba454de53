"""`rnnlab train`: one run, or with -m a sweep of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig

from rnnlab.config.compose import compose_train, plain, readable_errors
from rnnlab.config.locations import conf_folder
from rnnlab.errors import RunsFailedError, UserError

if TYPE_CHECKING:
    from rnnlab.sweeps.plan import PlannedRun
    from rnnlab.training.run import TrainingRun


def main(arguments: list[str]) -> int:
    """Check everything, then hand over to Hydra, which runs or sweeps.

    Raises:
        UserError: Something in the arguments, the configuration or the data is wrong; nothing was written.
        RunsFailedError: Runs failed; their folders say why.
    """
    mode, config = compose_train(arguments)
    from rnnlab.sweeps.plan import plan  # imports NumPy, now that the configuration is known to be right

    jobs: list[PlannedRun] = []
    if mode is RunMode.RUN:
        with readable_errors("train"):
            jobs = plan([plain(config)])

    problems: list[Exception] = []

    if mode is RunMode.RUN and config.dry_run:
        from rnnlab.sweeps.preview import show

        show(jobs)
        return 0

    def train(config: DictConfig) -> None:
        try:  # Hydra prints a line of its own about an exception that leaves here
            for job in jobs or plan([plain(config)]):
                _train(job)
        except (UserError, RunsFailedError, OSError) as problem:
            problems.append(problem)

    _run_hydra(train, arguments)
    for problem in problems:
        raise problem
    return 0


def _run_hydra(function: Any, arguments: list[str]) -> None:
    """Hydra reads the arguments of its application from sys.argv."""
    GlobalHydra.instance().clear()
    before, sys.argv = sys.argv, ["rnnlab train", *arguments]
    try:
        with readable_errors("train"):
            hydra.main(config_path=str(conf_folder()), config_name="train", version_base="1.3")(function)()
    finally:
        sys.argv = before


def _train(run: PlannedRun) -> None:
    """Train one run in this process, unless it is complete.

    Raises:
        UserError: It cannot be carried out on this machine; nothing was written.
        RunsFailedError: It failed.
        KeyboardInterrupt: The user stopped it.
    """
    if _is_complete(run):
        return
    from rnnlab.records.lock import claimed
    from rnnlab.records.stopping import stopping_on_signals
    from rnnlab.training.run import TrainingRun  # imports torch, now that there is something to train

    assert run.prepared is not None
    ready = TrainingRun(run.config, run.folder, run.prepared, run.origin, progress=True)
    with stopping_on_signals(), claimed(run.folder, wait=True, say=print) as mine:
        if not mine:
            raise KeyboardInterrupt
        if not _is_complete(run):
            _execute(ready, run)


def _is_complete(run: PlannedRun) -> bool:
    result = None if run.again else run.folder.result()
    if result:
        print(f"{run.folder.path} is complete already: val/loss {result['metrics']['best']['val/loss']:.4f}")
    return bool(result)


def _execute(ready: TrainingRun, run: PlannedRun) -> None:
    print(f"{run.folder.path}: {ready.parameters:,} parameters")
    summary = ready.execute(again=run.again)
    if summary["status"] != "complete":
        raise RunsFailedError(f"{run.folder.path} failed: {summary['reason']} (see {run.folder.log})")
    best, test = summary["metrics"]["best"], summary["metrics"]["test"]
    losses = f"val/loss {best['val/loss']:.4f}, test/loss {test['test/loss']:.4f} {summary['unit']}"
    print(f"{losses}, {summary['seconds']:.1f} s")
