"""Answer the rows of a table: every column is kept, and what the model says is appended."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnlab.control_characters import shown
from rnnlab.data.formats.table_blocks import (
    CSV,
    JSON_LINES,
    TEXT,
    CsvFile,
    LinesTable,
    TableBlock,
    TableFile,
    open_table,
)
from rnnlab.errors import UserError
from rnnlab.tasks.capabilities import AnswersTables, AnswersWholeTables, ReadsRows
from rnnlab.tasks.predictions import PREDICTION
from rnnlab.training.tables.writers import (
    CsvWriter,
    JsonLinesWriter,
    ParquetWriter,
    TableWriter,
    kind_of,
    sign_of_output,
    written_atomically,
)

COMMA = ","


@dataclass(frozen=True)
class Destination:
    """The place that a table with answers is written to.

    Attributes:
        output: A file, whose name says its form; None for the standard output.
        overwrite: Whether a file may be there already.
        style: Of the standard output: `text` for the form of the table that was read, `csv` or `json`.
        probabilities: Whether every class has a column with its probability.
    """

    output: Path | None = None
    overwrite: bool = False
    style: str = "text"
    probabilities: bool = False


def answer_table(
    answers: Any, task: ReadsRows | AnswersWholeTables, file: Path, reading: Mapping[str, Any], where: Destination
) -> list[str]:
    """Answer the rows of a table in their order, some thousand at a time where a row is an input.

    Args:
        answers: A function from inputs to the model's answers.
        task: Says what the input of a row is, or of many.
        file: The table.
        reading: The keys with which it is read, as `ReadsRows.read_rows` takes them.
        where: Where it is written to.

    Returns:
        What a user should know: how many rows were read, columns that got another name, rows without an answer.

    Raises:
        UserError: The table or one of its columns cannot be read, or the output cannot be written.
    """
    check_output(where.output, file)
    table = open_table(file, reading.get("separator"), reading.get("quoting"))
    return answer_rows(answers, task, table, reading, where)


def answer_lines(
    answers: Any, task: ReadsRows, texts: Iterable[Sequence[str]], name: str, where: Destination
) -> list[str]:
    """Answer texts as rows of a table with the column `text`; see `answer_table`.

    Args:
        answers: A function from inputs to the model's answers.
        task: Says what a row's input is.
        texts: In lists.
        name: Where they stand.
        where: Where the table is written to.

    Raises:
        UserError: The output cannot be written.
    """
    file = Path(name)
    check_output(where.output, file)
    table = LinesTable(file, (TEXT,), map(_checked_texts, texts))
    return answer_rows(answers, task, table, {"text_column": TEXT}, where)


def _checked_texts(texts: Sequence[Any]) -> Sequence[str]:
    """Return texts.

    Raises:
        UserError: One is a sentence whose words have blanks in them, which a cell of a table would separate.
    """
    for words in texts:
        if not isinstance(words, str):
            blank = next(word for word in words if len(word.split()) != 1)
            raise UserError(f"output: the word {blank!r} has a blank in it; leave output out, add format=csv or json")
    return texts


def write_columns(columns: Sequence[Mapping[str, Sequence[Any]]], output: Path, overwrite: bool) -> None:
    """Write columns of values as a table; those of several mappings with the same names stand below each other.

    Raises:
        UserError: The output cannot be written.
    """
    kind_of(output)
    names = tuple(columns[0])
    values = {name: [value for one in columns for value in one[name]] for name in names}
    kinds = {name: _kind_of(cells) for name, cells in values.items()}
    table = LinesTable(output, (), ())
    rows = [list(row) for row in zip(*values.values(), strict=True)]
    with _writer(table, kinds, Destination(output, overwrite)) as writer:
        writer.begin()
        writer.write(TableBlock(0, [[]] * len(rows)), rows)
        writer.end()


def _kind_of(values: Sequence[Any]) -> type:
    """Return what a column holds: `int`, `float` or `str`."""
    return next((kind for kind in (int, float) if all(isinstance(value, kind) for value in values)), str)


def check_output(output: Path | None, file: Path) -> None:
    """Raise UserError if an output is no table by its name, or the file that is read."""
    if output is None:
        return
    kind_of(output)
    with suppress(OSError):
        if output.samefile(file):
            raise UserError(f"output: {output} is the file that is read; give another name")


def write_answers(answers: Any, task: AnswersTables, inputs: Iterable[Sequence[Any]], where: Destination) -> list[str]:
    """Write a table of answers, in the order of their inputs.

    Args:
        answers: A function from inputs to the model's answers.
        task: Says what rows an answer has.
        inputs: In lists.
        where: Where the table is written to.

    Returns:
        What a user should know: how many inputs were read, and why some have no answer.

    Raises:
        UserError: The output cannot be written.
    """
    columns = task.table_columns(where.probabilities)
    count = written = without = 0
    whys: set[str] = set()
    with _writer(LinesTable(Path("the answers"), (), ()), columns, where) as writer:
        for answered in _at_least_one(map(answers, inputs)):
            rows = [row for answer in answered for row in task.table_rows(answer, where.probabilities)]
            if not written:
                writer.begin()
            writer.write(TableBlock(written, [[]] * len(rows)), rows)
            count, written = count + len(answered), written + len(rows)
            without += sum(row[-1] is None for row in rows)
            whys |= _whys(answered)
        writer.end()
    remarks = [f"{count:,} answered: {written:,} row{'s'[: written != 1]} of {', '.join(columns)}"]
    return [", ".join([*remarks, *_without(without, whys)])]


def _at_least_one(blocks: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Yield blocks, or an empty one where there are none."""
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty:
        yield []


def answer_rows(
    answers: Any,
    task: ReadsRows | AnswersWholeTables,
    table: TableFile,
    reading: Mapping[str, Any],
    where: Destination,
) -> list[str]:
    """Answer the rows of a table that has been checked; see `answer_table`."""
    columns, renamed = _renamed(task.answer_columns(where.probabilities), table)
    whole = isinstance(task, AnswersWholeTables)
    blocks = (_answered_at_once if whole else _answered_by_rows)(answers, task, table, reading, where.probabilities)
    rows = without = 0
    whys: set[str] = set()
    with _writer(table, columns, where) as writer:
        for block, cells, some in blocks:
            if not rows:  # nothing is written of a table that cannot be read
                writer.begin()
            writer.write(block, cells)
            rows, without = rows + len(block), without + sum(answer[0] is None for answer in cells)
            whys |= some
        if not rows:
            writer.begin()
        writer.end()
    read = f"{reading['text_column']} of " if reading.get("text_column") else ""
    remarks = [f"{read}{table.file.name}: {rows:,} row{'s'[: rows != 1]}", f"{', '.join(columns)} appended"]
    return [*renamed, ", ".join([*remarks, *_without(without, whys)])]


Answered = Iterator[tuple[TableBlock, Sequence[Sequence[Any]], set[str]]]
"""Rows, the cells that are appended to each, and why some have none."""


def _answered_by_rows(
    answers: Any, task: Any, table: TableFile, reading: Mapping[str, Any], probabilities: bool
) -> Answered:
    """Answer rows that are an input each, block by block."""
    rows = 0
    for block in table.blocks():
        answered = answers(task.read_rows(table.frame(block), reading, table.file))
        whys = _whys(answered) if isinstance(task, AnswersTables) else set()
        yield block, [task.answer_cells(answer, probabilities) for answer in answered], whys
        rows += len(block)
    if not rows:  # its columns are checked
        task.read_rows(table.frame(TableBlock(0, ())), reading, table.file)


def _answered_at_once(
    answers: Any, task: Any, table: TableFile, reading: Mapping[str, Any], probabilities: bool
) -> Answered:
    """Answer rows of which many are an input, so that all have to be read before one is answered."""
    import pandas as pd

    frame = pd.concat([table.frame(block) for block in (TableBlock(0, ()), *table.blocks())])
    inputs = task.read_table(frame, reading, table.file)
    answered = answers(inputs)
    cells, whys = task.cells_of_rows(inputs, answered, probabilities), _whys(answered)
    for block in table.blocks():
        yield block, cells[block.first : block.first + len(block)], whys


def _whys(answers: Iterable[Any]) -> set[str]:
    """Return the notes of answers, which say why there is none."""
    return {answer.note for answer in answers if getattr(answer, "note", "")}


def _without(count: int, whys: set[str]) -> list[str]:
    """Return the words on rows without an answer; none where every row has one."""
    if not count:
        return []
    why = next(iter(whys)) if len(whys) == 1 else "they have nothing that the model knows"
    return [f"{count:,} without {PREDICTION}: {why}"]


def _renamed(columns: Mapping[str, type], table: TableFile) -> tuple[dict[str, type], list[str]]:
    """Return the appended columns under names that the table does not have yet, and what is said of that."""
    named: dict[str, type] = {}
    remarks = []
    for name, kind in columns.items():
        free = next(f for f in _numbered(name) if f not in table.names and f not in named)
        named[free] = kind
        if free != name:
            remarks.append(f"{table.file} has a column {name} already; what is appended is called {free}")
    return named, remarks


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


@contextmanager
def _writer(table: TableFile, columns: Mapping[str, type], where: Destination) -> Iterator[TableWriter]:
    """Open what writes the table; a file is there when all of it is."""
    if where.output is None:
        yield _writer_to_stdout(table, columns, where.style)
        return
    kind = kind_of(where.output)
    with written_atomically(where.output, where.overwrite) as place:
        if kind not in (CSV, JSON_LINES):
            yield ParquetWriter(table, columns, place)
            return
        with place.open("w", encoding="utf-8", newline="") as stream:
            if kind == CSV:
                yield CsvWriter(table, columns, stream, sign_of_output(where.output))
            else:
                yield JsonLinesWriter(table, columns, stream)


def _writer_to_stdout(table: TableFile, columns: Mapping[str, type], style: str) -> TableWriter:
    stream = _Terminal() if sys.stdout.isatty() else sys.stdout
    if style == "json":
        return JsonLinesWriter(table, columns, stream, as_list=True)
    if style == "text" and table.kind == JSON_LINES:
        return JsonLinesWriter(table, columns, stream)
    as_it_is = style == "text" and isinstance(table, CsvFile)
    return CsvWriter(table, columns, stream, table.sign if as_it_is and isinstance(table, CsvFile) else COMMA)


class _Terminal:
    """The standard output where a person looks at it: control characters are shown."""

    def write(self, text: str) -> int:
        return sys.stdout.write(shown(text.replace("\r\n", "\n")))
