"""Answers of tasks as plain values, and the text, CSV or JSON that `rnnlab predict` prints of them."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.config.targets import build
from rnnlab.control_characters import say, to_json
from rnnlab.data.formats.tables import check_column
from rnnlab.data.source import has_reader_of_a_plugin, reader_of_training
from rnnlab.errors import UserError
from rnnlab.records.files.csv_files import as_text
from rnnlab.tasks.user_input import UserInput
from rnnlab.verbosity import note

MEDIAN = 0.5

if TYPE_CHECKING:
    import pandas as pd

PREDICTION, PROBABILITY = "prediction", "probability"  # columns that are appended to a table

Blocks = Iterable[list[Any]]  # of answers, which are printed as soon as they are there


@dataclass(frozen=True)
class Prediction:
    """The predicted class of a text.

    Attributes:
        text: The text.
        label: The likeliest class; None where the text has no word that the model knows.
        probability: Of that class, from 0 to 1; None without a label.
        note: Why there is no label; otherwise empty.
        probabilities: Of every class; empty without a label.
    """

    text: str
    label: str | None
    probability: float | None
    note: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TaggedWord:
    """The predicted tag of a word in its sentence.

    Attributes:
        word: As it was written.
        tag: The likeliest one.
        probability: Of that tag, from 0 to 1.
        probabilities: Of every tag.
    """

    word: str
    tag: str
    probability: float
    probabilities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TaggedText:
    """The predicted tags of the words of a text.

    Attributes:
        text: The text.
        words: Its words and their tags; empty for an empty text.
        note: A hint that its words may have been separated wrongly; otherwise empty.
    """

    text: str
    words: tuple[TaggedWord, ...] = ()
    note: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag of each word."""
        return tuple(word.tag for word in self.words)

    @property
    def prediction(self) -> Prediction:
        """All tags as one label, with the product of their probabilities."""
        if not self.words:
            return Prediction(self.text, None, None, "the text is empty")
        label, probability = " ".join(self.tags), math.prod(word.probability for word in self.words)
        return Prediction(self.text, label, probability, self.note, {label: probability})


@dataclass(frozen=True)
class Numbers:
    """The predicted numbers of a sequence, in their own units.

    Attributes:
        id: What the sequence is called; or the text that was given.
        numbers: By the names of the targets; empty where nothing is predicted.
        note: Why there are none; otherwise empty.
    """

    id: str
    numbers: dict[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class LabelledStep:
    """The predicted class of a step of a sequence.

    Attributes:
        step: Its number, from 1.
        label: The likeliest class.
        probability: Of that class, from 0 to 1.
        probabilities: Of every class.
    """

    step: int
    label: str
    probability: float
    probabilities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelledSteps:
    """The predicted classes of the steps of a sequence.

    Attributes:
        id: What the sequence is called; or the text that was given.
        steps: One for each step that the model reads; none where nothing is predicted.
        note: Why steps have no class; otherwise empty.
    """

    id: str
    steps: tuple[LabelledStep, ...] = ()
    note: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The class of each step."""
        return tuple(step.label for step in self.steps)


@dataclass(frozen=True)
class Forecast:
    """The predicted next values of a series, in its own units.

    Attributes:
        names: Of the D columns.
        values: A row of D numbers for each step.
        times: Of each step, as they are written; empty where a series has none.
        time_name: What the column of times is called.
        quantiles: Rows as those of `values`, by the share of values that should lie below them.
        series: The name of the series, of several.
        series_name: What the column of such names is called.
        digits: Of each column, behind the point: how precisely its values are written. None for all there are.
    """

    names: tuple[str, ...]
    values: list[list[float]]
    times: tuple[str, ...] = ()
    time_name: str = "step"
    quantiles: dict[float, list[list[float]]] = field(default_factory=dict)
    series: str = ""
    series_name: str = "series"
    digits: tuple[int, ...] | None = None

    def columns(self) -> dict[str, list[Any]]:
        """Return a column for the series if it has a name, for the times or steps, and for every value and quantile."""
        steps: list[Any] = list(self.times) or list(range(1, len(self.values) + 1))
        head: dict[str, list[Any]] = {self.series_name: [self.series] * len(steps)} if self.series else {}
        columns: dict[str, list[Any]] = {**head, self.time_name: steps}
        for place, name in enumerate(self.names):
            columns[name] = self._written(self.values, place)
            for share, rows in self.quantiles.items():
                if share == MEDIAN:  # which is the value
                    continue
                columns[f"{name}_q{share:g}"] = self._written(rows, place)
        return columns

    def _written(self, rows: list[list[float]], place: int) -> list[float]:
        return [row[place] if self.digits is None else round(row[place], self.digits[place]) + 0.0 for row in rows]


def class_columns(labels: Sequence[str], probabilities: bool) -> dict[str, type]:
    """Return the columns of a predicted class and what each holds; `probabilities` asks for one for every class."""
    names = [f"{PROBABILITY}_{label}" for label in labels] if probabilities else []
    return {PREDICTION: str, PROBABILITY: float, **dict.fromkeys(names, float)}


def class_cells(labels: Sequence[str], answer: Prediction | LabelledStep, probabilities: bool) -> list[Any]:
    """Return a predicted class as a value for each of `class_columns`."""
    shares = [answer.probabilities.get(label) for label in labels] if probabilities else []
    return [answer.label, answer.probability, *shares]


class TextAnswers:
    """Mixin of a task whose `answer` gives a dataclass for each text of `rnnlab predict`.

    As text, an answer is a line with the values of its fields; as CSV a row of its `columns`; as JSON an object.

    Attributes:
        answer_type: The dataclass.
        columns: The header of CSV; None for all fields.
    """

    answer_type: type[Any]
    card: dict[str, Any]
    columns: tuple[str, ...] | None = None

    def read_inputs(self, source: UserInput) -> Iterator[list[Any]]:
        """Yield the texts of a user's input in blocks: of a file, what the reader of training reads, or its lines.

        Raises:
            UserError: The reader of a plugin reads no texts.
        """
        if source.file is None or not has_reader_of_a_plugin(self.card["config"]):
            return source.lines()
        reader = reader_of_training(self.card["config"]) | dict(source.reading)
        content = build(reader, files=[Path(source.file)])
        texts = list(getattr(content, "texts", content))
        if not all(isinstance(text, str) for text in texts):
            raise UserError(f"file: {source.file}: {reader['_target_']} reads something else than texts")
        return iter([texts])

    def read_rows(self, rows: pd.DataFrame, reading: Mapping[str, Any], file: Path) -> list[Any]:
        """Return the texts in the column `text_column` of a table.

        Raises:
            UserError: It has no such column, or the model was trained on no table and it was not said which it is.
        """
        if not (column := reading.get("text_column")):
            names = ", ".join(map(str, rows.columns[:10]))
            raise UserError(
                f"file: {file} is a table, and the model was trained on none; data.text_column=COLUMN says where the"
                f" texts are; it has {names}"
            )
        check_column(rows, column, "data.text_column", file)
        texts: list[Any] = rows[column].tolist()
        return texts

    def answer_columns(self, probabilities: bool) -> dict[str, type]:
        """Return what CSV has of an answer behind its text."""
        types = {"str": str, "int": int, "float": float}
        kinds = {column.name: types.get(str(column.type).partition(" ")[0], str) for column in fields(self.answer_type)}
        return {name: kinds[name] for name in self._columns[1:]}

    def answer_cells(self, answer: Any, probabilities: bool) -> list[Any]:
        """Return the values of these columns."""
        return [getattr(answer, name) for name in self._columns[1:]]

    def print_answers(self, blocks: Blocks, style: str, probabilities: bool = False) -> None:
        """Print answers as `text`, `csv` or `json`, each block as soon as it arrives.

        JSON has the probability of every class anyway; `probabilities` asks CSV for a column for each.
        """
        if style == "csv":
            self._print_csv(blocks, probabilities)
        else:
            {"text": self._print_text, "json": self._print_json}[style](blocks)

    def line(self, answer: Any) -> str:
        """Return an answer as a line of text."""
        return "  ".join(" ".join(str(value).splitlines()) for value in asdict(answer).values())

    def header(self, probabilities: bool) -> Iterable[str]:
        """Return the header of CSV."""
        return self._columns

    def rows(self, number: int, answer: Any, probabilities: bool) -> Iterable[Sequence[Any]]:
        """Return an answer as rows of CSV; `number` counts answers from 1."""
        return [[getattr(answer, column) for column in self._columns]]

    def hint(self, answer: Any) -> str:
        """Return advice on how to write the input, which is printed once beside the text; may be empty."""
        return ""

    @property
    def _columns(self) -> tuple[str, ...]:
        return self.columns or tuple(column.name for column in fields(self.answer_type))

    def _print_text(self, blocks: Blocks) -> None:
        hinted = False
        for block in blocks:
            for answer in block:
                say(self.line(answer))
                if not hinted and (hint := self.hint(answer)):
                    sys.stdout.flush()
                    note(hint)
                    hinted = True
            sys.stdout.flush()

    def _print_csv(self, blocks: Blocks, probabilities: bool) -> None:
        # Every string is quoted, so that a column is all texts or all numbers to whoever reads it.
        writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(map(as_text, self.header(probabilities)))
        numbers = count(1)
        for block in blocks:
            for answer in block:
                writer.writerows(map(as_text, row) for row in self.rows(next(numbers), answer, probabilities))
            sys.stdout.flush()

    def _print_json(self, blocks: Blocks) -> None:
        """Print a list of objects; in ASCII, which every encoding has."""
        separator = "[\n"
        for answer in (answer for block in blocks for answer in block):
            say(f"{separator}  {to_json(asdict(answer))}", end="", flush=True)
            separator = ",\n"
        say("[]" if separator == "[\n" else "\n]")


def print_forecasts(forecasts: Sequence[Forecast], style: str) -> None:
    """Print forecasts as one table in `text` or `csv`, a row a step, or as `json`: an object with a list a column.

    In JSON, steps that are only counted have no column; several series are a list of objects.
    """
    tables = [forecast.columns() for forecast in forecasts]
    if style == "json":
        objects = [
            {name: column for name, column in table.items() if forecast.times or name != forecast.time_name}
            for forecast, table in zip(forecasts, tables, strict=True)
        ]
        say(to_json(objects[0] if len(objects) == 1 else objects, indent=2))
        return
    header = list(tables[0])
    rows = [row for table in tables for row in zip(*table.values(), strict=True)]
    if style == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(map(as_text, header))
        writer.writerows(map(as_text, row) for row in rows)
        return
    texts = [_aligned(column) for column in zip(*rows, strict=True)]
    cells = [header, *map(list, zip(*texts, strict=True))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        say("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _aligned(column: Sequence[Any]) -> list[str]:
    """Return the cells of a column as text; numbers have as many digits behind the point as the longest."""
    texts = [str(cell) for cell in column]
    if not all(isinstance(cell, float) for cell in column) or any("e" in text or "n" in text for text in texts):
        return texts
    digits = max(len(text.partition(".")[2].rstrip("0")) for text in texts)
    return [f"{cell:.{digits}f}" for cell in column]
