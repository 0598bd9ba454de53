"""Labels of the user's files that may be none: `NaN`, `None` and what else programs write into an empty cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

SKIP, KEEP, REFUSE = "skip", "keep", "refuse"  # of data.missing_labels
INTERPOLATE, FORWARD = "interpolate", "forward"  # of data.missing of a series, which may be refused too
# In any case: of pandas, R, SQL, JSON and spreadsheets.
NO_LABELS = {
    *("nan", "-nan", "nat", "na", "<na>", "#na", "n/a", "#n/a", "null", "none", "nil", "undefined"),
    *("#value!", "#ref!", "#name?", "#div/0!", "#null!", "#num!"),
}


def is_missing(label: str) -> bool:
    """Return whether a label is empty or a word that stands for a missing one elsewhere."""
    return not label or label.casefold() in NO_LABELS


def leaves_out(label: str, missing: str | None, where: str) -> bool:
    """Return whether an item is left out because its label is missing.

    Args:
        label: Of the item; an empty one is refused where it is read.
        missing: `skip` leaves such items out, `keep` makes a class of the word; `refuse` or None refuses the word.
        where: Begins the line about what is wrong.

    Raises:
        UserError: It is refused.
    """
    if missing == SKIP:
        return is_missing(label)
    if missing in (None, REFUSE) and label and is_missing(label):
        raise UserError(
            f"{where}: the label {label!r} may be none; data.missing_labels=skip leaves such items out,"
            " data.missing_labels=keep makes a class of it"
        )
    return False


def with_labels(table: pd.DataFrame, column: str, missing: str | None, file: Path) -> pd.DataFrame:
    """Return the rows of a table whose label is not missing; see `leaves_out`.

    Raises:
        UserError: A label is refused.
    """
    if column not in table.columns:
        return table
    labels = table[column].astype(str).str.strip()
    where = f"data: {file}, row"
    kept = [not leaves_out(label, missing, f"{where} {row}") for row, label in enumerate(labels, start=1)]
    return table.loc[np.array(kept, dtype=bool)]
