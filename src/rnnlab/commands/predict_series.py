"""What `rnnlab predict` prints of a series of numbers: how it goes on."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnlab.data.sources.series import own
from rnnlab.errors import UserError

if TYPE_CHECKING:
    from rnnlab.training.trained import Trained

Rows = Sequence[Sequence[float]]


def forecast(model: Trained, config: Mapping[str, Any]) -> None:
    """Print what comes behind the end of the series in a file.

    Raises:
        UserError: There is no file, or it holds no such series.
    """
    if config["file"] is None:
        key = "text" if config["text"] is not None else "file"
        raise UserError(
            f"{key}: this model goes on with a series of numbers; give file=series.csv, a table with a row a step"
        )
    of_training = model.config["task"]["file_reader"].get("value_column")
    series = own([Path(config["file"])], of_training if config["value_column"] is None else config["value_column"])
    try:
        rows = model.forecast(series.values)
    except UserError as error:
        raise UserError(f"file: {config['file']}: {error}") from error
    FORMATS[config["format"]](series.names, rows.tolist())


def _print_lines(names: Sequence[str], rows: Rows) -> None:
    """A line a step: its number, counted from 1, and its values."""
    shown = [["step", *names], *([str(step), *(f"{value:.6g}" for value in row)] for step, row in enumerate(rows, 1))]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for line in shown:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _print_csv(names: Sequence[str], rows: Rows) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["step", *names])
    writer.writerows([step, *row] for step, row in enumerate(rows, 1))


def _print_json(names: Sequence[str], rows: Rows) -> None:
    """An object with a list of numbers for each column."""
    print(json.dumps(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), indent=2))


FORMATS: dict[str, Callable[[Sequence[str], Rows], None]] = {
    "text": _print_lines,
    "csv": _print_csv,
    "json": _print_json,
}
