"""The devices of a run: which they are, in words, and whether it can be shared among several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from rnnlab.config.processes import Processes
from rnnlab.errors import UserError
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.parallel.merging import is_mergeable, measuring
from rnnlab.training.trainer import thread_count

# Callbacks that change what is trained, and decide in the first process for all.
OF_ALL = ("lightning.pytorch.callbacks.EarlyStopping", "rnnlab.training.averaging.AveragedWeights")


def described(config: Mapping[str, Any], device: torch.device, processes: Processes) -> str:
    """Return what a run computes on, such as `CPU, 1 thread` or `2 × NVIDIA H200`."""
    several = f"{processes.size} × " if processes.size > 1 else ""
    if device.type == "cuda":
        return several + torch.cuda.get_device_name(device)
    if device.type != "cpu":
        return f"{several}{device.type.upper()}"
    threads = thread_count(config)
    count = f"{threads} thread{'s'[: threads != 1]}"
    return f"{several}CPU processes, {count} each" if several else f"CPU, {count}"


def check_shareable(config: Mapping[str, Any], processes: Processes, task: SequenceTask, device: torch.device) -> None:
    """Check that several processes can share a training.

    Raises:
        UserError: They cannot, and the line says what stands against it.
    """
    if processes.size == 1:
        return
    key = f"trainer.devices={config['trainer']['devices']}"
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"{key}: {device.type} has one device; give trainer.accelerator=cpu for several processes")
    if device.type == "cuda" and not processes.started and (gpus := torch.cuda.device_count()) < processes.size:
        raise UserError(f"{key}: this machine has {gpus} GPU{'s'[: gpus != 1]}")
    for name, node in config["callbacks"].items():
        looks_on = node.get("changes_result") is False or not node.get("enabled", True)
        if not looks_on and node["_target_"] not in OF_ALL:
            raise UserError(
                f"{key}: callbacks.{name} may change the training, and it sees the first process alone; where it only"
                " looks on, give it changes_result: false"
            )
    _check_modules(key, task)


def _check_modules(key: str, task: SequenceTask) -> None:
    """Raise UserError if a network or a metric needs a batch, or all of a validation, in one process."""
    for name, module in task.named_modules():
        if isinstance(module, _BatchNorm):
            raise UserError(f"{key}: {name} normalises over a batch, of which every process has a part")
    for name, metric in {**measuring(task, "val"), **measuring(task, "test")}.items():
        if not is_mergeable(metric):
            raise UserError(f"{key}: the metric {name} cannot be put together from parts (full_state_update)")


def device_of(trainer: pl.Trainer) -> torch.device:
    """Return the device of this process."""
    device: torch.device = trainer.strategy.root_device
    return device
