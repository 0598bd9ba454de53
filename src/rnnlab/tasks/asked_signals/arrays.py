"""Signals that a user gives a trained model, as arrays or written as numbers, and the batches that are made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.signal_inputs import SignalInputs
from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Sequences
from rnnlab.data.signals import CLASS, Signals, check_size
from rnnlab.data.text.vocabulary import Vocabulary
from rnnlab.errors import UserError

Floats = NDArray[np.float64]
SHOWN = 3  # steps of an array that stand for it in an answer


class ReadsSignals(Protocol):
    """A task whose inputs are made of signals.

    Attributes:
        vocabulary: The inputs of the network.
        data: What the checkpoint carries of the data.
    """

    vocabulary: Vocabulary
    data: Mapping[str, Any]


def channels_of(task: ReadsSignals) -> tuple[str, ...]:
    """Return the channels of a signal, of which the inputs of the network are made."""
    return tuple(task.data.get("channels") or task.vocabulary.symbols)


@dataclass(frozen=True)
class Recording:
    """A signal of which something is to be predicted.

    Attributes:
        values: `(T, D)`, NaN where nothing was observed.
        name: What it is called in an answer, such as its id; or the text that a user wrote.
        times: `(T,)`, when each step was; None where nothing says it.
        rows: `(T,)`, the row of its table that each step is; None where it is no row.
    """

    values: Floats
    name: str
    times: Floats | None = None
    rows: NDArray[np.int64] | None = None


def batch_of(task: ReadsSignals, recordings: Sequence[Recording]) -> Batch:
    """Return a batch of signals without answers, cut as in training.

    Raises:
        UserError: The network reads times, and a recording has none.
    """
    channels = channels_of(task)
    values, times = [recording.values for recording in recordings], [recording.times for recording in recordings]
    sizes = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    known = [array for array in times if array is not None]
    signals = Signals(
        np.concatenate(values),
        sizes,
        np.zeros(len(values), dtype=np.int64),
        CLASS,
        channels,
        times=np.concatenate(known) if len(known) == len(times) else None,
    )
    inputs = SignalInputs.from_card(task.data, len(channels))(signals)
    cut = Sequences(inputs, signals.offsets, np.minimum(sizes, task.data["sequence_length"]))
    part = Part(cut, labels=np.zeros(len(values), dtype=np.int64))
    return Collation(part, task.vocabulary.pad)(np.arange(len(values)))


def as_recording(given: Any, channels: Sequence[str], key: str = "") -> Recording:
    """Return what a user gives a model as a recording: an array, a data frame or a text of numbers.

    An array is `(T, D)`, or of one channel `(T,)`; NaN stands for missing numbers. Of a data frame, the columns with
    the names of the channels are read.

    Raises:
        UserError: It has no steps, or other channels.
    """
    if isinstance(given, Recording):
        return given
    if isinstance(given, str):
        return Recording(numbers(given, len(channels), key), given)
    if hasattr(given, "columns"):
        given = _columns(given, channels)
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UserError("a signal is an array of numbers (T, D), or a text of them") from error
    signal = array[:, None] if array.ndim == 1 and len(channels) == 1 else array
    if signal.ndim != 2 or signal.shape[1] != len(channels) or not len(signal):
        raise UserError(f"a signal has steps of {len(channels)} numbers, (T, {len(channels)}); this is {array.shape}")
    if np.isinf(signal).any():
        raise UserError("a signal has finite numbers, or NaN for missing ones")
    check_size(signal, channels, "the channel")
    return Recording(signal, " ".join(f"{number:.4g}" for number in signal.reshape(-1)[:SHOWN]) + " …")


def _columns(frame: Any, channels: Sequence[str]) -> Any:
    """Return the channels of a data frame.

    Raises:
        UserError: It lacks one.
    """
    if missing := [name for name in channels if name not in frame.columns]:
        raise UserError(f"a signal has the channels {', '.join(channels)}; the data frame has no column {missing[0]}")
    return frame[list(channels)]


def recordings_of(signals: Signals, task: ReadsSignals, where: str) -> list[Recording]:
    """Return the sequences of a user's files, named by their ids or else by their numbers.

    Raises:
        UserError: They have other channels than those of training.
    """
    channels = channels_of(task)
    if len(signals.channels) != len(channels):
        raise UserError(f"{where}: its steps have {len(signals.channels)} numbers, those of training {len(channels)}")
    names = signals.names or [str(number) for number in range(1, len(signals) + 1)]
    ends = signals.offsets[1:]
    values = np.split(signals.values.astype(np.float64), ends)
    times: Sequence[Floats | None] = [None] * len(signals) if signals.times is None else np.split(signals.times, ends)
    rows: Sequence[NDArray[np.int64] | None] = [None] * len(signals)
    if signals.rows is not None:
        rows = np.split(signals.rows, ends)
    return [Recording(*recording) for recording in zip(values, names, times, rows, strict=True)]


def numbers(text: str, channels: int, key: str = "") -> Floats:
    """Read a signal as a person writes it, `(T, D)`: the D numbers of each step, with blanks or commas between.

    Raises:
        UserError: There is none, one is no number, or their count is no multiple of D; the line begins with `key`.
    """
    where = f"{key}: " if key else ""
    words = text.replace(",", " ").split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = [math.nan]
    if not words or not all(map(math.isfinite, values)):
        raise UserError(f"{where}a signal is written as numbers, such as 0.5 -1.2 0.3")
    if len(values) % channels:
        raise UserError(f"{where}{len(values)} numbers are no whole steps of {channels} each")
    read = np.array(values, dtype=np.float64).reshape(-1, channels)
    check_size(read, [f"number {place} of a step" for place in range(1, channels + 1)], f"{where}the signal:")
    return read
