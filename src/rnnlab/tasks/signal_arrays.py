"""Signals that a user gives a trained model, as arrays or written as numbers, and the batches that are made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnlab.data.collation import Batch, Collation
from rnnlab.data.preparation.signal_inputs import SignalInputs
from rnnlab.data.prepared import Part
from rnnlab.data.sequences import Sequences
from rnnlab.data.signals import CLASS, Signals
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


def batch_of(task: ReadsSignals, values: Sequence[Floats]) -> Batch:
    """Return a batch of signals `(T, D)` without answers, cut as in training."""
    channels = channels_of(task)
    sizes = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    signals = Signals(np.concatenate(values), sizes, np.zeros(len(values), dtype=np.int64), CLASS, channels)
    inputs = SignalInputs.from_card(task.data, len(channels))(signals)
    sizes = np.minimum(sizes, task.data["sequence_length"])
    part = Part(Sequences(inputs, signals.offsets, sizes), labels=np.zeros(len(values), dtype=np.int64))
    return Collation(part, task.vocabulary.pad)(np.arange(len(values)))


def as_signal(values: Any, channels: Sequence[str]) -> Floats:
    """Return an array or a data frame `(T, D)`, or of one channel `(T,)`, as a signal; NaN stands for missing numbers.

    Raises:
        UserError: It has no steps, or other channels.
    """
    array = np.asarray(values, dtype=np.float64)
    signal = array[:, None] if array.ndim == 1 and len(channels) == 1 else array
    if signal.ndim != 2 or signal.shape[1] != len(channels) or not len(signal):
        raise UserError(f"a signal has steps of {len(channels)} numbers, (T, {len(channels)}); this is {array.shape}")
    if np.isinf(signal).any():
        raise UserError("a signal has finite numbers, or NaN for missing ones")
    return signal


def as_text(signal: Any) -> str:
    """Return a signal as an answer shows it: the text that a user wrote, or the first numbers of an array."""
    if isinstance(signal, str):
        return signal
    first = np.asarray(signal, dtype=np.float64).reshape(-1)[:SHOWN]
    return " ".join(f"{number:.4g}" for number in first) + " …"


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
    return np.array(values, dtype=np.float64).reshape(-1, channels)
