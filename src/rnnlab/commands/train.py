"""`rnnlab train`: one run, or with -m a sweep of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.plugins import Plugins
from hydra.types import HydraContext, RunMode
from omegaconf import OmegaConf

from rnnlab.config.compose import Composed, compose_train, plain, readable_errors, words_of
from rnnlab.config.processes import started_processes
from rnnlab.config.schema import PROBES
from rnnlab.control_characters import say
from rnnlab.errors import RunsFailedError, UserError
from rnnlab.records.folder import RUNS
from rnnlab.verbosity import is_quiet, say_unless_quiet

if TYPE_CHECKING:
    from rnnlab.records.reading import Run
    from rnnlab.sweeps.plan import PlannedRun
    from rnnlab.training.run import TrainingRun


def main(arguments: list[str]) -> int:
    """Check everything, then train one run or sweep, and say what it reached.

    Raises:
        UserError: Something in the arguments, the configuration or the data is wrong; nothing was written.
        RunsFailedError: Runs failed; their folders say why.
    """
    train(arguments)
    return 0


def train(arguments: list[str], compares: bool = True) -> list[Path]:
    """Check everything, then train one run or sweep, and return the folder of the run, or those of the sweep.

    Where torchrun or Slurm has started several processes, the first one does so with the help of the others, and they
    return nothing.

    Args:
        arguments: The words behind `rnnlab train`.
        compares: Say the headline of a sweep when it has ended.

    Raises:
        UserError: Something in the arguments, the configuration or the data is wrong; nothing was written.
        RunsFailedError: Runs failed; their folders say why.
    """
    started = started_processes()
    if started is None:
        return _carry_out(compose_train(arguments), compares)
    from rnnlab.training.follower import follow_launcher  # imports torch
    from rnnlab.training.parallel.processes import dismiss

    if started.rank:
        follow_launcher(started)
        return []
    try:
        composed = compose_train(arguments)
        if composed.mode is RunMode.MULTIRUN:
            raise UserError("-m: a launcher's processes train one run; without it, give trainer.devices to the sweep")
        return _carry_out(composed, compares)
    finally:
        dismiss(started)


def _carry_out(composed: Composed, compares: bool) -> list[Path]:
    _check_probes(composed)
    with readable_errors("train"):
        if composed.mode is RunMode.MULTIRUN:
            return _sweep(composed, compares)
        return _train_one(composed)


def _check_probes(composed: Composed) -> None:
    """Raise UserError if `rnnlab study` could not look at what `probes` asks for, before anything is trained for it."""
    probes = OmegaConf.to_container(composed.config, resolve=False).get("probes")  # type: ignore[union-attr]
    if probes and PROBES.holds(probes):
        from rnnlab.studies.probing import probe_configurations  # imports matplotlib

        probe_configurations(probes)


def _train_one(composed: Composed) -> list[Path]:
    from rnnlab.sweeps.plan import plan  # imports NumPy, now that the configuration is known to be right

    jobs = plan([plain(composed.config)])
    if composed.config.dry_run:
        from rnnlab.sweeps.preview import show
        from rnnlab.sweeps.remarks import print_remarks

        print_remarks(jobs)
        show(jobs)
        return []
    return [_train(job) for job in jobs]


def _sweep(composed: Composed, compares: bool) -> list[Path]:
    """Have the sweeper that the configuration names plan the runs, and its launcher train them."""
    context = HydraContext(config_loader=composed.loader, callbacks=cast(Any, None))  # Hydra's callbacks are refused
    sweeper = Plugins.instance().instantiate_sweeper(
        hydra_context=context, task_function=lambda _: None, config=composed.config
    )
    try:
        sweeper.sweep(arguments=words_of(composed.config))
        failure = None
    except RunsFailedError as error:  # the others have a result
        failure = error
    swept = getattr(getattr(sweeper, "launcher", None), "swept", ())
    if compares and swept:
        from rnnlab.report.sweep_end import print_answers, print_sweep_end  # imports pandas
        from rnnlab.terminal import Terminal

        end = print_answers if getattr(sweeper, "answers", False) else print_sweep_end
        end(swept, plain(composed.config)["compare"], Terminal(highlight=False))
    if failure is not None:
        raise failure
    if composed.config.dry_run:
        return []
    return list(swept) or [RUNS / str(composed.config.sweep)]  # a search has one


def _train(run: PlannedRun) -> Path:
    """Train one run in this process, unless it is complete; return its folder.

    Raises:
        UserError: It cannot be carried out on this machine; nothing was written.
        RunsFailedError: It failed.
        KeyboardInterrupt: The user stopped it.
    """
    if _is_complete(run):
        return run.folder.path
    from rnnlab.records.lock import claimed
    from rnnlab.records.stopping import stopping_on_signals
    from rnnlab.sweeps.plan import settled

    ready = _ready(run)
    with stopping_on_signals(), claimed(run.folder, wait=True, say=say) as acquired:
        if not acquired:
            raise KeyboardInterrupt
        if (placed := settled(run)) is not run:
            run, ready = placed, _ready(placed)
        if not _is_complete(run):
            _execute(ready, run)
    return run.folder.path


def _ready(run: PlannedRun) -> TrainingRun:
    from rnnlab.training.run import TrainingRun  # imports torch, now that there is something to train

    assert run.prepared is not None
    return TrainingRun(run.config, run.folder, run.prepared, run.origin, progress=True)


def _is_complete(run: PlannedRun) -> bool:
    if run.rerun or not run.folder.result():
        return False
    from rnnlab.records.reading import read_run
    from rnnlab.sweeps.closing import print_result
    from rnnlab.terminal import Terminal

    result = read_run(run.folder.path)
    say_unless_quiet(f"{run.folder.path} is complete already: val/loss {result.loss:.4f}")
    print_result(result, Terminal(highlight=False, markup=False))
    return True


def _execute(ready: TrainingRun, run: PlannedRun) -> None:
    from rnnlab.records.reading import read_run
    from rnnlab.sweeps.remarks import print_remarks, print_warnings

    print_remarks([run])  # only now: a refusal is one line
    say_unless_quiet(f"{run.folder.path}: {ready.parameters:,} parameters, on {ready.runs_on}")
    summary = ready.execute(again=run.rerun)
    print_warnings([run])
    if summary["status"] != "complete":
        raise RunsFailedError(f"{run.folder.path} failed: {summary['reason']} (see {run.folder.log})")
    from rnnlab.tensorboard.overview.experiment import describe_sweep

    describe_sweep(run.folder.path.parent, {run.folder.path: run.config})
    _close(read_run(run.folder.path), ready)


def _close(run: Run, ready: TrainingRun) -> None:
    """Say what a run reached, where it lies and what may come next."""
    from rnnlab.sweeps.closing import next_commands, print_data, print_result
    from rnnlab.terminal import Terminal

    epochs = run.summary["epochs"]
    when = f"in the best of {epochs} epochs" if epochs > 1 else "in 1 epoch"
    say_unless_quiet(f"val/loss {run.loss:.4f} {when}, {run.summary['seconds']:.1f} s")
    print_result(run, Terminal(highlight=False, markup=False))
    if not is_quiet():
        print_data(run, Terminal(highlight=False, markup=False))
    say(f"in {run.folder.absolute()}")
    say_unless_quiet("next:", *next_commands(run, ready.task), sep="\n  ")
