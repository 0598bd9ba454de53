"""A trained task from its checkpoint and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnlab.config.targets import build, check, targets
from rnnlab.data.prepared import Known, Prepared
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.folder import find_checkpoint


def new_task(config: Mapping[str, Any], prepared: Prepared) -> SequenceTask:
    """An untrained task of a configuration, with what its checkpoints will carry.

    Raises:
        UserError: The configuration does not fit the data.
    """
    task = _build(config, Known(prepared.vocabulary, prepared.card))
    _check_lengths(task, config, prepared)
    task.card = {
        "config": dict(config),
        "vocabulary": prepared.vocabulary.card,
        # Numbers one by one would take torch longer to write than the weights, at every checkpoint.
        "data": {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in prepared.card.items()},
        "sha256": prepared.sha256,
    }
    return task


def load_task(path: str | Path, key: str = "checkpoint") -> SequenceTask:
    """The task of a checkpoint, ready to be used; a folder stands for the best checkpoint in it.

    Only tensors and plain values are read, and only allowed classes are built: a stranger's file runs no code.

    Args:
        path: The file or folder.
        key: Where the user wrote it.

    Raises:
        UserError: There is no such file, or it is no checkpoint of rnnlab.
    """
    file = find_checkpoint(path, key)
    try:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        card = checkpoint["rnnlab"]
        for name, target in targets(card["config"]):  # those too that opening it has no use for
            check(target, name)
        task = _build(card["config"], Known(Vocabulary.from_card(card["vocabulary"]), card["data"]))
        task.load_state_dict(checkpoint["state_dict"])
    except UserError as error:
        raise UserError(f"{key}: {file} is refused: {error}") from error
    except Exception as error:  # torch's unpickler fails on a foreign file in every way there is
        raise UserError(f"{key}: {file} is not a checkpoint that rnnlab wrote") from error
    task.card = card
    return task.eval()


def begin_with(task: SequenceTask, file: Path) -> None:
    """Put the weights of another run's checkpoint into an untrained task.

    Raises:
        UserError: That run had another model or other symbols, or the file is no checkpoint.
    """
    other = load_task(file, "init_from")
    theirs, ours = other.card["vocabulary"], task.card["vocabulary"]
    if theirs != ours:
        raise UserError(f"init_from: {file} was trained on other symbols than this data has")
    shapes = {name: tuple(weight.shape) for name, weight in task.state_dict().items()}
    for name, weight in other.state_dict().items():
        if shapes.pop(name, None) != tuple(weight.shape):
            raise UserError(f"init_from: {file} is of another model ({name} is {tuple(weight.shape)} there)")
    if shapes:
        raise UserError(f"init_from: {file} is of another model (it has no {next(iter(shapes))})")
    task.load_state_dict(other.state_dict())


def load_weights(task: SequenceTask, file: Path) -> None:
    """Put a checkpoint's weights into the task that wrote it."""
    task.load_state_dict(torch.load(file, map_location="cpu", weights_only=True)["state_dict"])


def _check_lengths(task: SequenceTask, config: Mapping[str, Any], prepared: Prepared) -> None:
    """Few layers have room for so many steps and no more; they would say so in the middle of a training."""
    if (room := getattr(getattr(task, "encoder", None), "longest", None)) is None:
        return
    for part in prepared.parts.values():
        steps = int(part.sequences.lengths(np.arange(len(part.sequences))).max()) - (part.labels is None)
        if steps > room:
            raise UserError(f"cell={config['cell']['name']} has room for {room} steps, and a sequence has {steps}")


def _build(config: Mapping[str, Any], known: Known) -> SequenceTask:
    task = build(
        config["task"]["module"],
        vocabulary=known.vocabulary,
        data=known.card,
        model=config["model"],
        cell=config["cell"],
        optimizer=config["optimizer"],
        scheduler=config["scheduler"],
    )
    assert isinstance(task, SequenceTask)
    return task
