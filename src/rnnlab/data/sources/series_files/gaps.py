"""Steps of a series without a value, times that are there twice, and what is done with both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.formats.blank_labels import FORWARD, INTERPOLATE, REFUSE
from rnnlab.data.sources.series_files.time_axis import OFF_GRID, Steps, TimeAxis, Times
from rnnlab.errors import UserError

FILLS = (FORWARD, INTERPOLATE)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Filled:
    """The values of a series at every step, and how they came about.

    Attributes:
        values: `(T, C)`, without a gap.
        steps: `(T,)`, counted from the origin of the time axis.
        holes: How many steps had no row.
        cells: How many cells of rows had no number.
        doubles: How many rows had the time of the row before.
    """

    values: Floats
    steps: Steps
    holes: int = 0
    cells: int = 0
    doubles: int = 0


def check_missing(missing: str | None) -> None:
    """Raise UserError if `data.missing` says what cannot be done with a series."""
    if missing not in (None, REFUSE, *FILLS):
        raise UserError(
            f"data.missing={missing}: a series has a value at every step; interpolate, forward or refuse is expected"
        )


def steps_of(axis: TimeAxis, times: Times, missing: str | None, where: str) -> Steps:
    """Return the step of every row `(T,)`.

    Raises:
        UserError: A time lies between steps, rows are not in the order of time, or a time is there twice and `missing`
            fills nothing.
    """
    exact = axis.steps(times)
    steps = np.rint(exact).astype(np.int64)

    def written(row: int) -> str:
        return axis.write(times[row : row + 1])[0]

    if (off := np.abs(exact - steps) >= OFF_GRID).any():
        row = int(off.argmax())
        raise UserError(
            f"{where}, row {row + 1}: {axis.name} {written(row)} lies between the steps of {axis.frequency} that most"
            " rows have; round the times, or data.stacked=true reads the rows as they stand"
        )
    forward = np.diff(steps)
    if (forward < 0).any():
        row = int((forward < 0).argmax()) + 1
        raise UserError(
            f"{where} is not in the order of time: {axis.name} {written(row)} stands behind {written(row - 1)}; sort"
            " the rows, or data.stacked=true reads the rows as they stand"
        )
    if (forward == 0).any() and missing not in FILLS:
        row = int((forward == 0).argmax())
        raise UserError(
            f"{where} has several rows of one time: {axis.name} {written(row)} is there twice; data.missing=interpolate"
            f" takes their mean and data.missing=forward the last, with data.time_column={axis.name}"
        )
    return steps


def refuse_holes(axis: TimeAxis, steps: Steps, missing: str | None, where: str) -> None:
    """Raise UserError if steps have no row and `missing` fills nothing; the line says how long the longest hole is."""
    lacking = np.diff(steps) - 1
    if missing in FILLS or not (lacking > 0).any():
        return
    row = int(lacking.argmax())
    before, after = axis.written(steps[row : row + 2])
    span = replace(axis.frequency, count=axis.frequency.count * int(lacking[row]))
    long = f"{span} are" if axis.has_dates and str(span).endswith("s") else f"{span} is"
    if not axis.has_dates or axis.frequency.kind == "weekdays":
        long = f"{int(lacking[row])} step{'s are' if lacking[row] > 1 else ' is'}"
    holes, count = int((lacking > 0).sum()), int(np.maximum(lacking, 0).sum())
    others = f", and {count - int(lacking[row])} more steps in {holes - 1} other holes" if holes > 1 else ""
    raise UserError(
        f"{where}: {long} missing between {axis.name} {before} and {after}{others}; data.missing=interpolate or"
        " data.missing=forward fills them, data.stacked=true reads the rows as they stand"
    )


def fill(values: Floats, steps: Steps, missing: str | None, where: str) -> Filled:
    """Return values `(T, C)` at every step: gaps, which are NaN or have no row, filled as `data.missing` says.

    `interpolate` puts a number on the line between its neighbours and takes the mean of rows of one time; `forward`
    repeats the last number and takes the last row of a time.

    Raises:
        UserError: A gap at an end has no neighbour to be filled from.
    """
    single, doubles, at = _without_doubles(values, steps, missing)
    cells = int(np.isnan(single).sum())
    grid = np.arange(at[0], at[-1] + 1)
    whole = np.full((len(grid), values.shape[1]), np.nan)
    whole[at - at[0]] = single
    ends = np.isnan(whole[0]) | (np.isnan(whole[-1]) & (missing != FORWARD))
    if ends.any():
        end = "first" if np.isnan(whole[0]).any() else "last"
        raise UserError(f"{where}: the {end} row has no number and no neighbour; leave it out")
    for column in whole.T:
        empty = np.isnan(column)
        known = np.flatnonzero(~empty)
        if missing == FORWARD:
            column[:] = column[known[np.searchsorted(known, np.arange(len(column)), side="right") - 1]]
        elif empty.any():
            column[empty] = np.interp(np.flatnonzero(empty), known, column[known])
    return Filled(whole, grid, len(grid) - len(at), cells, doubles)


def _without_doubles(values: Floats, steps: Steps, missing: str | None) -> tuple[Floats, int, Steps]:
    """Return values with one row a step, how many rows went, and the steps of the rest."""
    at, begins = np.unique(steps, return_index=True)
    if len(at) == len(steps):
        return values, 0, steps
    if missing == FORWARD:
        ends = np.append(begins[1:], len(steps)) - 1
        return values[ends], len(steps) - len(at), at
    known = ~np.isnan(values)
    counts = np.add.reduceat(known, begins, axis=0)
    sums = np.add.reduceat(np.where(known, values, 0), begins, axis=0)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return means, len(steps) - len(at), at


def describe(filled: Sequence[Filled], missing: str | None) -> str:
    """Return what was filled and merged, for the line on what was read; '' for nothing."""
    cells, holes, doubles = (sum(getattr(one, name) for one in filled) for name in ("cells", "holes", "doubles"))
    how = "repeat the last number" if missing == FORWARD else "put between their neighbours"
    said = [
        f"{cells:,} of them missing and {how}" if cells else "",
        f"{holes:,} steps without a row {how}" if holes else "",
        f"{doubles:,} rows of the time before {'replaced it' if missing == FORWARD else 'averaged with it'}"
        if doubles
        else "",
    ]
    return ", ".join(part for part in said if part)
