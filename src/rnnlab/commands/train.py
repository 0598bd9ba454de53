"""`rnnlab train`: one run, or with -m a sweep of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hydra.core.plugins import Plugins
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf

from rnnlab.config.compose import Composed, compose_train, plain, readable_errors, words_of
from rnnlab.config.schema import PROBES
from rnnlab.control_characters import say
from rnnlab.errors import RunsFailedError

if TYPE_CHECKING:
    from rnnlab.sweeps.plan import PlannedRun
    from rnnlab.training.run import TrainingRun


def main(arguments: list[str]) -> int:
    """Check everything, then train one run or sweep.

    Raises:
        UserError: Something in the arguments, the configuration or the data is wrong; nothing was written.
        RunsFailedError: Runs failed; their folders say why.
    """
    composed = compose_train(arguments)
    _check_probes(composed)
    with readable_errors("train"):
        if composed.mode is RunMode.MULTIRUN:
            _sweep(composed)
        else:
            _train_one(composed)
    return 0


def _check_probes(composed: Composed) -> None:
    """Raise UserError if `rnnlab study` could not look at what `probes` asks for, before anything is trained for it."""
    probes = OmegaConf.to_container(composed.config, resolve=False).get("probes")  # type: ignore[union-attr]
    if probes and PROBES.holds(probes):
        from rnnlab.studies.probing import probe_configurations  # imports matplotlib

        probe_configurations(probes)


def _train_one(composed: Composed) -> None:
    from rnnlab.sweeps.plan import plan  # imports NumPy, now that the configuration is known to be right

    jobs = plan([plain(composed.config)])
    if composed.config.dry_run:
        from rnnlab.sweeps.preview import show
        from rnnlab.sweeps.remarks import print_remarks

        print_remarks(jobs)
        show(jobs)
        return
    for job in jobs:
        _train(job)


def _sweep(composed: Composed) -> None:
    """Have the sweeper that the configuration names plan the runs, and its launcher train them."""
    context = HydraContext(config_loader=composed.loader, callbacks=cast(Any, None))  # Hydra's callbacks are refused
    sweeper = Plugins.instance().instantiate_sweeper(
        hydra_context=context, task_function=lambda _: None, config=composed.config
    )
    sweeper.sweep(arguments=words_of(composed.config))


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
    with stopping_on_signals(), claimed(run.folder, wait=True, say=say) as acquired:
        if not acquired:
            raise KeyboardInterrupt
        if not _is_complete(run):
            _execute(ready, run)


def _is_complete(run: PlannedRun) -> bool:
    result = None if run.rerun else run.folder.result()
    if result:
        say(f"{run.folder.path} is complete already: val/loss {result['metrics']['best']['val/loss']:.4f}")
    return bool(result)


def _execute(ready: TrainingRun, run: PlannedRun) -> None:
    from rnnlab.sweeps.remarks import print_remarks, print_warnings

    print_remarks([run])  # only now: a refusal is one line
    say(f"{run.folder.path}: {ready.parameters:,} parameters")
    summary = ready.execute(again=run.rerun)
    print_warnings([run])
    if summary["status"] != "complete":
        raise RunsFailedError(f"{run.folder.path} failed: {summary['reason']} (see {run.folder.log})")
    best, test = summary["metrics"]["best"], summary["metrics"]["test"]
    losses = f"val/loss {best['val/loss']:.4f}, test/loss {test['test/loss']:.4f} {summary['unit']}"
    say(f"{losses}, {summary['seconds']:.1f} s")
