"""Signals: sequences of vectors of numbers and their targets, and the user's own tables of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sources.descriptions import describe_labelled, named
from rnnlab.data.sources.labels import with_labels
from rnnlab.data.sources.parts import part_of_each, parts_of
from rnnlab.data.sources.tables import check_column, is_table, read_labels, read_numbers, read_table
from rnnlab.data.sources.times import named_as_time
from rnnlab.errors import UserError

CLASS, NUMBER, STEPS = (
    "class",
    "number",
    "steps",
)  # what is predicted: a class or a number for each sequence, or a class for each step

INDICES = {"id", "ids", "index", "idx", "unnamed: 0", "row", "rows", "no", "no.", "nr", "nr.", "#"}  # not of steps

Answers = NDArray[np.int64] | NDArray[np.float32]


@dataclass(frozen=True)
class Signals:
    """Sequences of vectors of numbers and the right answer for each.

    Attributes:
        values: `(total, D)`, the vectors of all sequences one behind the other.
        sizes: `(N,)`, how many steps each has, at least 1.
        answers: `(N,)` the index of each sequence's class, or a number; `(N, T)` a class for each step.
        asked: Which of these: `class`, `number` or `steps`.
        channels: What the D components are called.
        classes: What the classes are called; empty for numbers.
        tolerance: How far from the right number a right answer may be; 0 for classes.
        silent: The class of a step without an answer, which accuracy leaves out; None without one.
        notes: What a user should know, such as what can be reached without a memory.
        generated: Whether the sequences are independent draws, of which any part is as good as another.
        parts: `(N,)`, the part of each where the files' names say it (see `sources.parts`); else None.
        description: What was read of the user's own files, in one line; '' of other data.
        steps: The names of the columns of a table whose cells are steps; none of other data.
    """

    values: NDArray[np.float32]
    sizes: NDArray[np.int64]
    answers: Answers
    asked: str
    channels: tuple[str, ...]
    classes: tuple[str, ...] = ()
    tolerance: float = 0.0
    silent: int | None = None
    notes: tuple[str, ...] = ()
    generated: bool = True
    parts: Sequence[str] | None = None
    description: str = ""
    steps: tuple[str, ...] = ()

    @classmethod
    def of_equal_length(
        cls,
        values: NDArray[np.float32],
        answers: Answers,
        asked: str,
        channels: Sequence[str] = (),
        classes: Sequence[str] = (),
        **more: Any,
    ) -> Signals:
        """Return signals of values `(N, T, D)`; channels without names are numbered."""
        count, length, width = values.shape
        names = tuple(channels) or tuple(f"x{number}" for number in range(1, width + 1))
        sizes = np.full(count, length, dtype=np.int64)
        return cls(values.reshape(-1, width), sizes, answers, asked, names, tuple(classes), **more)

    def __len__(self) -> int:
        return len(self.sizes)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """`(N,)`, where each sequence begins."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the numbers and the answers, in hexadecimal."""
        digest = hashlib.sha256()
        for array in (self.values, self.sizes, self.answers):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def read_signals(
    files: list[Path],
    label_column: str,
    missing_labels: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
) -> Signals:
    """Return the rows of the user's CSV or TSV files with a header: a row is a sequence of one channel.

    The column `label_column` has its class; every other column is a step, in the order of the columns. Empty cells at
    the end of a row are steps that the sequence does not have. Files that are named for training, validation and test
    are the parts (see `parts_of`); `missing_labels` says what is done with labels such as `NaN` (see
    `leaves_out`); and `separator` and `quoting` how cells are told apart (see `read_rows`).

    Raises:
        UserError: A file is no such table, or a cell no number.
    """
    values, sizes, labels, left_out = [], [], list[str](), 0
    steps: list[str] = []
    for file in files:
        if not is_table(file):
            raise UserError(f"data.path: {file} is no table of signals; give .csv or .tsv files, a sequence a row")
        whole = read_table(file, separator, quoting)
        check_column(whole, label_column, "data.label_column", file)
        table = with_labels(whole, label_column, missing_labels, file)
        labels += read_labels(table, label_column, file)
        left_out += len(whole) - len(table)
        if table.empty:
            raise UserError(f"data.path: {file} has a header and no sequence below it")
        cells = table.drop(columns=label_column).map(str.strip)
        if not cells.shape[1]:
            raise UserError(f"data.path: {file} has no column of numbers beside the labels")
        steps = _longer(steps, list(cells.columns), str(file))
        filled = (cells != "").to_numpy()
        lengths = np.where(filled.any(axis=1), cells.shape[1] - np.argmax(filled[:, ::-1], axis=1), 1)
        values.append(read_numbers(cells, file, np.arange(cells.shape[1]) < lengths[:, None]).astype(np.float32))
        sizes.append(lengths.astype(np.int64))
    classes = sorted(set(labels))
    answers = np.array([classes.index(label) for label in labels], dtype=np.int64)
    return Signals(
        np.concatenate(values)[:, None],
        np.concatenate(sizes),
        answers,
        CLASS,
        ("value",),
        tuple(classes),
        generated=False,
        parts=part_of_each(parts_of(files), map(len, sizes)),
        steps=tuple(steps),
        description=describe_labelled(
            f"{label_column} and {_count(np.concatenate(sizes))} of {named(files)}", "rows", labels, left_out
        ),
    )


def _count(sizes: NDArray[np.int64]) -> str:
    """Return how many steps there are in a sequence, in words."""
    fewest, most = int(sizes.min()), int(sizes.max())
    return f"{f'{fewest:,} to ' if fewest < most else ''}{most:,} step{'s'[: most != 1]}"


def _longer(before: list[str], steps: list[str], where: str) -> list[str]:
    """Return the longer one of the names of steps in two tables.

    Raises:
        UserError: A column has no name, that of another one or that of no step, or the tables have other steps.
    """
    if "" in steps:
        raise UserError(f"data: {where} has a column without a name, such as an index; every column is a step")
    for name in steps:
        if name.strip().casefold() in INDICES or (named_as_time(name) and not re.search(r"\d", name)):
            raise UserError(
                f"data: {where}: the column {name} seems to be no step, though every column beside the labels is one;"
                " leave it out, or rename it"
            )
        if steps.count(name) > 1:
            raise UserError(f"data: {where} has {steps.count(name)} columns {name}; every step needs a name of its own")
    check_steps(before, steps, where)
    return max(before, steps, key=len)


def check_steps(before: Sequence[str], steps: Sequence[str], where: str) -> None:
    """Raise UserError if a table has other steps than those before, or another order of them; one may have fewer."""
    for number, (expected, name) in enumerate(zip(before, steps, strict=False), start=1):
        if name != expected:
            raise UserError(f"data: {where}: step {number} is the column {name}, where it was {expected} before")
