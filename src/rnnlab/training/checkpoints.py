"""Build tasks: untrained from a configuration, or trained from a checkpoint and nothing else."""

from __future__ import annotations

import io
import itertools
import logging
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng

from rnnlab.analysis.best_run import find_checkpoint
from rnnlab.config.passwords import recorded
from rnnlab.config.plain_files import MOST_NODES
from rnnlab.config.targets import build, check, targets
from rnnlab.data.prepared import Known, Prepared
from rnnlab.data.text.vocabularies import from_card
from rnnlab.errors import UserError
from rnnlab.records.files.checksum import DamagedError, is_sealed, sealed
from rnnlab.records.files.format_version import FORMAT, KEY, NewerFormatError, check_format
from rnnlab.records.folder import write_atomically
from rnnlab.tasks.base import SequenceTask

MARK = "checksum"  # a key of every checkpoint whose file ends with one: the end cannot be cut off unnoticed


def new_task(config: Mapping[str, Any], prepared: Prepared) -> SequenceTask:
    """Build the untrained task of a configuration, with the card that its checkpoints carry.

    Raises:
        UserError: The configuration does not fit the data.
    """
    task = _build(config, Known(prepared.vocabulary, prepared.card))
    _check_lengths(task, config, prepared)
    task.card = {
        "config": recorded(config),
        "vocabulary": prepared.vocabulary.card,
        # Numbers one by one would take torch longer to write than the weights, at every checkpoint.
        "data": {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in prepared.card.items()},
        "sha256": prepared.sha256,
    }
    return task


def beginning_task(config: Mapping[str, Any], prepared: Prepared) -> SequenceTask:
    """Build the task with the weights that its training begins with: drawn from the seed, or those of `init_from`.

    Torch's random state is then the one that the training goes on with.

    Raises:
        UserError: The configuration does not fit the data, or `init_from` is of another model.
    """
    pl.seed_everything(config["seed"], verbose=False)
    task = new_task(config, prepared)
    if config["init_from"] is not None:
        begin_with(task, find_checkpoint(config["init_from"], "init_from"))
    return task


def load_task(path: str | Path, key: str = "checkpoint") -> SequenceTask:
    """Load the task of a checkpoint, ready to be used; a folder stands for the best checkpoint in it.

    Only tensors and plain values are read, and only allowed classes are built: a stranger's file runs no code.

    Args:
        path: The file or folder.
        key: Where the user wrote it.

    Raises:
        UserError: There is no such file, it is damaged, of a later rnnlab, or no checkpoint of rnnlab.
    """
    file = find_checkpoint(path, key)
    try:
        checkpoint = read_checkpoint(file)
        card = checkpoint["rnnlab"]
        _check_size(card["config"])
        for name, target in targets(card["config"]):  # also those that are not built here
            check(target, name)
        _check_shapes(card, checkpoint["state_dict"])
        task = _build(card["config"], _known(card))
        task.load_state_dict(checkpoint["state_dict"])
    except DamagedError as error:
        raise UserError(f"{key}: {error}; bring it back from a copy or train again") from error
    except NewerFormatError as error:
        raise UserError(f"{key}: {error}") from error
    except UserError as error:
        raise UserError(f"{key}: {file} is refused: {error}") from error
    except Exception as error:  # torch's unpickler fails on a foreign file in every way there is
        raise UserError(f"{key}: {file} is not a checkpoint that rnnlab wrote") from error
    task.card = card
    return task.eval()


def _check_archive(file: Path) -> None:
    """Raise ValueError if a file unpacks to more than it has: torch writes its archives without compression."""
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > file.stat().st_size:
            raise ValueError("it unpacks to more than it has")


def _check_size(config: Any) -> None:
    """Raise ValueError if a configuration has more values than anybody writes, its lists may contain one another."""
    nodes = [config]
    for count in itertools.count():
        if not nodes:
            return
        if count > MOST_NODES:
            raise ValueError(f"its configuration has more than {MOST_NODES:,} values")
        node = nodes.pop()
        nodes += node.values() if isinstance(node, Mapping) else node if isinstance(node, list | tuple) else ()


def _check_shapes(card: Mapping[str, Any], weights: Mapping[str, torch.Tensor]) -> None:
    """Raise ValueError if the configuration is of a larger network than the weights, without taking memory for it."""
    if card["config"]["model"]["num_layers"] > len(weights):  # even without memory, each would take its time
        raise ValueError("it has weights for fewer layers")
    with isolate_rng(), torch.device("meta"):
        try:
            outline = _build(card["config"], _known(card)).state_dict()
        except (NotImplementedError, RuntimeError):  # a plugin's cell that needs numbers to be built
            return
    if {name: weight.shape for name, weight in outline.items()} != {name: w.shape for name, w in weights.items()}:
        raise ValueError("its weights are of another network than its configuration")


def untrained(task: SequenceTask) -> SequenceTask:
    """Build the task with the weights that its training began with, drawn again from the run's seed.

    Raises:
        UserError: It began with the weights of another run.
    """
    config = task.card["config"]
    if config["init_from"] is not None:
        raise UserError(f"untrained: this training began with the weights of {config['init_from']}; look at those")
    with isolate_rng():
        pl.seed_everything(config["seed"], verbose=False)
        fresh = _build(config, _known(task.card))
    fresh.card = task.card
    return fresh.eval()


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
    """Put a checkpoint's weights into the task that wrote it.

    Raises:
        DamagedError: Its bytes are not those that were written.
    """
    task.load_state_dict(read_checkpoint(file)["state_dict"])


def write_checkpoint(checkpoint: Mapping[str, Any], file: Path) -> None:
    """Write a checkpoint, whole or not at all, with a checksum of all its bytes."""
    stream = io.BytesIO()
    torch.save({**checkpoint, MARK: "sha256", KEY: FORMAT}, stream)
    write_atomically(file, sealed(stream.getvalue()))


def read_checkpoint(file: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU: tensors and plain values only. One without a checksum is read with a remark.

    Raises:
        DamagedError: Its bytes are not those that were written.
        UserError: A later rnnlab wrote it.
        Exception: It is no checkpoint; torch's unpickler fails on a foreign file in every way there is.
    """
    with_checksum = is_sealed(file)
    _check_archive(file)
    checkpoint: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    if isinstance(checkpoint, Mapping):
        check_format(checkpoint, file)
    if not with_checksum and MARK in checkpoint:
        raise DamagedError(f"{file} is damaged: its checksum at the end is missing")
    if not with_checksum:
        _remark_on(file)
    return checkpoint


@cache  # once a file
def _remark_on(file: Path) -> None:
    logging.getLogger("rnnlab").warning("%s has no checksum, as older checkpoints: damage would not be noticed", file)


def _known(card: Mapping[str, Any]) -> Known:
    return Known(from_card(card["vocabulary"]), card["data"])


def _check_lengths(task: SequenceTask, config: Mapping[str, Any], prepared: Prepared) -> None:
    """Raise UserError if a sequence is longer than the encoder has room for, as few encoders are bounded."""
    if (room := getattr(getattr(task, "encoder", None), "longest", None)) is None:
        return
    for part in prepared.parts.values():
        steps = part.sequences.longest - (part.labels is None)
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
