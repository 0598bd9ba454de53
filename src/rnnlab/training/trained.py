"""A trained model in the hand: what notebooks load, and what `generate`, `predict` and `evaluate` are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from rnnlab.data.module import SequenceDataModule
from rnnlab.data.prepared import Known, Prepared, prepare, prepare_other
from rnnlab.data.source import locate
from rnnlab.data.vocabulary import Vocabulary
from rnnlab.errors import UserError
from rnnlab.tasks.abilities import Classifies, Generates, Prediction, Sampling
from rnnlab.tasks.base import SequenceTask, parameters_of
from rnnlab.training.checkpoints import load_task
from rnnlab.training.log import quiet_lightning, without_irrelevant_warnings
from rnnlab.training.trainer import thread_count


@dataclass(frozen=True)
class Evaluation:
    """How well a model does on data.

    Attributes:
        data: What it was evaluated on, in words.
        sequences: How many sequences, or windows of a text, that is.
        metrics: Every metric of the task, such as `test/loss` in nats per prediction.
        balance: How many texts of each class there are; empty where there are no classes.
    """

    data: str
    sequences: int
    metrics: dict[str, float]
    balance: dict[str, int]


class Trained:
    """A trained model, as `rnnlab.load` gives it.

    Attributes:
        task: The LightningModule, in evaluation mode.
        checkpoint: Where it was read from.
    """

    def __init__(self, checkpoint: str | Path) -> None:
        """Open a checkpoint file, or the best checkpoint of a run's or a sweep's folder.

        Raises:
            UserError: There is none, or it is not one that rnnlab wrote.
        """
        self.checkpoint = Path(checkpoint)
        self.task: SequenceTask = load_task(self.checkpoint)

    @property
    def config(self) -> Mapping[str, Any]:
        """The resolved configuration that it was trained with."""
        config: Mapping[str, Any] = self.task.card["config"]
        return config

    def __repr__(self) -> str:
        return f"<{self._describe()}, {parameters_of(self.task):,} parameters, from {self.checkpoint}>"

    def generate(
        self,
        prompt: str = "",
        samples: int = 1,
        length: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Make up items or texts, all at once.

        Args:
            prompt: How each begins.
            samples: How many.
            length: Symbols: the longest name (None: 100), or how much a text goes on (None: 200).
            temperature: Below 1 safer, above 1 wilder; 0 takes the likeliest symbol every time.
            top_k: Draw among that many likeliest symbols only; None for all.
            seed: The same seed gives the same.

        Raises:
            UserError: The model generates nothing, or the prompt has a symbol that it does not know.
        """
        return self._generator().sample(samples, Sampling(prompt, length, temperature, top_k, seed))

    def stream(
        self,
        prompt: str = "",
        length: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> Iterator[str]:
        """One item or text, in pieces as they are drawn; the arguments are those of `generate`.

        Raises:
            UserError: As `generate`.
        """
        return self._generator().stream(Sampling(prompt, length, temperature, top_k, seed))

    def remark(self, items: Sequence[str]) -> str:
        """What there is to say about generated items, such as how many are new; may be empty."""
        return self._generator().remark(items)

    def predict(self, texts: str | Sequence[str]) -> list[Prediction]:
        """The class of each text.

        Raises:
            UserError: The model tells no classes.
        """
        if not isinstance(self.task, Classifies):
            raise UserError(f"checkpoint: {self.checkpoint} holds {self._describe()}, which tells no classes of texts")
        return self.task.classify([texts] if isinstance(texts, str) else texts)

    def evaluate(
        self,
        part: str = "test",
        path: str | Path | None = None,
        text_column: str | None = None,
        label_column: str | None = None,
    ) -> Evaluation:
        """Every metric of the task on the data that the model was trained on, or on other data.

        Args:
            part: `val` or `test`, of the split that the model was trained with.
            path: Where the data lies now; None for where it lay. A file that is not the one of training is
                evaluated on as a whole.
            text_column: The column of a table with the texts; None for the one of training.
            label_column: The column with the labels; None for the one of training.

        Raises:
            UserError: The data is missing, unreadable or not the data of training.
        """
        data, prepared = self._data(path, {"text_column": text_column, "label_column": label_column})
        if "val" not in prepared.parts:
            part = "test"
        else:
            data = f"the part {part} of {data}"
        metrics = self._measure(part, prepared)
        return Evaluation(data, len(prepared.parts[part].sequences), metrics, prepared.balance.get(part, {}))

    def _measure(self, part: str, prepared: Prepared) -> dict[str, float]:
        quiet_lightning()
        torch.set_num_threads(thread_count(self.config))
        module = SequenceDataModule(prepared, self.config["data"]["batch_size"], seed=0)
        settings = self.config["trainer"]
        trainer = pl.Trainer(
            accelerator=settings["accelerator"], devices=1, precision=settings["precision"], logger=False,
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        with without_irrelevant_warnings():
            if part == "val":
                (found,) = trainer.validate(self.task, module.val_dataloader(), verbose=False)
            else:
                (found,) = trainer.test(self.task, module.test_dataloader(), verbose=False)
        return {name: value for name, value in found.items() if name.startswith(f"{part}/")}

    def _data(self, path: str | Path | None, columns: Mapping[str, str | None]) -> tuple[str, Prepared]:
        """The data in words, and itself."""
        config = dict(self.config)
        if path is not None:
            config["data"] = {**config["data"], "files": {"_target_": "rnnlab.data.files.own", "path": str(path)}}
        name = str(path or config["data"]["name"])
        if locate(config["data"]).sha256 == self.task.card["sha256"]:
            return name, prepare(config)
        if path is None:
            raise UserError(
                f"data={name} is not what the model was trained on (its SHA-256 differs), so its parts are others;"
                " data.path=FILE evaluates on all of a file"
            )
        reader = {**config["task"]["file_reader"], **{key: its for key, its in columns.items() if its is not None}}
        config["data"] = {**config["data"], "name": "file", "reader": reader}
        known = Known(Vocabulary.from_card(self.task.card["vocabulary"]), self.task.card["data"])
        return f"all of {name}, which is not the data of training", prepare_other(config, known)

    def _generator(self) -> Generates:
        if not isinstance(self.task, Generates):
            raise UserError(f"checkpoint: {self.checkpoint} holds {self._describe()}, which generates nothing")
        return self.task

    def _describe(self) -> str:
        """Class, task and cell."""
        return f"a {type(self.task).__name__} (task={self.config['task']['name']}, cell={self.config['cell']['name']})"
