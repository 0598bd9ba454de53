"""test_items.csv: what the test of a run measured of each item by itself, a row an item in the data's order.

An item is what is drawn independently: a name, a text, a sentence, a signal; of a running text a window of
`data.sequence_length` symbols, of a series a forecast, one from each origin. The columns:

    item        its index in the test part, from 0
    loss        the sum of the losses of its predictions, in the unit of the task's loss
    count       how many predictions that are: the sum of `loss` over the sum of `count` is test/loss
    correct     with classes, how many predictions are right …
    classified  … of how many that are asked: the sum of `correct` over the sum of `classified` is test/accuracy
    characters  where symbols are longer, how many characters the predictions stand for (test/loss_per_char)

and those of a task's own. More than `MANY` items are packed as test_items.csv.gz, which is a third of the size.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.config.plain_files import read_at_most
from rnnlab.errors import UserError
from rnnlab.records.folder import RunFolder, write_atomically

if TYPE_CHECKING:
    import pandas as pd

MANY = 200_000  # items
AT_ONCE = 1 << 16  # items that are written at a time
MOST_BYTES = 2**30  # of the text: a file that unpacks to more was not written by a test
NEEDED = ("item", "loss", "count")
WHOLE_NUMBERS = ("item", "count", "correct", "classified", "characters")


def write_items(folder: RunFolder, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write the columns `(items,)`, of which `item` comes first; the same columns give the same bytes."""
    content, many = "\n".join([",".join(columns), *_lines(columns), ""]).encode(), len(columns["item"]) > MANY
    file, other = (folder.packed_items, folder.items) if many else (folder.items, folder.packed_items)
    write_atomically(file, gzip.compress(content, compresslevel=6, mtime=0) if many else content)
    other.unlink(missing_ok=True)


def _lines(columns: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    """Yield the rows as text, many at a time: NumPy takes a hundred bytes for every number that it writes."""
    for begin in range(0, len(columns["item"]), AT_ONCE):
        # `astype` writes the fewest digits that give a number back
        written = [values[begin : begin + AT_ONCE].astype(str).tolist() for values in columns.values()]
        yield "\n".join(map(",".join, zip(*written, strict=True)))


def read_items(run_folder: Path) -> pd.DataFrame | None:
    """Read what the test of a run measured of each item.

    Returns:
        A row an item, in the order of `item`, with the columns of the file as numbers; None where a run has none: one
        of an older version, or of a task that does not measure its items.

    Raises:
        UserError: The file is damaged.
    """
    folder = RunFolder(run_folder)
    file = next((file for file in (folder.items, folder.packed_items) if file.is_file()), None)
    if file is None:
        return None
    try:
        return _checked(_parsed(_content_of(file)))
    except (OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        why = " ".join(str(error).split())[:100]
        raise UserError(f"{file}: not the items of a test ({why}); delete it, or train anew with rerun=true") from error


def _content_of(file: Path) -> bytes:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        return read_at_most(stream, MOST_BYTES)


def _parsed(content: bytes) -> pd.DataFrame:
    import pandas as pd

    if not content.endswith(b"\n"):
        raise ValueError("it was cut off")
    letters = np.frombuffer(content, dtype=np.uint8)
    commas = np.diff(np.cumsum(letters == ord(","))[letters == ord("\n")], prepend=0)  # of each line
    if (commas != commas[0]).any():
        raise ValueError("its rows are not equally long")
    names = content.partition(b"\n")[0].decode().split(",")
    if missing := [name for name in NEEDED if name not in names]:
        raise ValueError(f"it has no column {missing[0]}")
    if len(set(names)) < len(names):
        raise ValueError("it has two columns of one name")
    return pd.read_csv(
        io.BytesIO(content),
        dtype={name: np.int64 if name in WHOLE_NUMBERS else np.float64 for name in names},
        keep_default_na=False,
        na_values=["nan"],
        quoting=csv.QUOTE_NONE,
        lineterminator="\n",
    )


def _checked(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items; raise ValueError for values that no test gives."""
    if items.empty:
        raise ValueError("it has no items")
    if items["item"].iloc[0] < 0 or (items["item"].diff()[1:] <= 0).any():
        raise ValueError("its items are not in order")
    if (items[items.columns.intersection(list(WHOLE_NUMBERS))] < 0).any(axis=None) or not items["count"].any():
        raise ValueError("its counts are none")
    if "correct" in items and (items["correct"] > items.get("classified", items["count"])).any():
        raise ValueError("more predictions are right than there are")
    return items
