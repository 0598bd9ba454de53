"""From channels as they were measured to the inputs of a network: scaled, filled in, with masks and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.signals import Signals, Values, check_size
from rnnlab.errors import UserError

CHANNEL, SEQUENCE, NONE = "channel", "sequence", "none"  # of data.normalise
MASK = "mask"  # of data.missing
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SignalInputs:
    """The way from channels to the inputs of a network; the numbers are those of the training part.

    Attributes:
        normalise: `channel` scales each channel to mean 0 and deviation 1 in training, `sequence` in each sequence,
            `none` leaves numbers as they are.
        missing: `mask` adds a channel for each that says what was observed.
        time_input: Whether the time since the last step is added as a channel, in mean times between steps of training.
        mean: `(D,)`, the mean of each channel in training; it stands for numbers that nothing precedes.
        deviation: `(D,)`, the standard deviation; 1 where a channel never changes.
        between: The mean time between two steps of training; 1 where times are not read.
    """

    normalise: str
    missing: str | None
    time_input: bool
    mean: Floats
    deviation: Floats
    between: float = 1.0

    @classmethod
    def fitted(cls, signals: Signals, rows: Sequence[int], data: Mapping[str, Any], where: str) -> SignalInputs:
        """Fit to the training part.

        Args:
            signals: All sequences.
            rows: Those of the training part.
            data: The configuration's node `data`.
            where: Begins the line about what is wrong.

        Raises:
            UserError: A channel has no number in training, or times are asked for and not known.
        """
        inside = np.zeros(len(signals), dtype=bool)
        inside[rows] = True
        steps = np.repeat(inside, signals.sizes)
        values = signals.values[steps].astype(np.float64)
        observed = ~np.isnan(values)
        if not observed.any(axis=0).all():
            name = signals.channels[int((~observed.any(axis=0)).argmax())]
            raise UserError(f"{where}: the channel {name} has no number in the training part")
        mean = np.nanmean(values, axis=0)
        deviation = np.nanstd(values, axis=0)
        time_input = bool(data.get("time_input"))
        between = _gaps(signals, where)[steps & _inner(signals.sizes)] if time_input else np.ones(1)
        return cls(
            str(data.get("normalise", NONE)),
            data.get("missing") if data.get("missing") == MASK else None,
            time_input,
            mean,
            np.where(deviation > 1e-12 * np.maximum(1, np.abs(mean)), deviation, 1.0),
            float(between.mean()) if between.size and between.mean() > 0 else 1.0,
        )

    @classmethod
    def from_card(cls, card: Mapping[str, Any], width: int) -> SignalInputs:
        """Return what a checkpoint's card says; of an older one, numbers of `width` channels as they are."""
        said = card.get("inputs") or {}
        return cls(
            said.get("normalise", NONE),
            said.get("missing"),
            bool(said.get("time_input")),
            np.array(said.get("mean", [0.0] * width), dtype=np.float64),
            np.array(said.get("deviation", [1.0] * width), dtype=np.float64),
            float(said.get("between", 1.0)),
        )

    @property
    def card(self) -> dict[str, Any]:
        """The same as plain values, for a checkpoint."""
        return {
            "normalise": self.normalise,
            "missing": self.missing,
            "time_input": self.time_input,
            "mean": self.mean.tolist(),
            "deviation": self.deviation.tolist(),
            "between": self.between,
        }

    def names(self, channels: Sequence[str]) -> list[str]:
        """Return what the inputs of the network are called."""
        masks = [f"{name} observed" for name in channels] if self.missing == MASK else []
        return [*channels, *masks, *(["time since the last step"] if self.time_input else [])]

    def __call__(self, signals: Signals, where: str = "data") -> NDArray[np.float32]:
        """Return the inputs of the network, `(total, D')`; each sequence by itself.

        Raises:
            UserError: Times are asked for and not known.
        """
        values: Values = signals.values
        observed = ~np.isnan(values)
        if self.normalise != NONE or not observed.all():
            values = self._scaled(forward_filled(values.astype(np.float64), signals, self.mean), observed, signals)
        further = [observed] if self.missing == MASK else []
        if self.time_input:
            further.append((_gaps(signals, where) / self.between)[:, None])
        if not further:
            return values.astype(np.float32, copy=False)
        return np.concatenate([values, *further], axis=1).astype(np.float32)

    def _scaled(self, values: Floats, observed: NDArray[np.bool_], signals: Signals) -> Floats:
        if self.normalise == CHANNEL:
            scaled = (values - self.mean) / self.deviation
            check_size(scaled, signals.channels, "data: measured in deviations of training, the channel")
            return scaled
        return per_sequence(values, observed, signals) if self.normalise == SEQUENCE else values


def forward_filled(values: Floats, signals: Signals, before: Floats) -> Floats:
    """Return values `(total, D)` with the last observed number of the same sequence in the place of missing ones.

    Args:
        values: NaN where nothing was observed.
        signals: Whose steps they are.
        before: `(D,)`, what stands where nothing was observed yet.
    """
    places = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, places), axis=0)
    first = np.repeat(signals.offsets, signals.sizes)[:, None]
    taken = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= first, taken, before)


def per_sequence(values: Floats, observed: NDArray[np.bool_], signals: Signals) -> Floats:
    """Return values with mean 0 and deviation 1 over the observed steps of each sequence; 0 where all are equal."""

    def mean(summed: Floats) -> Floats:
        sums = np.add.reduceat(np.where(observed, summed, 0.0), signals.offsets, axis=0)
        counts = np.add.reduceat(observed.astype(np.float64), signals.offsets, axis=0)
        return np.repeat(sums / np.maximum(counts, 1), signals.sizes, axis=0)

    means = mean(values)
    seen = np.repeat(np.add.reduceat(observed.astype(np.int64), signals.offsets, axis=0) > 0, signals.sizes, axis=0)
    centred = np.where(seen, values - means, 0.0)
    deviations = np.sqrt(mean(centred**2))
    return centred / np.where(deviations > 1e-12 * np.maximum(1, np.abs(means)), deviations, 1.0)


def _gaps(signals: Signals, where: str) -> Floats:
    """Return the time since the last step of the same sequence, `(total,)`; 0 at the first.

    Raises:
        UserError: Nothing says when steps were.
    """
    if signals.times is None:
        raise UserError(f"{where}: data.time_input=true needs times; data.time_column=COLUMN says where they are")
    gaps = np.diff(signals.times, prepend=0.0)
    gaps[signals.offsets] = 0.0
    return gaps


def _inner(sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which steps are not the first of their sequence, `(total,)`."""
    inner = np.ones(int(sizes.sum()), dtype=bool)
    inner[np.cumsum(sizes) - sizes] = False
    return inner
