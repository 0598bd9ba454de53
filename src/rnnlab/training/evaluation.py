"""Measure a trained model on the data of its training, or on other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Known, Prepared, prepare, prepare_other
from rnnlab.data.source import OWN, check_reading, locate, remembering_columns
from rnnlab.data.text.vocabularies import from_card
from rnnlab.errors import UserError
from rnnlab.records.stopping import interruptible
from rnnlab.tasks.base import SequenceTask
from rnnlab.training.outputs.log import silent_lightning
from rnnlab.training.trainer import evaluation_trainer, threads_of


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a model on some data.

    Attributes:
        data: The name of the data set, or where it lies.
        part: `val` or `test` of the data of training; None for all of other data.
        predictions: How many the metrics are means of: the tokens or texts that `unit` speaks of.
        unit: Of the loss, such as `nats per token`.
        metrics: Every metric of the task, `test/loss` or `val/loss` first; what is undefined is not a number.
        balance: How many texts of each class there are; empty where there are no classes.
        notes: What was read of the user's own files, and remarks of the preparation, such as on texts left out.
    """

    data: str
    part: str | None
    predictions: int
    unit: str
    metrics: dict[str, float]
    balance: dict[str, int]
    notes: tuple[str, ...]


def evaluate(task: SequenceTask, part: str, path: str | Path | None, columns: Mapping[str, Any]) -> Evaluation:
    """Return every metric of a trained task; see `Trained.evaluate`.

    Raises:
        UserError: The data is missing, unreadable or not the data of training.
    """
    config = task.card["config"]
    name = str(path) if path else _name(config)
    prepared = _data(task.card, name, path, {key: column for key, column in columns.items() if column is not None})
    known = "val" in prepared.parts
    part = part if known else "test"
    module = SequenceDataModule(prepared, config["data"]["batch_size"], seed=0)
    batches = module.val_dataloader() if part == "val" else module.test_dataloader()
    with threads_of(config), silent_lightning(), interruptible():
        trainer = evaluation_trainer(config)
        (logged,) = (trainer.validate if part == "val" else trainer.test)(task, datamodule=module, verbose=False)
    loss = f"{part}/loss"
    names = sorted((name for name in logged if name.startswith(f"{part}/")), key=lambda name: (name != loss, name))
    return Evaluation(
        name,
        part if known else None,
        sum(map(task.count, batches)),
        task.unit,
        {name: logged[name] for name in names},
        prepared.balance.get(part, {}),
        tuple(filter(None, (prepared.description, *prepared.notes))),
    )


def data_of_training(task: SequenceTask) -> Prepared:
    """Prepare the data that a task was trained on, split as it was.

    Raises:
        UserError: It is missing, unreadable or not the data of training any more.
    """
    return _data(task.card, _name(task.card["config"]), None, {})


def _name(config: Mapping[str, Any]) -> str:
    data = config["data"]
    return str(data.get("path") or data.get("train") or data["name"])


def _data(card: Mapping[str, Any], name: str, path: str | Path | None, columns: Mapping[str, Any]) -> Prepared:
    """Prepare the data of training, split as it was, or other data, all of it as `test`."""
    config = dict(card["config"])
    _check_columns(config, columns, path)
    if path is not None:
        config["data"] = {
            **config["data"],
            "files": {"_target_": "rnnlab.data.sources.files.files_at", "path": str(path)},
        }
    same_columns = all(config["data"]["reader"].get(key) == column for key, column in columns.items())
    vocabulary = from_card(card["vocabulary"])
    if same_columns and locate(config["data"]).sha256 == card["sha256"]:
        prepared = prepare(config, vocabulary)
        if prepared.vocabulary != vocabulary:
            raise UserError(
                f"data: {name} has other symbols here than in training, whose versions of Python or rnnlab"
                " take texts apart in another way"
            )
        return prepared
    if path is None:
        raise UserError(
            f"data: {name} is not what the model was trained on (its SHA-256 differs), so its parts are others;"
            " data.path=FILE evaluates on all of a file"
        )
    reader = remembering_columns(card["config"], vocabulary.symbols, card["data"].get("reading"))
    of_preparation = {key: value for key, value in columns.items() if key in config["data"]}
    config["data"] = {**config["data"], **of_preparation, "name": OWN, "reader": {**reader, **columns}}
    return prepare_other(config, Known(vocabulary, card["data"]))


def _check_columns(config: Mapping[str, Any], columns: Mapping[str, Any], path: str | Path | None) -> None:
    """Raise UserError if a key is given that the reader lacks, or no file that it is about."""
    check_reading(config, columns)
    for key in columns:
        if path is None:
            raise UserError(f"data.{key}: it says how data.path=FILE is read, which was not given")
