"""The one reader of CSV and TSV tables: cells are strings, and what would lose a cell is refused."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.sources.text_files import decode
from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}


def is_table(file: Path) -> bool:
    """Return whether a file's name says that it is a table."""
    return file.suffix.lower() in SEPARATORS


def read_table(file: Path, header: bool = True) -> pd.DataFrame:
    """Return a table of strings; a cell that is missing at the end of a row is empty.

    Args:
        file: Separated by tabs if its name ends with `.tsv`, else by commas; in UTF-8.
        header: Whether the first row has the names of the columns; else they are numbered from 0.

    Raises:
        UserError: The file is not UTF-8, or no table.
    """
    import pandas as pd

    decode(file)  # names the line that is not UTF-8
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # of cells that would be left out
            return pd.read_csv(
                file,
                sep=SEPARATORS.get(file.suffix.lower(), ","),
                header=0 if header else None,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                index_col=False,  # else rows with a cell too many would lose their first one to an index
            )
    except pd.errors.ParserWarning as error:
        raise UserError(
            f"data: {file} has rows with more cells than its header; a text with separators in it stands in quotes"
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise UserError(f"data: {file} cannot be read as a table ({reason})") from error


def check_column(table: pd.DataFrame, column: str, key: str, file: Path) -> None:
    """Raise UserError if a table lacks the column that the key names."""
    if column not in table.columns:
        raise UserError(f"{key}={column}: {file} has no such column; it has {', '.join(map(str, table.columns[:10]))}")


def read_labels(table: pd.DataFrame, column: str, file: Path) -> list[str]:
    """Return the labels of a column without the blanks around them.

    Raises:
        UserError: A row has none, or there is no such column.
    """
    check_column(table, column, "data.label_column", file)
    labels = [str(label).strip() for label in table[column]]
    if "" in labels:
        raise UserError(f"data: {file}, row {labels.index('') + 1} has no label in the column {column}")
    return labels


def is_number(cell: str) -> bool:
    """Return whether a cell is a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def read_numbers(table: pd.DataFrame, file: Path, filled: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return the numbers of a table's cells, row by row in one flat array.

    Args:
        table: Of N rows and D columns.
        file: Where it lies.
        filled: `(N, D)`, which cells are read; None for all of them.

    Raises:
        UserError: A cell is no finite number; the line names its row and column.
    """
    places = np.ones(table.shape, dtype=bool) if filled is None else filled
    cells = table.to_numpy(dtype=object)[places]
    for (row, column), cell in zip(np.argwhere(places), cells, strict=True):
        if not is_number(cell):
            raise UserError(f"data: {file}, row {row + 1}, column {table.columns[column]}: {cell!r} is no number")
    numbers: NDArray[np.float64] = cells.astype(np.float64)
    return numbers
