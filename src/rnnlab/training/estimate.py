"""About how long a run will take, from a few of its steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch

from rnnlab.data.prepared import Prepared
from rnnlab.tasks.base import SequenceTask, parameters_of
from rnnlab.training.blocks import BlockDataModule, OptimizerSteps
from rnnlab.training.checkpoints import new_task
from rnnlab.training.outputs.log import silent_lightning
from rnnlab.training.trainer import evaluation_trainer, steps_of, threads_of

WARM_UP, LONGEST = 2, 0.5  # steps that are not counted; seconds that may be spent on those that are


def estimate(config: Mapping[str, Any], prepared: Prepared) -> tuple[int, float]:
    """Return the trainable parameters of a run's model, and about how many seconds its training takes on this machine.

    A few steps on its own batches are timed; validations, which are short beside them, are left out.
    """
    task, data = new_task(config, prepared), BlockDataModule(prepared, config)
    with silent_lightning(), threads_of(config):
        task.trainer = evaluation_trainer(config)
        step = _seconds_of_a_step(task, data, config["trainer"]["gradient_clip_val"])
    return parameters_of(task), step * steps_of(config["trainer"], data.steps_per_epoch)


def _seconds_of_a_step(task: SequenceTask, data: BlockDataModule, largest_norm: float | None) -> float:
    batches, device = data.train_batches(), task.trainer.strategy.root_device
    task.to(device)
    optimizer, schedule = task.build_optimizer(len(batches) + 1)
    steps, seconds = OptimizerSteps(task, optimizer, schedule, largest_norm, data.batch_size), list[float]()
    for batch in batches:
        started = time.perf_counter()
        with steps.precision():
            steps.take(batch.to(device))
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - started)
        if len(seconds) > WARM_UP and sum(seconds) > LONGEST:
            break
    counted = seconds[WARM_UP:] or seconds
    return sum(counted) / len(counted)
