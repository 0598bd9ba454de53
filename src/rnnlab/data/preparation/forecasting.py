"""Series of numbers as windows: values that are read, and the values after them that are forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnlab.data.items import Items, items_of_stretches, measured
from rnnlab.data.preparation.channels import Channels, covariates_of
from rnnlab.data.preparation.linear_forecast import fit_linear
from rnnlab.data.prepared import Known, Part, Prepared
from rnnlab.data.sequences import Sequences
from rnnlab.data.source import Source
from rnnlab.data.sources.series import Panel, Series
from rnnlab.data.sources.series_files.time_axis import TimeAxis
from rnnlab.data.split import LEAST_ITEMS, PARTS, check_parts, cut, note_on_parts
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

LARGEST = 1e30  # absolute value: a float32 holds it, a float64 its square
SCALES = ("mean", "deviation")
MOST_NAMED = 3  # series that a note names
SMALLEST = 1e-9  # a naive error below this share of the series' deviation is none


def prepare_series(
    source: Source,
    split: Mapping[str, Any],  # noqa: ARG001
    data: Mapping[str, Any],
    known: Known | None = None,
    origins: int | None = None,
) -> Prepared:
    """Cut one or more series into windows of `data.sequence_length` values and the `data.horizon` after them.

    The first 80% of the values train, the next 10% validate and the last 10% test, or what the files' names say: what
    a window is to forecast lies in its own part as a whole, what it reads may reach back into the part before. Several
    series are cut at the same times, so that none knows the future of another. All values are standardised with the
    mean and deviation of their series' training part. `split.seed` is not used: time decides.

    The card has, of the training part and for each column, in its own units, a row for each of several series: `mean`
    and `deviation`; `naive_error`, by which errors are scaled (see `naive_error`); and `change`, how far a window's
    targets lie from its last input (the root of the mean square). It also has `linear`, the forecast to compare with;
    `covariate_mean` and `covariate_deviation`; `channels` and `axis`, what a step holds and which times there are.

    Args:
        source: The series.
        split: Not used.
        data: The node `data`.
        known: The vocabulary and card of a trained model, which all of the series are to test.
        origins: From how many steps of validation and test forecasts are made, at equal distances; None for all.

    Raises:
        UserError: The source is no series, is too short, or repeats itself exactly.
    """
    members = _members(source)
    where, season, length = source.where, data["season"], data["sequence_length"]
    if known is not None:
        card, pieces = dict(known.card), _pieces_of_other_data(members, known, where)
        vocabulary = known.vocabulary
        notes: tuple[str, ...] = ("errors are scaled by the naive error of the data of training, not of this",)
    else:
        members = _limited(members, source.limit)
        vocabulary = Vocabulary.of_channels(members[0].names)
        if season > length:
            raise UserError(
                f"data.season={season} is longer than data.sequence_length={length}: a window must hold the season that"
                " the naive forecast repeats"
            )
        pieces, left_out = _pieces(members, length, data["horizon"], where)
        card = _card(pieces, data, where)
        notes = (*source.content.notes, *left_out)
    channels = Channels.of_data(card) if known is None or "channels" in card else Channels(vocabulary.symbols)
    parts = _parts(pieces, card, channels, data, origins, where)
    if known is None:
        card["linear"] = fit_linear(parts["train"], parts["val"], channels)
    if len(pieces) > 1:
        notes = (*notes, *_notes_on_windows(pieces, length, data["horizon"]))
    said = note_on_parts(members[0].parts, trained=known is None)
    return Prepared(
        name=source.name,
        sha256=source.sha256,
        vocabulary=vocabulary,
        parts=parts,
        card={} if known else card,
        notes=tuple(filter(None, (*notes, said))),
        items=_items(pieces, length, data["horizon"], origins),
    )


class _Piece(NamedTuple):
    """A series and where each part of it lies, with what its first window reads."""

    series: Series
    bounds: Mapping[str, tuple[int, int]]


def _members(source: Source) -> tuple[Series, ...]:
    content = source.content
    if not isinstance(content, Series | Panel):
        raise UserError(f"data={source.name} is no series of numbers, which a forecaster reads, such as data=co2")
    return content.members if isinstance(content, Panel) else (content,)


def _limited(members: tuple[Series, ...], limit: int | None) -> tuple[Series, ...]:
    """Return the last values of each series."""
    return members if limit is None else tuple(series.last(limit) for series in members)


def _pieces_of_other_data(members: tuple[Series, ...], known: Known, where: str) -> list[_Piece]:
    """Return the series that a trained model is tested on, as a whole.

    Raises:
        UserError: Their columns, their frequency or they themselves are not those of training.
    """
    check_like_training(members, known.card, known.vocabulary.symbols, where)
    return [_Piece(series, {"test": (0, len(series.values))}) for series in members]


def check_like_training(
    members: Sequence[Series], card: Mapping[str, Any], names: Sequence[str], where: str, with_ids: bool = True
) -> None:
    """Raise UserError if series have other columns, times or names than those that a model was trained on.

    Args:
        members: The series.
        card: Of the training.
        names: Of the columns of values.
        where: Begins the line about what is wrong.
        with_ids: Whether a series has to be one of training.
    """
    channels = Channels.from_card(card["channels"]) if "channels" in card else Channels(tuple(names))
    for series in members:
        if series.values.shape[1] != len(names):
            raise UserError(f"{where} has {series.values.shape[1]} columns of numbers; the model knows {len(names)}")
        if with_ids and len(channels.series) > 1 and series.id not in channels.series:
            raise UserError(
                f"{where} has a series {series.id!r} that the model was not trained on; it knows"
                f" {', '.join(channels.series[:3])}{', …' if len(channels.series) > 3 else ''}"
            )
        if series.axis is not None and "axis" in card:
            trained = TimeAxis.from_card(card["axis"]).frequency
            if series.axis.frequency != trained:
                raise UserError(
                    f"{where} has a value every {series.axis.frequency}; the model knows steps of {trained}"
                )
        channels.check(series, where)


def _pieces(members: tuple[Series, ...], length: int, horizon: int, where: str) -> tuple[list[_Piece], tuple[str, ...]]:
    """Return the series that are long enough, cut into parts, and a note on those that are not."""
    begin, end = min(s.first for s in members), max(s.first + len(s.values) for s in members)
    pieces, short = [], []
    for series in members:
        check_parts(series.parts, where)
        count = len(series.values)
        if count < LEAST_ITEMS and len(members) == 1:
            raise UserError(f"{where}: {count} values are too few to split 80/10/10; at least {LEAST_ITEMS} are needed")
        if series.parts is not None:
            first, second = _cuts(series.parts, count)
        elif series.axis is None:
            first, second = cut(count)
        else:
            first, second = (min(max(begin + at - series.first, 0), count) for at in cut(end - begin))
        if len(members) > 1 and first < length + horizon:
            short.append(series.id)
            continue
        bounds = dict(zip(PARTS, ((0, first), (first - length, second), (second - length, count)), strict=True))
        pieces.append(_Piece(series, bounds))
    if not pieces:
        raise _too_short(f"{where}: train of {short[0]}", 0, length, horizon)
    shown = ", ".join(short[:MOST_NAMED]) + (", …" if len(short) > MOST_NAMED else "")
    return pieces, ((f"left out, too short to train on: {shown}",) if short else ())


def _card(pieces: Sequence[_Piece], data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return what a checkpoint carries of the data."""
    length, horizon, season = data["sequence_length"], data["horizon"], data["season"]
    first = pieces[0].series
    several = len(pieces) > 1
    scales = []
    for series, bounds in pieces:
        name = f"{where}, series {series.id}" if several else where
        scales.append(_scales(series.values[: bounds["train"][1]], length, horizon, season, name))
    channels = Channels(
        first.names,
        first.known.names,
        tuple(data.get("calendar") or ()),
        first.past.names,
        tuple(series.id for series, _ in pieces),
    )
    for series, _ in pieces:
        channels.check(series, where)
    training = np.concatenate([covariates_of(series)[: bounds["train"][1]] for series, bounds in pieces])
    spread = training.std(axis=0)
    card = {
        "sequence_length": length,
        "horizon": horizon,
        "season": season,
        "normalise": data["normalise"],
        **{name: np.stack([one[name] for one in scales]) if several else scales[0][name] for name in scales[0]},
        "channels": channels.to_card(),
        "covariate_mean": training.mean(axis=0),
        "covariate_deviation": np.where(spread > 0, spread, 1.0),
    }
    return card if first.axis is None else {**card, "axis": first.axis.to_card()}


def _parts(
    pieces: Sequence[_Piece],
    card: Mapping[str, Any],
    channels: Channels,
    data: Mapping[str, Any],
    origins: int | None,
    where: str,
) -> dict[str, Part]:
    """Return the windows of every part; those of all series are cut out of one array."""
    length, horizon = data["sequence_length"], data["horizon"]
    blocks = []
    for series, _ in pieces:
        place = channels.place(series.id)
        mean, deviation = (np.asarray(card[n], dtype=np.float64).reshape(-1, len(series.names))[place] for n in SCALES)
        standardised = (series.values - mean) / deviation
        blocks.append(channels.steps_of(series, standardised, 0, len(standardised), card).astype(np.float32))
    flat = np.concatenate(blocks)
    begins = np.cumsum([0, *map(len, blocks)])
    parts = {}
    for part in pieces[0].bounds:
        stride = data["stride"] if part == "train" else 1
        starts = [
            begin + _origins(*piece.bounds[part], length, horizon, stride, origins if part != "train" else None)
            for begin, piece in zip(begins, pieces, strict=False)
        ]
        offsets = np.concatenate(starts)
        if not len(offsets):
            low, high = pieces[0].bounds[part]
            raise _too_short(f"{where}: {part}", high - low, length, horizon)
        futures = sliding_window_view(flat[:, : channels.labels], horizon, axis=0).transpose(0, 2, 1)  # (T, H, C)
        whole_numbers = np.full(len(offsets), length)
        parts[part] = Part(Sequences(flat, offsets, whole_numbers), labels=_rows(futures, offsets + length))
    return parts


def _notes_on_windows(pieces: Sequence[_Piece], length: int, horizon: int) -> Iterator[str]:
    """Yield which series have too few values in a part for a window."""
    for part in pieces[0].bounds:
        ends = [(series.id, *bounds[part]) for series, bounds in pieces]
        if lacking := [name for name, begin, end in ends if end - begin < length + horizon]:
            more = ", …" if len(lacking) > MOST_NAMED else ""
            yield f"{part} has nothing of {len(lacking)} series: {', '.join(lacking[:MOST_NAMED])}{more}"


def _rows(futures: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return some rows of an array; those at equal distances without a copy."""
    steps = np.unique(np.diff(places))
    if len(steps) > 1 or len(places) == 1 or steps[0] <= 0:
        return futures[places]
    return futures[places[0] : places[-1] + 1 : steps[0]]


def _origins(begin: int, end: int, length: int, horizon: int, stride: int, count: int | None) -> NDArray[np.int64]:
    """Return where windows begin between two places of a series: at every stride, or so many at equal distances."""
    every = np.arange(begin, end - length - horizon + 1, stride, dtype=np.int64)
    if count is None or count >= len(every):
        return every
    return every[np.rint(np.linspace(0, len(every) - 1, count + 1)[1:]).astype(np.int64)]  # the last one ends the part


def _items(pieces: Sequence[_Piece], length: int, horizon: int, origins: int | None) -> dict[str, Items]:
    """Return the items of each part; what a window reads is not among them: it may begin where any length says."""

    def stretches(part: str) -> list[NDArray[np.float64]]:
        places = [(piece.series.values, piece.bounds[part]) for piece in pieces]
        return [values[begin + length : end] for values, (begin, end) in places]

    return measured(
        lambda part: items_of_stretches(stretches(part), horizon, origins), {part: part for part in pieces[0].bounds}
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


def _too_short(where: str, count: int, length: int, horizon: int) -> UserError:
    return UserError(
        f"{where} has {count} values, not enough for one window of data.sequence_length={length} and"
        f" data.horizon={horizon}"
    )
