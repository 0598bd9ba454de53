"""A trained task from its checkpoint and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnlab.config.targets import build
from rnnlab.data.prepared import Known, Prepared
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.folder import find_checkpoint


def new_task(config: Mapping[str, Any], prepared: Prepared) -> SequenceTask:
    """An untrained task of a configuration, with what its checkpoints will carry."""
    task = _build(config, Known(prepared.vocabulary, prepared.card))
    task.card = {
        "config": dict(config),
        "vocabulary": prepared.vocabulary.card,
        # Numbers one by one would take torch longer to write than the weights, at every checkpoint.
        "data": {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in prepared.card.items()},
        "sha256": prepared.sha256,
    }
    return task


def load_task(path: str | Path) -> SequenceTask:
    """The task of a checkpoint, ready to be used; a folder stands for the best checkpoint in it.

    Only tensors and plain values are read, and only allowed classes are built: a stranger's file runs no code.

    Raises:
        UserError: There is no such file, or it is no checkpoint of rnnlab.
    """
    file = find_checkpoint(path)
    try:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        card = checkpoint["rnnlab"]
        task = _build(card["config"], Known(Vocabulary.from_card(card["vocabulary"]), card["data"]))
        task.load_state_dict(checkpoint["state_dict"])
    except UserError as error:
        raise UserError(f"checkpoint: {file} is refused: {error}") from error
    except Exception as error:  # torch's unpickler fails on a foreign file in every way there is
        raise UserError(f"checkpoint: {file} is not a checkpoint that rnnlab wrote") from error
    task.card = card
    return task.eval()


def load_weights(task: SequenceTask, file: Path) -> None:
    """Put a checkpoint's weights into the task that wrote it."""
    task.load_state_dict(torch.load(file, map_location="cpu", weights_only=True)["state_dict"])


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
