"""Protocols of what a task can do besides learning. A task has a capability by having its members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from torch import Tensor

from rnnlab.charts.values import Lines
from rnnlab.data.collation import Batch
from rnnlab.data.prepared import Part
from rnnlab.tasks.predictions import Prediction
from rnnlab.tasks.user_input import UserInput

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sampling:
    """The settings with which new items or texts are sampled.

    Attributes:
        prefix: The text with which every item begins.
        length: The most symbols of an item, as the task counts them; None for the task's default.
        temperature: Below 1 safer, above 1 wilder; 0 takes the likeliest symbol every time.
        top_k: Sample among that many likeliest symbols only; None for all.
        seed: The same seed gives the same items.
        condition: The label of every item, for a model with labels; None to sample labels by their share.
    """

    prefix: str = ""
    length: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0
    condition: str | None = None


@runtime_checkable
class Generates(Protocol):
    """A task that generates items or texts."""

    def sample(self, count: int, sampling: Sampling) -> list[str]:
        """Sample `count` items at once.

        Raises:
            UserError: The prefix has a symbol that the vocabulary lacks, or leaves no room for more; there is no such
                label.
        """

    def stream(self, sampling: Sampling) -> Iterator[str]:
        """Yield the pieces of one item as they are sampled.

        Raises:
            UserError: As `sample`.
        """

    def remark(self, items: Iterable[str]) -> str:
        """Return a sentence about generated items, such as how many are new; may be empty."""


@runtime_checkable
class EncodesText(Protocol):
    """A task whose inputs are made of texts."""

    def encode_text(self, text: str, key: str) -> Tensor:
        """Encode a text as the task's inputs, `(T,)` long.

        Raises:
            UserError: The text has a symbol that the vocabulary lacks, or is empty; the line begins with `key`.
        """


@runtime_checkable
class Classifies(Protocol):
    """A task that predicts the class of a text.

    Attributes:
        labels: The names of the classes.
    """

    # Modules do not belong here: from Python 3.12 on, `isinstance` finds no submodule of a task.
    labels: tuple[str, ...]

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict the class of each text."""


@runtime_checkable
class Predicts(Protocol):
    """A task that answers inputs of a user, as `rnnlab predict` asks it to.

    `rnnlab.tasks.predictions` has the usual answers, and `TextAnswers` for tasks that answer texts.

    Attributes:
        answer_type: The class of its answers, a dataclass of plain values.
    """

    answer_type: type[Any]

    def read_inputs(self, source: UserInput) -> Iterator[list[Any]]:
        """Yield the inputs in a user's text, file or standard input, in blocks.

        Raises:
            UserError: There is no such input.
        """

    def answer(self, inputs: Sequence[Any]) -> list[Any]:
        """Return an answer for each input."""

    def print_answers(self, blocks: Iterable[list[Any]], style: str, probabilities: bool = False) -> None:
        """Print answers as `text`, `csv` or `json`, each block as soon as it arrives.

        Args:
            blocks: Answers in lists.
            style: One of the three.
            probabilities: Whether CSV has a column for every class, of a task with classes.
        """


@runtime_checkable
class ReadsRows(Protocol):
    """A task that answers the rows of a table, of the form that it was trained on but for the labels.

    An answer is appended to its row, in columns of the task's own.
    """

    def read_rows(self, rows: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Any]:
        """Return the input of each row, as `Predicts.answer` takes it.

        Args:
            rows: Some of the table, of strings, indexed by the numbers of the rows from 0.
            reading: The keys of the reader that the model was trained with, such as `text_column`, and what was said
                in their place.
            file: Where the table lies, for the line about what is wrong.

        Raises:
            UserError: A column is missing, or a cell is not what it has to be.
        """

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        """Return the names of the appended columns and what each holds: `str`, `float` or `int`.

        Args:
            probabilities: Whether every class has a column.
        """

    def answer_cells(self, answer: Any, probabilities: bool) -> list[Any]:
        """Return an answer as a value for each appended column, None where there is none."""


@runtime_checkable
class AnswersWholeTables(Protocol):
    """A task whose inputs have many rows of a table each, such as a time step a row, and which answers every row."""

    def read_table(self, table: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Any]:
        """Return the inputs in all of a table, as `Predicts.answer` takes them; see `ReadsRows.read_rows`.

        Raises:
            UserError: A column is missing, or a cell is not what it has to be.
        """

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        """Return the appended columns, as `ReadsRows.answer_columns`."""

    def cells_of_rows(self, inputs: Sequence[Any], answers: Sequence[Any], probabilities: bool) -> list[list[Any]]:
        """Return the values of the appended columns for each row of the table, None where there is none.

        Args:
            inputs: Those of `read_table`.
            answers: An answer to each.
            probabilities: Whether every class has a column.
        """


@runtime_checkable
class AnswersTables(Protocol):
    """A task whose answers are rows of a table of their own, one or several each, whatever the input was."""

    def table_columns(self, probabilities: bool) -> dict[str, type]:
        """Return the names of the columns and what each holds: `str`, `float` or `int`.

        Args:
            probabilities: Whether every class has a column.
        """

    def table_rows(self, answer: Any, probabilities: bool) -> list[list[Any]]:
        """Return an answer as rows with a value for each column, None where there is none."""


@runtime_checkable
class ReadsArrays(Protocol):
    """A task that answers arrays of numbers, or a data frame of them, beside texts."""

    def read_arrays(self, given: Any) -> list[Any]:
        """Return the inputs in what a user gives, as `Predicts.answer` takes them.

        Raises:
            UserError: They are not what the model was trained on.
        """


@runtime_checkable
class CountsConfusion(Protocol):
    """A task with classes that counts a confusion matrix.

    Attributes:
        labels: The names of the classes.
    """

    labels: tuple[str, ...]

    def confusion_matrix(self) -> Tensor:
        """Return the counts of the present validation or test `(classes, classes)`, a row for each true class."""


@runtime_checkable
class KnowsChance(Protocol):
    """A task that knows what a model reaches which has learned nothing of the sequence.

    Its metrics may say what reaches their value of chance (`Metric.chance`).

    Attributes:
        chance_model: That model in words, such as `class frequencies of the training part`.
    """

    chance_model: str

    def chance(self, train: Part, part: Part) -> dict[str, float]:
        """Return the metrics by their keys that the model reaches on a part of the data.

        Args:
            train: The training part, which is all that the model knows.
            part: The part that is predicted.
        """


@runtime_checkable
class MeasuresItems(Protocol):
    """A task that measures each item of the test by itself, which a run keeps in test_items.csv."""

    def measure_items(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Measure each row of a batch by itself; the columns are kept in this order.

        A task that overrides `loss` or `count` overrides this too: without that its runs keep no items.

        Args:
            outputs: Those of the network, in float32.
            batch: The batch.

        Returns:
            A column `(B,)` for each figure. `loss` is the sum of the losses of a row's predictions and `count` how
            many those are, so that the sum of all losses over the sum of all counts is `test/loss`. A task with
            classes has `correct`, how many of `classified` predictions are right: their sums give `test/accuracy`.
            Any others are sums or figures of the task's own.
        """


@runtime_checkable
class DrawsCharts(Protocol):
    """A task whose predictions can be drawn beside the truth."""

    def charts(self, part: Part, name: str, count: int) -> list[Lines]:
        """Draw the first predictions on a part of the data.

        Args:
            part: The part.
            name: What it is called, such as `test`.
            count: How many predictions, at most.
        """


@runtime_checkable
class NamesSymbols(Protocol):
    """A task whose inputs are more than indices of its vocabulary."""

    def symbol_names(self, symbols: Tensor) -> list[str]:
        """Return a name for each step of inputs `(T, …)`."""
