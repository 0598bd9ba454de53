"""About how long a run will take, from a few of its steps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch

from rnnlab.data.batching import Batches
from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Prepared
from rnnlab.tasks.base import SequenceTask, parameters_of
from rnnlab.training.checkpoints import new_task
from rnnlab.training.log import silent_lightning
from rnnlab.training.trainer import evaluation_trainer, steps_of, threads_of

WARM_UP, LONGEST = 2, 0.5  # steps that are not counted; seconds that may be spent on those that are


def estimate(config: Mapping[str, Any], prepared: Prepared) -> tuple[int, float]:
    """The trainable parameters of a run's model, and about how many seconds its training takes on this machine.

    A few steps on its own batches are timed; validations, which are short beside them, are left out.
    """
    task, training, batching = new_task(config, prepared), config["trainer"], config["data"]
    limit = training["limit_train_batches"]
    data = SequenceDataModule(prepared, batching["batch_size"], 0, batching.get("bucketing", False), limit)
    with silent_lightning(), threads_of(config):
        task.trainer = evaluation_trainer(config)
        step = _seconds_of_a_step(task, data.train_batches())
    return parameters_of(task), step * steps_of(training, data.steps_per_epoch)


def _seconds_of_a_step(task: SequenceTask, batches: Batches) -> float:
    optimizer, _ = task.build_optimizer(steps=100)
    device = task.trainer.strategy.root_device
    task.to(device)
    seconds = []
    for batch in batches:
        started = time.perf_counter()
        optimizer.zero_grad()
        task.loss(task.predict(batch.to(device)), batch.to(device)).backward()
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - started)
        if len(seconds) > WARM_UP and sum(seconds) > LONGEST:
            break
    counted = seconds[WARM_UP:] or seconds
    return sum(counted) / len(counted)
