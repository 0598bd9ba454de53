"""Lightning's Trainer, as a configuration describes it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments import LightningEnvironment  # type: ignore[attr-defined]
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.loggers import Logger, WandbLogger

from rnnlab.config.environment import Secrets, looked_up
from rnnlab.config.processes import processes_of
from rnnlab.config.targets import build
from rnnlab.cores import allowed_threads
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder
from rnnlab.tasks.base import SequenceTask
from rnnlab.terminal import Terminal
from rnnlab.training.blocks import BlockDataModule, BlockLoop, Blocks
from rnnlab.training.callbacks import StepScalars
from rnnlab.training.loggers import EventFiles, beginning
from rnnlab.training.progress_bar import RunProgressBar
from rnnlab.training.resuming import BestCheckpoint, CheckedCheckpointIO, StopWhenAsked
from rnnlab.verbosity import is_quiet, is_verbose

# Units in a batch's hidden state from which a second thread pays. Smaller steps are too short for it: on an idle
# machine it gains next to nothing, and on a busy one the threads wait for each other at every time step.
WORTH_MORE_THREADS = 16_384


# Keys that Lightning is not told: `rnnlab.training.blocks` counts and limits batches and clips gradients.
OURS = (
    *("threads", "gradient_clip_val", "limit_train_batches", "max_steps", "val_check_interval", "block_size"),
    *("accumulate_grad_batches", "devices", "num_nodes", "strategy"),
)
NAMES = ("name", "run_name")  # keys of loggers: what a run is called


def build_trainer(
    config: Mapping[str, Any],
    folder: RunFolder,
    records: Sequence[pl.Callback],
    blocks: Blocks,
    progress: bool,
    further: Sequence[pl.Callback] = (),
) -> pl.Trainer:
    """Build the Trainer of a run on blocks of batches; nothing is written before it fits.

    Raises:
        UserError: Lightning does not take a value, for instance an accelerator that this machine lacks.
    """
    settings = {key: value for key, value in config["trainer"].items() if key not in OURS}
    callbacks = [*records, StepScalars(), EventFiles(), BestCheckpoint(folder.checkpoints)]
    callbacks += [*_switched_on(config["callbacks"]), *further, StopWhenAsked()]
    console = Terminal(stderr=True, highlight=False)
    if progress and (console.is_terminal or console.is_jupyter) and not (is_quiet() or is_verbose()):
        callbacks.append(RunProgressBar(console))
    # Last, so that random states are restored behind whatever another callback draws when a training begins.
    training = config["trainer"]
    callbacks.append(BlockLoop(training["max_steps"], training["gradient_clip_val"], config["data"]["batch_size"]))
    arguments = {
        **settings,
        "devices": 1,  # of this process; `rnnlab.training.parallel.exchange` is how several share a run
        "logger": _loggers(config["logger"] or {}, folder),
        "callbacks": callbacks,
        "plugins": [CheckedCheckpointIO(), LightningEnvironment()],  # whatever a batch system says of the process
        "default_root_dir": str(folder.path),
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "val_check_interval": blocks.per_interval,
    }
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "You passed .* AMP with fp16 is not supported")
            trainer = pl.Trainer(**arguments)
    except (MisconfigurationException, ImportError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"trainer: {str(error).splitlines()[0]}") from error
    if settings["precision"] == "16-mixed" and trainer.precision != "16-mixed":  # Lightning took another
        device = trainer.strategy.root_device.type
        raise UserError(f"trainer.precision=16-mixed: a {device} does not compute in it; choose bf16-mixed or 32-true")
    return trainer


def check_limits(training: Mapping[str, Any], data: BlockDataModule) -> None:
    """Check that an epoch has batches and validations; Lightning would find that out in the middle of a run.

    Raises:
        UserError: A limit leaves no batch, or the interval between validations is longer than an epoch.
    """
    loaders = {"train": data.train_batches(), "val": data.val_dataloader(), "test": data.test_dataloader()}
    for part, batches in loaders.items():
        share, count = training[f"limit_{part}_batches"], len(batches)
        if isinstance(share, float) and int(share * count) == 0:
            raise UserError(f"trainer.limit_{part}_batches={share} leaves none of {count} batches; use a whole number")
    interval, count = training["val_check_interval"], data.steps_per_epoch
    if (isinstance(interval, int) and interval > count) or int(interval * count) == 0:
        raise UserError(f"trainer.val_check_interval={interval} does not fit into an epoch of {count} batches")
    every, epochs = training.get("check_val_every_n_epoch", 1), training["max_epochs"]
    if every > epochs > 0:
        raise UserError(f"trainer.check_val_every_n_epoch={every}: none of trainer.max_epochs={epochs} is validated")


def check_monitors(trainer: pl.Trainer, task: SequenceTask) -> None:
    """Check the metrics that callbacks monitor.

    Raises:
        UserError: The task has no such metric, or a callback takes its worse values for the better ones.
    """
    modes = {metric.validation: "max" if metric.direction == "higher" else "min" for metric in task.declared}
    modes["train/loss"] = "min"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        name, monitor = type(callback).__name__, getattr(callback, "monitor", None)
        mode = getattr(callback, "mode", None)
        if monitor not in [None, *modes]:
            raise UserError(f"callbacks: {name} monitors {monitor}; choose {', '.join(modes)}")
        if monitor is not None and mode in ("min", "max") and mode != modes[monitor]:
            better = "higher" if mode == "min" else "lower"
            raise UserError(f"callbacks: {name}: a {better} {monitor} is better; give mode={modes[monitor]}")


def fit(
    trainer: pl.Trainer, task: SequenceTask, data: pl.LightningDataModule, folder: RunFolder, last: Path | None
) -> None:
    """Train, from a last checkpoint on if there is one; only validate and save a task that has no steps to take."""
    if task.total_steps:
        trainer.fit(task, datamodule=data, ckpt_path=last, weights_only=True)
    else:
        trainer.validate(task, datamodule=data, verbose=False)
        trainer.save_checkpoint(folder.best_checkpoint, weights_only=True)


def evaluation_trainer(config: Mapping[str, Any], number: int = 0) -> pl.Trainer:
    """Build a Trainer that measures in the precision of a run, on its kind of device where this machine has that.

    Args:
        config: Of the run.
        number: Of the GPU, where there are several.
    """
    settings = {
        "devices": [number % torch.cuda.device_count()] if number and _takes_gpu(config["trainer"]) else 1,
        "plugins": [LightningEnvironment()],
        "precision": config["trainer"]["precision"],
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    try:
        return pl.Trainer(accelerator=config["trainer"]["accelerator"], **settings)
    except MisconfigurationException:
        return pl.Trainer(accelerator="auto", **settings)


def steps_of(training: Mapping[str, Any], per_epoch: int) -> int:
    """Return the optimizer steps of the whole training."""
    steps: int = training["max_epochs"] * per_epoch
    return steps if training["max_steps"] == -1 else min(steps, training["max_steps"])


def thread_count(config: Mapping[str, Any]) -> int:
    """Return the CPU threads of a run: `trainer.threads`, else one for a small model and every core for a large one.

    OMP_NUM_THREADS caps either, as it does for the workers of a sweep. Processes that a run starts share its threads.
    """
    processes = processes_of(config["trainer"])
    limit = max(1, allowed_threads() // (1 if processes.started else processes.size))
    width = config["model"]["hidden_size"] * config["data"]["batch_size"]
    return min(config["trainer"]["threads"] or (limit if width >= WORTH_MORE_THREADS else 1), limit)


@contextmanager
def threads_of(config: Mapping[str, Any]) -> Iterator[None]:
    """Compute with as many threads as a run of this configuration does, and with the number of before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(thread_count(config))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _takes_gpu(training: Mapping[str, Any]) -> bool:
    """Return whether a run of these settings computes on a GPU of NVIDIA."""
    return training["accelerator"] in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def _switched_on(nodes: Mapping[str, Mapping[str, Any]]) -> list[pl.Callback]:
    """Build the callbacks of a configuration that are not switched off."""
    ours = ("enabled", "changes_result")
    return [
        build({key: value for key, value in node.items() if key not in ours})
        for node in nodes.values()
        if node.get("enabled", True)
    ]


def _loggers(nodes: Mapping[str, Mapping[str, Any]], folder: RunFolder) -> list[Logger]:
    os.environ.setdefault("WANDB_SILENT", "true")  # it would print a page a run
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")  # and this one of its database
    built = []
    for name, node in nodes.items():
        settings = {key: value for key, value in looked_up(node).items() if key != "package"}
        # A run has the name of its folder there as well.
        settings |= {key: folder.path.name for key in NAMES if key in settings and settings[key] is None}
        try:
            with beginning():
                logger = build(settings, save_dir=str(folder.path))
            built.append(logger)
            if isinstance(logger, WandbLogger):
                logger._wandb_init.pop("anonymous", None)  # wandb would warn in every run that it has no effect
        except UserError:
            raise
        except Exception as error:  # a service's client fails in ways of its own
            reason = Secrets(node).hide(str(error)).splitlines()[:1]
            raise UserError(f"logger={name}: {''.join(reason) or type(error).__name__}") from error
    return built
