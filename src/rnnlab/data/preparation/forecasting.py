"""A series of numbers as windows: values that are read, and the values after them that are forecast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnlab.data.items import items_of_stretch, measured
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.sources.series import Series
from rnnlab.data.split import LEAST_ITEMS, PARTS, check_parts, cut, note_on_parts
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

LARGEST = 1e30  # of numbers whose squares a float64 has, and they themselves a float32
SMALLEST = 1e-9  # a naive error below this share of the series' deviation is none


def prepare_series(
    source: Source,
    split: Mapping[str, Any],  # noqa: ARG001
    data: Mapping[str, Any],
    known: Known | None = None,
) -> Prepared:
    """Cut a series into windows of `data.sequence_length` values and the `data.horizon` after them.

    The first 80% of the values train, the next 10% validate and the last 10% test, or what the files' names say: what
    a window is to forecast lies in its own part as a whole, what it reads may reach back into the part before. All
    values are standardised with the training part's mean and deviation. `split.seed` is not used: time decides.

    The card has, of the training part and for each column, in its own units: `mean` and `deviation`; `naive_error`,
    by which errors are scaled (see `naive_error`); and `change`, how far a window's targets lie from its last input
    (the root of the mean square).

    Raises:
        UserError: The source is no series, is too short, or repeats itself exactly.
    """
    series = source.content
    if not isinstance(series, Series):
        raise UserError(f"data={source.name} is no series of numbers, which a forecaster reads, such as data=co2")
    where = source.where
    length, horizon, season = data["sequence_length"], data["horizon"], data["season"]
    if known is not None:
        values, vocabulary = series.values, known.vocabulary
        if values.shape[1] != len(vocabulary):
            raise UserError(f"{where} has {values.shape[1]} columns of numbers; the model knows {len(vocabulary)}")
        card, bounds = dict(known.card), {"test": (0, len(values))}
        notes: tuple[str, ...] = ("errors are scaled by the naive error of the data of training, not of this",)
    else:
        check_parts(series.parts, where)
        values = series.values[-source.limit :] if source.limit else series.values
        notes = series.notes
        vocabulary = Vocabulary.of_channels(series.names)
        _check(len(values), length, season, where)
        first, second = _cuts(series.parts, len(values))
        bounds = dict(zip(PARTS, ((0, first), (first - length, second), (second - length, len(values))), strict=True))
        card = {
            "sequence_length": length,
            "horizon": horizon,
            "season": season,
            "normalise": data["normalise"],
            **_scales(values[:first], length, horizon, season, where),
        }
    mean, deviation = (np.asarray(card[name], dtype=np.float64) for name in ("mean", "deviation"))
    standardised = ((values - mean) / deviation).astype(np.float32)
    strides = {"train": data["stride"]}
    parts = {
        part: _windows(standardised, ends, length, horizon, strides.get(part, 1), f"{where}: {part}")
        for part, ends in bounds.items()
    }
    said = note_on_parts(series.parts, trained=known is None)
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts=parts,
        card={} if known else card,
        notes=tuple(filter(None, (*notes, said))),
        # what a window reads is not among its items: it may begin where any sequence length says
        items=measured(lambda ends: items_of_stretch(values[ends[0] + length : ends[1]], horizon), bounds),
    )


def naive_error(values: NDArray[np.float64], season: int) -> NDArray[np.float64]:
    """Return the seasonal naive forecast's mean error `(D,)` in a series `(T, D)`: the mean of |y_t - y_(t-season)|.

    An error divided by it is a scaled error, and their mean the MASE (Hyndman and Koehler 2006, "Another look at
    measures of forecast accuracy"); `season` 1 is the forecast that repeats the last value.
    """
    error: NDArray[np.float64] = np.abs(values[season:] - values[:-season]).mean(axis=0)
    return error


def _cuts(parts: list[str] | None, count: int) -> tuple[int, int]:
    """Return where validation and test begin in the last `count` values."""
    if parts is None:
        return cut(count)
    last = parts[-count:]
    trained, validated = last.count("train"), last.count("val")
    return (trained, trained + validated) if "val" in parts else (int(0.9 * trained), trained)


def _check(count: int, length: int, season: int, where: str) -> None:
    if season > length:
        raise UserError(
            f"data.season={season} is longer than data.sequence_length={length}: a window must hold the season that"
            " the naive forecast repeats"
        )
    if count < LEAST_ITEMS:
        raise UserError(f"{where}: {count} values are too few to split 80/10/10; at least {LEAST_ITEMS} are needed")


def _scales(
    training: NDArray[np.float64], length: int, horizon: int, season: int, where: str
) -> dict[str, NDArray[np.float64]]:
    """Return the scales of the training part `(T, D)`, each `(D,)`."""
    if len(training) < length + horizon:
        raise _too_short(f"{where}: train", len(training), length, horizon)
    if not (
        (np.abs(training).max() < LARGEST and (np.ptp(training, axis=0) > 1 / LARGEST).all()) or not np.ptp(training)
    ):
        raise UserError(
            f"{where}: the numbers are too large or vary too little to compute with in 32 bits (up to"
            f" {np.abs(training).max():.3g}); give them in another unit"
        )
    deviation, error = training.std(axis=0), naive_error(training, season)
    if (error <= SMALLEST * np.abs(training).max(axis=0)).any():
        raise UserError(
            f"{where}: the training part repeats itself exactly every data.season={season} values, so there is nothing"
            " to forecast"
        )
    last = training[length - 1 : len(training) - horizon]  # (N, D), of every window
    future = sliding_window_view(training[length:], horizon, axis=0)  # (N, D, H)
    change = np.sqrt(np.square(future - last[..., None]).mean(axis=(0, 2)))
    return {"mean": training.mean(axis=0), "deviation": deviation, "naive_error": error, "change": change}


def _windows(
    values: NDArray[np.float32], bounds: tuple[int, int], length: int, horizon: int, stride: int, where: str
) -> Part:
    """Return every window between two places of a series `(T, D)`; no value is stored twice."""
    begin, end = bounds
    offsets = np.arange(begin, end - length - horizon + 1, stride, dtype=np.int64)
    if not len(offsets):
        raise _too_short(where, end - begin, length, horizon)
    futures = sliding_window_view(values, horizon, axis=0).transpose(0, 2, 1)  # (T - H + 1, H, D)
    ahead = futures[begin + length : end - horizon + 1 : stride]
    return Part(Sequences(values, offsets, np.full(len(offsets), length)), labels=ahead)


def _too_short(where: str, count: int, length: int, horizon: int) -> UserError:
    return UserError(
        f"{where} has {count} values, not enough for one window of data.sequence_length={length} and"
        f" data.horizon={horizon}"
    )
