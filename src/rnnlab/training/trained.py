"""A trained model, as `rnnlab.load` gives it to a notebook and the commands use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnnlab.analysis.best_run import find_checkpoint
from rnnlab.config.schema import check
from rnnlab.data.formats.json_lines import cell_of
from rnnlab.data.formats.table_blocks import open_table
from rnnlab.data.formats.tables import is_table
from rnnlab.data.source import check_reading, has_reader_of_a_plugin, reader_of_training
from rnnlab.data.sources.series import Series
from rnnlab.data.sources.tagged_sentences import has_columns
from rnnlab.errors import UserError
from rnnlab.tasks.base import SequenceTask, parameters_of
from rnnlab.tasks.capabilities import (
    AnswersTables,
    AnswersWholeTables,
    Generates,
    Predicts,
    ReadsArrays,
    ReadsRows,
    Sampling,
)
from rnnlab.tasks.predictions import Forecast, Prediction, TaggedText
from rnnlab.tasks.user_input import UserInput
from rnnlab.training.checkpoints import load_task
from rnnlab.training.evaluation import Evaluation, evaluate
from rnnlab.training.tables.predictions import (
    Destination,
    answer_lines,
    answer_table,
    check_output,
    write_answers,
    write_columns,
)
from rnnlab.training.trainer import threads_of

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 64  # inputs that are answered in one batch


class Trained:
    """A trained model, as `rnnlab.load` gives it.

    Attributes:
        task: The LightningModule, in evaluation mode.
        checkpoint: The file that it was read from, also where a folder stood for it.
    """

    def __init__(self, checkpoint: str | Path) -> None:
        """Open a checkpoint file, or the best checkpoint of a run's or a sweep's folder.

        Raises:
            UserError: There is none, or it is not one that rnnlab wrote.
        """
        self.checkpoint = find_checkpoint(checkpoint)
        self.task: SequenceTask = load_task(self.checkpoint)

    @property
    def config(self) -> Mapping[str, Any]:
        """The resolved configuration that it was trained with."""
        config: Mapping[str, Any] = self.task.card["config"]
        return config

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes or tags that it tells apart.

        Raises:
            UserError: The model tells neither.
        """
        labels: tuple[str, ...] | None = getattr(self.task, "labels", None)
        if labels is None:
            raise self._unable("tells no classes of texts; a model of task=sentiment does")
        return labels

    @property
    def predictor(self) -> Predicts:
        """The task, which answers inputs of a user.

        Raises:
            UserError: The model predicts nothing of that kind.
        """
        if not isinstance(self.task, Predicts):
            raise self._unable("tells no classes of texts; a model of task=sentiment does")
        return self.task

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
        condition: str | None = None,
    ) -> list[str]:
        """Make up items or texts, all at once.

        Args:
            prompt: How each begins.
            samples: How many.
            length: Symbols: the longest name (None: 100), or how much a text goes on (None: 200).
            temperature: Below 1 safer, above 1 wilder; 0 takes the likeliest symbol every time.
            top_k: Draw among that many likeliest symbols only; None for all.
            seed: The same seed gives the same.
            condition: The label of each, of a model with labels; None: each has one by its share, and says it.

        Raises:
            UserError: The model generates nothing, a value is out of range, or the prompt has a symbol or `condition`
                is a label that it does not know.
        """
        check({"samples": samples})
        sampling = _sampling(prompt, length, temperature, top_k, seed, condition)
        with threads_of(self.config):
            return self._generator().sample(samples, sampling)

    def stream(
        self,
        prompt: str = "",
        length: int | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
        condition: str | None = None,
    ) -> Iterator[str]:
        """One item or text, in pieces as they are drawn; the arguments are those of `generate`.

        Raises:
            UserError: As `generate`.
        """
        pieces = self._generator().stream(_sampling(prompt, length, temperature, top_k, seed, condition))
        while True:
            with threads_of(self.config):  # only while it is drawing: the caller goes on in between
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def remark(self, items: Sequence[str]) -> str:
        """Return a remark on generated items, such as how many are new; may be empty."""
        return self._generator().remark(items)

    def predict(self, texts: str | Path | pd.DataFrame | Iterable[Any]) -> list[Any]:
        """The class of each text or signal, and how probable it is; or what else the model predicts of a signal.

        Args:
            texts: One text, or any number of them; or a data frame or the path of a file of the form that the model was
                trained on, which is read as it was in training. Of a model of signals, arrays `(T, C)` or one
                `(N, T, C)`.

        Returns:
            A `Prediction` for each, in their order; one without a label where a text has no word that the model knows.
            Of a model that predicts numbers of a signal, `Numbers`; of one that predicts a class at each step,
            `LabelledSteps`.

        Raises:
            UserError: The model predicts nothing of the kind, or something else than texts was given.
        """
        if self.predictor.answer_type is TaggedText:
            raise self._unable("tells tags of words, not classes of texts; ask `tag`")
        if self.predictor.answer_type is Forecast:
            raise self._unable("tells no classes of texts; a model of task=sentiment does")
        return self.answer(self._inputs(texts))

    def tag(self, texts: str | Iterable[str]) -> list[TaggedText]:
        """The tag of each word of each text, and how probable it is.

        Args:
            texts: One text, or any number of them; blanks separate their words.

        Raises:
            UserError: The model tells no tags, or something else than texts was given.
        """
        if not self._answers_with(TaggedText):
            raise self._unable("tells no tags of words; a model of task=tagging does")
        return self.answer(_checked(texts))

    def predict_labels(self, texts: Iterable[str]) -> list[Prediction]:
        """Predict one label for each text: its class, or the tags of its words as one.

        Raises:
            UserError: The model tells neither classes nor tags.
        """
        if self._answers_with(TaggedText):
            return [tagged.prediction for tagged in self.tag(texts)]
        return self.predict(texts)

    def forecast(self, values: ArrayLike) -> NDArray[np.float64]:
        """The next values `(horizon,)` or `(horizon, D)` of a series `(T,)` or `(T, D)`, both in its own units.

        Raises:
            UserError: The model forecasts nothing, or the series is too short or has another number of columns.
        """
        if not self._answers_with(Forecast):
            raise self._unable("forecasts nothing; a model of task=forecasting does")
        series = np.asarray(values, dtype=np.float64)
        names = tuple(map(str, range(series.shape[1]))) if series.ndim > 1 else ("value",)
        (forecast,) = self.answer([Series(series, names)])
        return np.array(forecast.values).reshape(-1, *series.shape[1:])

    def answer(self, inputs: Sequence[Any]) -> list[Any]:
        """Answer inputs as the task reads them, of which `AT_ONCE` make a batch.

        Raises:
            UserError: The model answers no inputs.
        """
        groups = (inputs[start : start + AT_ONCE] for start in range(0, len(inputs), AT_ONCE))
        with threads_of(self.config):
            return [answer for group in groups for answer in self.predictor.answer(group)]

    def evaluate(
        self,
        part: str = "test",
        path: str | Path | None = None,
        text_column: str | None = None,
        label_column: str | None = None,
        value_column: str | list[str] | None = None,
        **reading: Any,
    ) -> Evaluation:
        """Every metric of the task on the data that the model was trained on, or on other data.

        Args:
            part: `val` or `test`, of the split that the model was trained with.
            path: Where the data lies now; None for where it lay. A file that is not the one of training is
                evaluated on as a whole.
            text_column: The column of that file with the texts, if it is a table; None for the one of training.
            label_column: The column with the labels; None for the one of training.
            value_column: The column with the numbers of a series, or several; None for those of training.
            reading: How it is read, where otherwise than in training: `header`, `decimal`, `separator`, `quoting`,
                `stacked`, `missing`, `verbatim`, `tag_column` and `labels`, as the keys of `data=file`. A header is
                never taken from training.

        Raises:
            UserError: The data is missing, unreadable or, without `path`, not the data of training any more.
        """
        check({"part": part})
        columns = {"text_column": text_column, "label_column": label_column, "value_column": value_column, **reading}
        return evaluate(self.task, part, path, columns)

    def predict_file(
        self,
        file: str | Path,
        output: str | Path | None = None,
        probabilities: bool = False,
        overwrite: bool = False,
        style: str = "text",
        **reading: Any,
    ) -> list[str]:
        """Answer the rows of a table of the form that the model was trained on, and write it with the answers.

        Every column is kept as it is; `prediction` and `probability` are appended. The table may be of any length,
        unless a sequence has many rows. Of sequences that are no rows, the answers are a table of their own.

        Args:
            file: CSV, TSV, JSON Lines or Parquet; of signals, any file that the model reads.
            output: The file that is written, whole or not at all, in the form that its name says; None for the
                standard output.
            probabilities: Whether a column `probability_CLASS` is appended for every class too.
            overwrite: Whether `output` may be there already.
            style: Of the standard output: `text` for the form that is read, `csv` or `json`.
            reading: How it is read, where otherwise than in training: `text_column`, `separator` and so on, as the keys
                of `data=file`.

        Returns:
            What there is to know: how many rows were read, columns that got another name, rows without an answer.

        Raises:
            UserError: The model predicts nothing of rows, the table cannot be read, or `output` is there.
        """
        task = self.predictor
        if not isinstance(task, ReadsRows | AnswersWholeTables):
            raise self._unable("answers no rows of a table")
        self.check_probabilities(probabilities)
        check_reading(self.config, reading, more=("text_column", "separator", "quoting"))
        place = None if output is None else Path(output)
        where = Destination(place, overwrite, style, probabilities)
        if isinstance(task, AnswersTables) and not self.reads_rows_of(file, reading):
            check_output(place, Path(file))
            with UserInput.opened(None, str(file), reading) as source:
                return write_answers(self.answer, task, task.read_inputs(source), where)
        keys = {**reader_of_training(self.config), **reading}
        return answer_table(self.answer, task, Path(file), keys, where)

    def check_probabilities(self, wanted: bool) -> None:
        """Check that a model has the probabilities that are asked for.

        Raises:
            UserError: It tells no classes.
        """
        if wanted and not getattr(self.task, "labels", ()):
            raise UserError(f"probabilities: a {self._describe()} tells no classes; leave it out")

    def reads_rows_of(self, file: str | Path, reading: Mapping[str, Any]) -> bool:
        """Return whether a file is a table of which it answers every row, and no file for the reader of a plugin.

        Args:
            file: Its path.
            reading: What was said of how it is read.
        """
        by_rows = isinstance(self.predictor, ReadsRows) and bool(getattr(self.predictor, "answers_rows", True))
        by_rows = (by_rows or isinstance(self.predictor, AnswersWholeTables)) and is_table(Path(file))
        if not by_rows or "text_column" in reading:
            return by_rows
        of_words = self._answers_with(TaggedText) and has_columns(Path(file))
        return not of_words and not has_reader_of_a_plugin(self.config)

    def write_answers(
        self,
        inputs: Iterable[Sequence[Any]],
        output: str | Path,
        probabilities: bool = False,
        overwrite: bool = False,
        file: str | Path | None = None,
    ) -> list[str]:
        """Write a table of answers: to texts with a column `text`, to signals with `id`, or the forecasts of series.

        Args:
            inputs: Texts, or what else the task reads, in lists.
            output: The file, see `predict_file`.
            probabilities: See `predict_file`.
            overwrite: See `predict_file`.
            file: Where the inputs stand, if that is a file.

        Returns:
            What there is to know, as `predict_file`.

        Raises:
            UserError: The answers are no rows of a table, or `output` is there.
        """
        self.check_probabilities(probabilities)
        place = Path(output)
        if file is not None:
            check_output(place, Path(file))
        where = Destination(place, overwrite, probabilities=probabilities)
        if isinstance(self.predictor, AnswersTables):
            return write_answers(self.answer, self.predictor, inputs, where)
        if isinstance(self.predictor, ReadsRows):
            return answer_lines(self.answer, self.predictor, inputs, "the input", where)
        if not self._answers_with(Forecast):
            raise UserError(f"output: the answers of a {self._describe()} are no table")
        columns = [forecast.columns() for some in inputs for forecast in self.answer(some)]
        write_columns(columns, place, overwrite)
        return []

    def export(self, folder: str | Path, format: str = "onnx") -> tuple[str, ...]:
        """Write the model as a folder that runs without rnnlab, as `rnnlab export` does.

        Args:
            folder: Where it goes; nothing, an empty folder or an earlier export may lie there.
            format: `onnx` or `torch`.

        Returns:
            Lines on what is left out, and why.

        Raises:
            UserError: The model cannot be exported, a package is missing, or something else lies in the folder.
        """
        from rnnlab.export.folder import export

        check({"format": format}, "export")
        return export(self.task, Path(folder), format)

    def _inputs(self, given: str | Path | pd.DataFrame | Iterable[Any]) -> list[Any]:
        """Return texts, the rows of a table, or what is in a file, as the task takes them."""
        import pandas as pd

        if isinstance(self.task, ReadsArrays) and not isinstance(given, Path):
            return self.task.read_arrays(given)
        reading = reader_of_training(self.config)
        if isinstance(given, pd.DataFrame) and isinstance(self.predictor, ReadsRows):
            cells = given.reset_index(drop=True).astype(object).where(given.notna().to_numpy(), None).map(cell_of)
            return self.predictor.read_rows(cells, reading, Path("the data frame"))
        task = self.predictor
        by_rows = task if isinstance(task, ReadsRows) and not isinstance(task, AnswersWholeTables) else None
        if isinstance(given, Path) and by_rows is not None and self.reads_rows_of(given, {}):
            table = open_table(given, reading.get("separator"), reading.get("quoting"))
            blocks = (by_rows.read_rows(table.frame(block), reading, given) for block in table.blocks())
            return [row for block in blocks for row in block]
        if isinstance(given, Path):
            with UserInput.opened(None, str(given), {}) as source:
                return [item for some in self.predictor.read_inputs(source) for item in some]
        if isinstance(given, pd.DataFrame):
            raise self._unable("answers no rows of a table")
        return list(_checked(given))

    def _answers_with(self, answer_type: type[Any]) -> bool:
        return isinstance(self.task, Predicts) and issubclass(self.task.answer_type, answer_type)

    def _generator(self) -> Generates:
        if not isinstance(self.task, Generates):
            raise self._unable("generates nothing; models of task=names and task=chars do")
        return self.task

    def _unable(self, why: str) -> UserError:
        return UserError(f"checkpoint: {self.checkpoint} holds a {self._describe()}, which {why}")

    def _describe(self) -> str:
        """Class, task and cell."""
        return f"{type(self.task).__name__} (task={self.config['task']['name']}, cell={self.config['cell']['name']})"


def _checked(texts: str | Iterable[Any]) -> list[str]:
    """Return one text, or any number of them, as a list.

    Raises:
        UserError: One of them is not a text.
    """
    checked = [texts] if isinstance(texts, str) else list(texts)
    for number, text in enumerate(checked, start=1):
        if not isinstance(text, str):
            raise UserError(f"texts: number {number} is {text!r}, not a text")
    return checked


def _sampling(
    prompt: str, length: int | None, temperature: float, top_k: int | None, seed: int, condition: str | None
) -> Sampling:
    """Check and join the arguments of `generate`.

    Raises:
        UserError: A value is out of range.
    """
    check({"length": length, "temperature": temperature, "top_k": top_k, "seed": seed})
    return Sampling(prompt, length, temperature, top_k, seed, condition)
