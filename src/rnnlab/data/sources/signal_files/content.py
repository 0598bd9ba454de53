"""The content of one file of signals, and the form that a person says it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import UserError

WIDE, LONG = "wide", "long"  # of data.form: a row is a sequence, or a time step
Columns = str | Sequence[str] | None


@dataclass(frozen=True)
class Reading:
    """The form that a person says files of signals have; None is told by the files themselves.

    Attributes:
        label_column: The column with the labels; several for as many numbers a sequence.
        id_column: Of a long table: the column that says which rows are one sequence; several for all of them together.
        time_column: Of a long table: the column that says the order of the rows.
        channels: The columns with the numbers of a step.
        group_column: The column whose rows stay in one part of the split.
        form: `wide` where a row is a sequence, `long` where it is a time step.
        target: What the labels are: `class`, `number` or `steps`, a class at each time step.
        missing: What is done with numbers that are missing: `refuse`, `forward` or `mask`.
        missing_labels: What is done with labels that are missing (see `labels.leaves_out`).
        decimal: `comma` where numbers have decimal commas, `point` where commas separate thousands.
        separator: What separates cells (see `tables.read_rows`).
        quoting: Whether quotes hold cells together (see `tables.read_rows`).
        labelled: Whether there are labels and groups to be read; without them every sequence has the label ''.
    """

    label_column: Columns = None
    id_column: Columns = None
    time_column: str | None = None
    channels: Columns = None
    group_column: Columns = None
    form: str | None = None
    target: str | None = None
    missing: str | None = None
    missing_labels: str | None = None
    decimal: str | None = None
    separator: str | None = None
    quoting: bool | None = None
    labelled: bool = True

    @property
    def named(self) -> list[str]:
        """The columns that a person has named."""
        keys = (self.label_column, self.id_column, self.time_column, self.channels, self.group_column)
        return [name for columns in keys for name in listed(columns)]

    @property
    def of_values(self) -> str:
        """The treatment of numbers that are missing.

        Raises:
            UserError: It is for series, or for labels.
        """
        if self.missing not in (None, "refuse", "forward", "mask"):
            raise UserError(f"data.missing={self.missing}: signals take refuse, forward or mask")
        return self.missing or "refuse"


def listed(columns: Columns) -> list[str]:
    """Return columns as a list: those of a list, a single one, or none."""
    if columns is None:
        return []
    return [columns] if isinstance(columns, str) else [str(column) for column in columns]


@dataclass(frozen=True)
class Content:
    """The sequences of one file.

    Attributes:
        values: `(total, D)`, NaN where nothing was observed.
        sizes: `(N,)`, at least 1 each.
        channels: What the D components are called.
        labels: The columns of labels, one or more: `(N,)` cells each, or `(total,)` for a label a step.
        targets: What those columns are called.
        asked: `class`, `number` or `steps`, where the file says it; '' where the labels have to tell.
        times: `(total,)`, or None.
        groups: `(N,)`, or None.
        names: `(N,)`, or None.
        steps: The names of the columns of a wide table.
        left_out: How many sequences were left out for want of a label.
        columns: How the table was read, by the attributes of `Reading`, for other tables of the same form.
        remarks: What a user should know, such as columns that were left out.
        rows: `(total,)`, the row of a long table that each step is, from 0; None of other files.
    """

    values: NDArray[np.float64]
    sizes: NDArray[np.int64]
    channels: tuple[str, ...]
    labels: tuple[Sequence[str], ...]
    targets: tuple[str, ...] = ("label",)
    asked: str = ""
    times: NDArray[np.float64] | None = None
    groups: Sequence[str] | None = None
    names: Sequence[str] | None = None
    steps: tuple[str, ...] = ()
    left_out: int = 0
    columns: dict[str, object] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    rows: NDArray[np.int64] | None = None


def check_form(reading: Reading, form: str, why: str) -> None:
    """Raise UserError if a key was given that is for tables of the other form."""
    if reading.form not in (None, form):
        raise UserError(f"data.form={reading.form}: {why}")
