"""Numbers that stand for a missing one, such as -9999, where they seem to be values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnlab.errors import UserError

NONE = "none"  # of data.missing_values: every number is a value
USUAL = (-99.0, -999.0, -9999.0, -99999.0, -999.9, -9999.9, 999.0, 9999.0, 99999.0, 999.9, 9999.9)
LEAST_REPEATED = 2
ALONE = (-999.0, -9999.0, -99999.0, -999.9, -9999.9)  # which are hardly values, so that one suffices
LEAST_BESIDE = 20  # numbers beside one that stands alone
LEAST_OTHERS = 3  # different values beside it
FAR = 2  # ranges of the others, which a placeholder lies away from them

Said = float | str | Sequence[float] | None  # of data.missing_values


def placeholders_of(said: Said) -> tuple[float, ...]:
    """Return the numbers that stand for missing ones, as the user says."""
    if said is None or said == NONE:
        return ()
    return tuple(map(float, said)) if isinstance(said, Sequence) and not isinstance(said, str) else (float(said),)


def refuse_placeholder(values: NDArray[np.float64], said: Said, where: str) -> None:
    """Raise UserError if a number seems to stand for missing ones: a usual one far from all others.

    It is repeated, or it is one of `ALONE` beside many others.

    Args:
        values: `(N,)`, of a column; NaN where one is missing.
        said: What the user has said of such numbers; then nothing is refused.
        where: Begins the line about what is wrong.
    """
    if said is not None:
        return
    known = values[np.isfinite(values)]
    for usual in USUAL:
        count = int((known == usual).sum())
        others = known[known != usual]
        least = 1 if usual in ALONE and len(others) >= LEAST_BESIDE else LEAST_REPEATED
        if count >= least and len(np.unique(others)) >= LEAST_OTHERS and _is_far(usual, others):
            times = f"{count:,} times" if count > 1 else "once"
            raise UserError(
                f"{where}: {usual:g} stands there {times}, far from the others ({others.min():g} to"
                f" {others.max():g}); data.missing_values={usual:g} takes it for a missing number,"
                f" data.missing_values={NONE} for a value"
            )


def _is_far(number: float, others: NDArray[np.float64]) -> bool:
    low, high = float(others.min()), float(others.max())
    return max(low - number, number - high) > FAR * (high - low)
