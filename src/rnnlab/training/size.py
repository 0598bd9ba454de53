"""The hidden size with which a model has about as many parameters as were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from rnnlab.data.prepared import Prepared
from rnnlab.errors import UserError
from rnnlab.tasks.base import flops_per_step, parameters_of
from rnnlab.training.blocks import BlockDataModule
from rnnlab.training.checkpoints import new_task
from rnnlab.training.trainer import steps_of

LARGEST = 1 << 20  # hidden size
NEIGHBOURS = 64  # sizes that are looked at beside one that a cell refuses, such as one that its heads do not divide


def hidden_size_for(config: Mapping[str, Any], prepared: Prepared) -> tuple[int, int]:
    """Return the hidden size whose model is nearest to `model.parameters`, and how many parameters that has.

    Args:
        config: Resolved and plain.
        prepared: The data that the configuration names, whose vocabulary is a part of the model.

    Raises:
        UserError: No hidden size comes near, since the smallest model is larger or no size has so many.
    """
    wanted = int(config["model"]["parameters"])
    count = cache(lambda size: _parameters_at(config, prepared, size))
    low = _next(count, 1)
    if low is None:
        new_task(config, prepared)  # says why the cell takes no size
        raise _impossible(config, "the cell takes no hidden size")
    high = low
    while (size := _parameters(count, high)) < wanted:
        further = _next(count, high * 2)
        if further is None or further > LARGEST or _parameters(count, further) == size:
            raise _impossible(config, f"model.hidden_size={high} has {size:,}, and larger ones have no more")
        low, high = high, further
    while (middle := _next(count, (low + high) // 2)) is not None and low < middle < high:
        low, high = (middle, high) if _parameters(count, middle) < wanted else (low, middle)
    sizes = [size for size in range(low, high + 1) if count(size) is not None]
    best = min(sizes, key=lambda size: (abs(_parameters(count, size) - wanted), size))
    if best == 1 and _parameters(count, 1) > 2 * wanted:
        raise _impossible(config, f"the smallest model has {_parameters(count, 1):,}")
    return best, _parameters(count, best)


def size_of_run(config: Mapping[str, Any], prepared: Prepared) -> int:
    """Return the number of trainable parameters of a run's model, which is not filled with numbers."""
    with torch.device("meta"):
        return parameters_of(new_task(config, prepared))


def steps_of_run(config: Mapping[str, Any], prepared: Prepared) -> int:
    """Return the optimizer steps of a run's training."""
    return steps_of(config["trainer"], BlockDataModule(prepared, config).steps_per_epoch)


def flops_of_run(config: Mapping[str, Any], prepared: Prepared) -> float | None:
    """Return about how many operations the forward passes of a run's training take; None where they are not declared.

    Every sequence counts with `data.sequence_length` steps; backward passes take about twice as many in any model.
    """
    length = config["data"]["sequence_length"]
    with torch.device("meta"):
        flops = flops_per_step(new_task(config, prepared), length)
    return None if flops is None else flops * length * config["data"]["batch_size"] * steps_of_run(config, prepared)


def _parameters_at(config: Mapping[str, Any], prepared: Prepared, size: int) -> int | None:
    """Return the parameters of the model with a hidden size; None where its cell refuses the size."""
    try:
        return size_of_run({**config, "model": {**config["model"], "hidden_size": size}}, prepared)
    except UserError:
        return None


def _next(count: Callable[[int], int | None], size: int) -> int | None:
    """Return the first hidden size from one on that the cell takes; None where none is near."""
    return next((near for near in range(size, size + NEIGHBOURS) if count(near) is not None), None)


def _parameters(count: Callable[[int], int | None], size: int) -> int:
    parameters = count(size)
    assert parameters is not None
    return parameters


def _impossible(config: Mapping[str, Any], reason: str) -> UserError:
    name = config["cell"].get("name", "the cell")
    return UserError(f"model.parameters={config['model']['parameters']}: cell={name} has no such size ({reason})")
