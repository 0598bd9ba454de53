"""The channels of a forecaster's windows: what is forecast, what is known in advance, and what of the past alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.preparation.calendar import calendar_features
from rnnlab.data.sources.series import Series
from rnnlab.errors import UserError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Channels:
    """The channels of a step, in this order: values, known columns, features of the calendar, the series, past columns.

    Attributes:
        values: The columns that are forecast.
        known: The columns that are known in advance.
        calendar: The periods of the calendar, each of which has two channels.
        past: The columns that are known up to the last value.
        series: The names of the series; a single one has no channel, of several a channel has the index.
    """

    values: tuple[str, ...]
    known: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    series: tuple[str, ...] = ("",)

    @property
    def ahead(self) -> slice:
        """The channels that are known in advance."""
        return slice(len(self.values), len(self.values) + len(self.known) + 2 * len(self.calendar))

    @property
    def index(self) -> int | None:
        """The channel with the index of the series; None of a single series."""
        return self.ahead.stop if len(self.series) > 1 else None

    @property
    def labels(self) -> int:
        """The number of channels, the first ones, that a window's targets have."""
        stop: int = self.ahead.stop
        return stop + (self.index is not None)

    @property
    def behind(self) -> slice:
        """The channels of the past."""
        return slice(self.labels, self.labels + len(self.past))

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns beside those that are forecast."""
        return (*self.known, *self.past)

    def to_card(self) -> dict[str, Any]:
        """Return plain values, as a checkpoint carries them."""
        return {name: list(names) for name, names in asdict(self).items()}

    @classmethod
    def from_card(cls, card: Mapping[str, Sequence[str]]) -> Channels:
        """Return the channels that a checkpoint carries."""
        return cls(**{name: tuple(names) for name, names in card.items()})

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Channels:
        """Return the channels of a checkpoint's card; one of a version that knew values alone says nothing of them."""
        if "channels" in data:
            return cls.from_card(data["channels"])
        return cls(tuple(str(column) for column in range(np.asarray(data["mean"]).shape[-1])))

    def check(self, series: Series, where: str) -> None:
        """Raise UserError if a series lacks what the channels need."""
        if self.calendar and not (series.axis and series.axis.has_dates):
            raise UserError(f"data.calendar: {where} has no dates, which say {self.calendar[0]}; name a time_column")

    def known_of(self, series: Series, begin: int, end: int, scales: Mapping[str, Any]) -> Floats:
        """Return what is known in advance of some steps `(T, K)`, also of those behind the end of a series.

        Args:
            series: In its own units.
            begin: The first step, counted from the beginning of the series.
            end: Behind the last step.
            scales: The card, with the mean and deviation of each covariate.
        """
        columns = np.concatenate([series.known.values, series.future]) if len(series.future) else series.known.values
        place = slice(0, len(self.known))
        scaled = _scaled(columns[begin:end], scales, place) if self.known else np.zeros((end - begin, 0))
        if not self.calendar:
            return scaled
        assert series.axis is not None
        times = series.axis.times(np.arange(series.first + begin, series.first + end))
        return np.concatenate([scaled, calendar_features(times, self.calendar)], axis=1)

    def past_of(self, series: Series, begin: int, end: int, scales: Mapping[str, Any]) -> Floats:
        """Return what is known of the past at some steps `(T, P)`."""
        if not self.past:
            return np.zeros((end - begin, 0))
        return _scaled(series.past.values[begin:end], scales, slice(len(self.known), None))

    def steps_of(self, series: Series, values: Floats, begin: int, end: int, scales: Mapping[str, Any]) -> Floats:
        """Return all channels of some steps `(T, C)`.

        Args:
            series: In its own units.
            values: `(T, D)` of those steps, standardised.
            begin: The first step.
            end: Behind the last step.
            scales: The card.
        """
        index = [np.full((end - begin, 1), self.place(series.id))] if self.index is not None else []
        known, past = (of(series, begin, end, scales) for of in (self.known_of, self.past_of))
        return np.concatenate([values, known, *index, past], axis=1)

    def place(self, name: str) -> int:
        """Return the index of a series; 0 of one that was not there in training."""
        return self.series.index(name) if name in self.series else 0


def covariates_of(series: Series) -> Floats:
    """Return the covariates of a series `(T, K + P)`, in their own units."""
    columns = [c.values for c in (series.known, series.past) if c.names]
    return np.concatenate(columns, axis=1) if columns else np.zeros((len(series.values), 0))


def _scaled(values: Floats, scales: Mapping[str, Any], place: slice) -> Floats:
    mean, deviation = (np.asarray(scales[f"covariate_{name}"])[place] for name in ("mean", "deviation"))
    scaled: Floats = (values - mean) / deviation
    return scaled
